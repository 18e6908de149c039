import type { JsonObject, StoreReader } from '../contracts.ts';
import { numberAt, objectAt, textAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

const CLASSES = 'priorityclasses.scheduling.k8s.io';
const PREEMPT = 'PreemptLowerPriority';

/** The class of pods that name none: the default one of the least value. */
function defaultClass(store: StoreReader): JsonObject | undefined {
  return store
    .list(CLASSES)
    .filter((candidate) => candidate['globalDefault'] === true)
    .sort((left, right) => (numberAt(left, 'value') ?? 0) - (numberAt(right, 'value') ?? 0))[0];
}

/** Pods get the number and the preemption policy of their priority class. */
export const podPriority: AdmissionPlugin = {
  name: 'Priority',
  admit(attributes) {
    const { operation, type, subresource, object, old, store } = attributes;
    if (type.storageKey !== 'pods' || subresource !== '' || object === undefined) return;
    const spec = objectAt(object, 'spec');
    if (operation === 'UPDATE') {
      // An update that leaves the number out keeps it.
      const before = objectAt(old ?? {}, 'spec');
      if (spec['priority'] === undefined) spec['priority'] = before['priority'] as unknown;
      if (spec['preemptionPolicy'] === undefined) {
        spec['preemptionPolicy'] = before['preemptionPolicy'] as unknown;
      }
      return;
    }
    if (operation !== 'CREATE') return;
    const className = textAt(spec, 'priorityClassName');
    const chosen =
      className === '' ? defaultClass(store) : store.get(CLASSES, undefined, className);
    if (className !== '' && chosen === undefined) {
      throw refusal(attributes, `no PriorityClass with name ${className} was found`);
    }
    const priority = numberAt(chosen ?? {}, 'value') ?? 0;
    if (spec['priority'] !== undefined && spec['priority'] !== priority) {
      throw refusal(
        attributes,
        `the integer value of priority (${String(spec['priority'])}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
      );
    }
    const policy = textAt(chosen ?? {}, 'preemptionPolicy') || PREEMPT;
    if (spec['preemptionPolicy'] !== undefined && spec['preemptionPolicy'] !== policy) {
      throw refusal(
        attributes,
        `the string value of PreemptionPolicy (${String(spec['preemptionPolicy'])}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
      );
    }
    if (className === '' && chosen !== undefined) {
      spec['priorityClassName'] = textAt(objectAt(chosen, 'metadata'), 'name');
    }
    spec['priority'] = priority;
    spec['preemptionPolicy'] = policy;
  },
};
