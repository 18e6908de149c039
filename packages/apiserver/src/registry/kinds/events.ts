import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts';
import { objectAt, textAt } from '../json-read.ts';

const TYPES = ['Normal', 'Warning'];
const MAX_NAME_LENGTH = 128;
const MAX_NOTE_BYTES = 1024;

function validateNamespace(object: JsonObject, subject: string): FieldError[] {
  const own = textAt(objectAt(object, 'metadata'), 'namespace');
  const about = textAt(objectAt(object, subject), 'namespace');
  // Events of cluster-scoped objects live in the default namespace.
  const matches = about === '' ? own === 'default' || own === 'kube-system' : about === own;
  return matches ? [] : [invalid(`${subject}.namespace`, about, 'does not match event.namespace')];
}

/** The behaviour of core Events: old ones say little and are taken as they are. */
export const coreEvent: Partial<Strategy> = {
  validate: (object) => validateNamespace(object, 'involvedObject'),
};

function validateNewEvent(object: JsonObject): FieldError[] {
  const errors = validateNamespace(object, 'regarding');
  const type = textAt(object, 'type');
  // Without a time it counts as an Event of the old kind, of which little is asked.
  if ((object['eventTime'] ?? null) === null) {
    errors.push(required('eventTime'));
    if (!TYPES.includes(type)) errors.push(invalid('type', '', `has invalid value: ${type}`));
    return errors;
  }
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason']) {
    const value = textAt(object, field);
    if (value === '') errors.push(required(field));
    else if (value.length > MAX_NAME_LENGTH) {
      errors.push(invalid(field, '', `can have at most ${MAX_NAME_LENGTH} characters`));
    }
  }
  if (Buffer.byteLength(textAt(object, 'note')) > MAX_NOTE_BYTES) {
    errors.push(tooLong('note', MAX_NOTE_BYTES));
  }
  if (!TYPES.includes(type)) errors.push(notSupported('type', type, TYPES));
  return errors;
}

/** The behaviour of `events.k8s.io` Events. */
export const newEvent: Partial<Strategy> = {
  validate: validateNewEvent,
};
