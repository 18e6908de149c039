import type { JsonObject, Strategy } from '../../contracts.ts';
import { duplicate, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, listAt, numberAt, objectAt, setDefault, textAt } from '../json-read.ts';
import { keepMetadata } from '../status-isolation.ts';
import { validateFlowSchema } from '../validation/flow-schema-rules.ts';
import { validatePriorityLevel } from '../validation/priority-level-rules.ts';
import { repeatedAt } from '../validation/value-rules.ts';

function validateConditions(object: JsonObject): FieldError[] {
  const conditions = listAt(objectAt(object, 'status'), 'conditions');
  const types = conditions.map((condition) => textAt(condition, 'type'));
  const repeated = repeatedAt(types);
  return types.flatMap((type, index) => {
    const path = `status.conditions[${index}].type`;
    return [
      ...(repeated.has(index) ? [duplicate(path, type)] : []),
      ...(type === '' ? [required(path)] : []),
    ];
  });
}

/** What the two kinds have in common: a write of the status changes nothing else, metadata neither. */
const ownStatus: Partial<Strategy> = {
  resetFields: { '': [['status']], status: [['metadata'], ['spec']] },
  prepareForStatusUpdate(object, old) {
    setOrDelete(object, 'spec', old['spec']);
    keepMetadata(object, old);
  },
  validateStatusUpdate: validateConditions,
};

/** A number that is not told, or told as zero. */
function setDefaultNumber(object: JsonObject, key: string, value: number): void {
  if ((numberAt(object, key) ?? 0) === 0) object[key] = value;
}

/** The behaviour of FlowSchemas. */
export const flowSchema: Partial<Strategy> = {
  ...ownStatus,
  applyDefaults: (object) =>
    setDefaultNumber(ensureObject(object, 'spec'), 'matchingPrecedence', 1000),
  validate: validateFlowSchema,
  validateUpdate: validateFlowSchema,
};

/** The behaviour of PriorityLevelConfigurations. */
export const priorityLevel: Partial<Strategy> = {
  ...ownStatus,
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    // Decoded: objects or nothing.
    const exempt = spec['exempt'] as JsonObject | undefined;
    if (exempt !== undefined) {
      setDefault(exempt, 'nominalConcurrencyShares', 0);
      setDefault(exempt, 'lendablePercent', 0);
    }
    const limited = spec['limited'] as JsonObject | undefined;
    if (limited === undefined) return;
    setDefault(limited, 'nominalConcurrencyShares', 30);
    setDefault(limited, 'lendablePercent', 0);
    const queuing = objectAt(limited, 'limitResponse')['queuing'] as JsonObject | undefined;
    if (queuing === undefined) return;
    setDefaultNumber(queuing, 'handSize', 8);
    setDefaultNumber(queuing, 'queues', 64);
    setDefaultNumber(queuing, 'queueLengthLimit', 50);
  },
  validate: validatePriorityLevel,
  validateUpdate: validatePriorityLevel,
};
