export { fromLabels, fromLabelSelector } from './from-label-selector.ts';
export { parseLabelSelector } from './parse-label-selector.ts';
export {
  createRequirement,
  type Labels,
  type Requirement,
  type RequirementOperator,
} from './requirement.ts';
export { SelectorError, type SelectorErrorCode } from './selector-error.ts';
export { createSelector, everything, nothing, type Selector } from './selector.ts';
