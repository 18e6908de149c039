import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { nonNegative, oneOf, portReference } from '../validation/value-rules.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];
const HEADER_NAME = /^[-A-Za-z0-9]+$/;

function validateHeaders(path: string, action: JsonObject): FieldError[] {
  const rule =
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
  return listAt(action, 'httpHeaders')
    .map((header) => textAt(header, 'name'))
    .filter((name) => !HEADER_NAME.test(name))
    .map((name) => invalid(`${path}.httpHeaders`, name, rule));
}

function validateSleep(
  path: string,
  action: JsonObject,
  graceSeconds: number | undefined,
): FieldError[] {
  const seconds = numberAt(action, 'seconds') ?? 0;
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return [];
  const rule = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
  return [invalid(path, seconds, rule)];
}

function validateOne(
  field: string,
  name: string,
  action: JsonObject,
  graceSeconds: number | undefined,
): FieldError[] {
  switch (name) {
    case 'exec':
      return stringsAt(action, 'command').length === 0 ? [required(`${field}.command`)] : [];
    case 'httpGet':
      return [
        ...(textAt(action, 'path') === '' ? [required(`${field}.path`)] : []),
        ...portReference(`${field}.port`, action['port']),
        ...oneOf(`${field}.scheme`, textAt(action, 'scheme'), ['HTTP', 'HTTPS']),
        ...validateHeaders(field, action),
      ];
    case 'tcpSocket':
    case 'grpc':
      return portReference(`${field}.port`, action['port']);
    case 'sleep':
      return validateSleep(field, action, graceSeconds);
    default:
      return [];
  }
}

/**
 * Rules for what a probe or a lifecycle hook does: just one thing.
 *
 * @param graceSeconds how long the pod has to end; a hook may not sleep for longer
 */
export function validateHandler(
  path: string,
  handler: JsonObject,
  graceSeconds?: number,
): FieldError[] {
  const present = HANDLERS.filter((name) => handler[name] !== undefined);
  const errors: FieldError[] = [];
  for (const [index, name] of present.entries()) {
    const field = `${path}.${name}`;
    if (index > 0) {
      errors.push(forbidden(field, 'may not specify more than 1 handler type'));
    } else {
      errors.push(...validateOne(field, name, objectAt(handler, name), graceSeconds));
    }
  }
  if (present.length === 0) errors.push(required(path, 'must specify a handler type'));
  return errors;
}

const COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
];

/** Rules for one of the probes of the container at `path`. */
export function validateProbe(
  path: string,
  name: 'livenessProbe' | 'readinessProbe' | 'startupProbe',
  probe: JsonObject,
): FieldError[] {
  const field = `${path}.${name}`;
  const errors = validateHandler(field, probe);
  for (const count of COUNTS) {
    errors.push(...nonNegative(`${field}.${count}`, numberAt(probe, count)));
  }
  const graceField = `${field}.terminationGracePeriodSeconds`;
  const grace = numberAt(probe, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace <= 0) {
    errors.push(invalid(graceField, grace, 'must be greater than 0'));
  }
  // Nobody is killed because of a readiness probe; for the others one success is all there is.
  if (name === 'readinessProbe') {
    return grace === undefined
      ? errors
      : [...errors, invalid(graceField, grace, 'must not be set for readinessProbes')];
  }
  const successThreshold = numberAt(probe, 'successThreshold');
  return successThreshold === undefined || successThreshold === 1
    ? errors
    : [...errors, invalid(`${field}.successThreshold`, successThreshold, 'must be 1')];
}
