import type { JsonObject, Strategy } from '../../contracts.ts';
import { ensureObject, listAt, objectAt, setDefaultText } from '../json-read.ts';
import { policyBindingErrors } from '../validation/policy-binding-rules.ts';
import { policyErrors } from '../validation/policy-rules.ts';

function defaultMatchResources(spec: JsonObject, member: string): void {
  if (spec[member] === undefined) return;
  const match = objectAt(spec, member);
  setDefaultText(match, 'matchPolicy', 'Equivalent');
  ensureObject(match, 'namespaceSelector');
  ensureObject(match, 'objectSelector');
  for (const rules of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of listAt(match, rules)) setDefaultText(rule, 'scope', '*');
  }
}

/** The behaviour of ValidatingAdmissionPolicies. */
export const validatingPolicy: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefaultText(spec, 'failurePolicy', 'Fail');
    defaultMatchResources(spec, 'matchConstraints');
  },
  validate: policyErrors,
  validateUpdate: policyErrors,
};

/** The behaviour of ValidatingAdmissionPolicyBindings. */
export const validatingPolicyBinding: Partial<Strategy> = {
  applyDefaults: (object) => defaultMatchResources(ensureObject(object, 'spec'), 'matchResources'),
  validate: policyBindingErrors,
  validateUpdate: policyBindingErrors,
};
