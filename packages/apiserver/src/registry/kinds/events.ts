import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts';
import { ensureObject, objectAt, setDefault, textAt } from '../json-read.ts';

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
  applyDefaults(object) {
    ensureObject(object, 'involvedObject');
    ensureObject(object, 'source');
    for (const time of ['firstTimestamp', 'lastTimestamp', 'eventTime'])
      setDefault(object, time, null);
    setDefault(object, 'reportingComponent', '');
    setDefault(object, 'reportingInstance', '');
  },
  // The stored name of the reporting component is the same in both groups.
  validate: (object) => validateNamespace(object, 'involvedObject'),
};

function validateNewEvent(object: JsonObject): FieldError[] {
  const errors = validateNamespace(object, 'regarding');
  if ((object['eventTime'] ?? null) === null) errors.push(required('eventTime'));
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
  const type = textAt(object, 'type');
  if (!TYPES.includes(type)) errors.push(notSupported('type', type, TYPES));
  return errors;
}

/** The behaviour of `events.k8s.io` Events. */
export const newEvent: Partial<Strategy> = {
  applyDefaults(object) {
    setDefault(object, 'eventTime', null);
    ensureObject(object, 'regarding');
    ensureObject(object, 'deprecatedSource');
    for (const time of ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp']) {
      setDefault(object, time, null);
    }
  },
  validate: validateNewEvent,
};
