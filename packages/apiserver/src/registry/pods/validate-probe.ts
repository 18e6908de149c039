import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { nonNegative, oneOf, portReference } from '../validation/value-rules.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

function validateOne(path: string, name: string, action: JsonObject): FieldError[] {
  const field = `${path}.${name}`;
  switch (name) {
    case 'exec':
      return stringsAt(action, 'command').length === 0 ? [required(`${field}.command`)] : [];
    case 'httpGet':
      return [
        ...(textAt(action, 'path') === '' ? [required(`${field}.path`)] : []),
        ...portReference(`${field}.port`, action['port']),
        ...oneOf(`${field}.scheme`, textAt(action, 'scheme'), ['HTTP', 'HTTPS']),
      ];
    case 'tcpSocket':
    case 'grpc':
      return portReference(`${field}.port`, action['port']);
    default:
      return [];
  }
}

/** Rules for what a probe or a lifecycle hook does: just one thing. */
export function validateHandler(path: string, handler: JsonObject): FieldError[] {
  const present = HANDLERS.filter((name) => handler[name] !== undefined);
  const errors: FieldError[] = [];
  for (const [index, name] of present.entries()) {
    if (index > 0) {
      errors.push(forbidden(`${path}.${name}`, 'may not specify more than 1 handler type'));
    } else {
      errors.push(...validateOne(path, name, objectAt(handler, name)));
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

/**
 * Rules for a probe.
 *
 * @param mustPassOnce liveness and startup probes: one success is all there is
 */
export function validateProbe(
  path: string,
  probe: JsonObject,
  mustPassOnce: boolean,
): FieldError[] {
  const errors = validateHandler(path, probe);
  for (const name of COUNTS) errors.push(...nonNegative(`${path}.${name}`, numberAt(probe, name)));
  const grace = numberAt(probe, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace <= 0) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  const successThreshold = numberAt(probe, 'successThreshold');
  if (mustPassOnce && successThreshold !== undefined && successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, successThreshold, 'must be 1'));
  }
  return errors;
}
