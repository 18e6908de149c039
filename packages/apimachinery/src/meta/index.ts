export {
  findCondition,
  isConditionTrue,
  removeCondition,
  setCondition,
  type ConditionInput,
  type ConditionLike,
  type ConditionStatus,
} from './conditions.ts';
export {
  hasFinalizer,
  isBeingDeleted,
  withFinalizer,
  withoutFinalizer,
  type Finalizable,
} from './finalizers.ts';
export {
  controllerOf,
  isControlledBy,
  isOwnedBy,
  ownerReference,
  type Owned,
  type OwnerReferenceOptions,
} from './owners.ts';
export { formatMicroTime, formatTime, parseTime } from './time.ts';
