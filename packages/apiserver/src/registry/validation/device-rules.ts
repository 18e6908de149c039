import { validateDnsSubdomain, validateLabelKey } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  invalid,
  required,
  tooLong,
  tooMany,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { validateNodeSelector } from '../pods/validate-affinity.ts';
import { isExtendedName } from './resource-names.ts';
import { driverName } from './storage-rules.ts';
import { dnsLabel, dnsSubdomain, repeatedAt } from './value-rules.ts';

/** Most selectors, and most configurations, of a class. */
const MOST_OF_CLASS = 32;
const LONGEST_EXPRESSION = 10 * 1024;
const LARGEST_PARAMETERS = 10 * 1024;
const LONGEST_POOL = 253;
const MOST_DEVICES = 128;
/** Where devices are more than a name and plain attributes. */
const MOST_ADVANCED_DEVICES = 64;
const VALUES = ['int', 'bool', 'string', 'version', 'ints', 'bools', 'strings', 'versions'];
const LONGEST_STRING = 64;

function items(
  path: string,
  list: readonly JsonObject[],
  most: number,
  check: (path: string, item: JsonObject) => FieldError[],
): FieldError[] {
  if (list.length > most) return [tooMany(path, list.length, most)];
  return list.flatMap((item, index) => check(`${path}[${index}]`, item));
}

function validateSelector(path: string, selector: JsonObject): FieldError[] {
  const expression = textAt(objectAt(selector, 'cel'), 'expression');
  if (selector['cel'] === undefined) return [required(`${path}.cel`)];
  return Buffer.byteLength(expression) > LONGEST_EXPRESSION
    ? [tooLong(`${path}.cel.expression`, LONGEST_EXPRESSION)]
    : [];
}

function validateParameters(path: string, parameters: unknown): FieldError[] {
  if (parameters === undefined || parameters === null) return [required(path)];
  if (Buffer.byteLength(JSON.stringify(parameters)) > LARGEST_PARAMETERS) {
    return [tooLong(path, LARGEST_PARAMETERS)];
  }
  return typeof parameters === 'object' && !Array.isArray(parameters)
    ? []
    : [invalid(path, '<value omitted>', 'must be a valid JSON object')];
}

function validateConfig(path: string, config: JsonObject): FieldError[] {
  const field = `${path}.opaque`;
  if (config['opaque'] === undefined) return [required(field)];
  const opaque = objectAt(config, 'opaque');
  return [
    ...driverName(`${field}.driver`, textAt(opaque, 'driver')),
    ...validateParameters(`${field}.parameters`, opaque['parameters']),
  ];
}

/** Rules for the spec of a DeviceClass, but for what its expressions say. */
export function validateDeviceClassSpec(spec: JsonObject): FieldError[] {
  const name = spec['extendedResourceName'] as string | undefined;
  const isExtended =
    name === undefined ||
    (isExtendedName(name) && validateLabelKey(`requests.${name}`).length === 0);
  return [
    ...items('spec.selectors', listAt(spec, 'selectors'), MOST_OF_CLASS, validateSelector),
    ...items('spec.config', listAt(spec, 'config'), MOST_OF_CLASS, validateConfig),
    ...(isExtended
      ? []
      : [invalid('spec.extendedResourceName', name, 'must be a valid extended resource name')]),
  ];
}

function validatePool(path: string, pool: JsonObject): FieldError[] {
  const name = textAt(pool, 'name');
  const count = numberAt(pool, 'resourceSliceCount') ?? 0;
  const generation = numberAt(pool, 'generation') ?? 0;
  const field = `${path}.name`;
  return [
    ...(name === '' ? [required(field)] : []),
    ...(name.length > LONGEST_POOL ? [tooLong(field, LONGEST_POOL)] : []),
    ...(name === ''
      ? []
      : name
          .split('/')
          .flatMap((part) => validateDnsSubdomain(part).map((text) => invalid(field, part, text)))),
    ...(count > 0
      ? []
      : [invalid(`${path}.resourceSliceCount`, count, 'must be greater than zero')]),
    ...(generation >= 0
      ? []
      : [invalid(`${path}.generation`, generation, 'must be greater than or equal to zero')]),
  ];
}

/** Where something is, told in one of several ways: those that are used, and what is wrong with them. */
interface Placement {
  readonly ways: readonly string[];
  readonly errors: readonly FieldError[];
}

/** @param emptyName what is said of an empty name of a node */
function readPlacement(path: string, placed: JsonObject, emptyName: string): Placement {
  const ways: string[] = [];
  const errors: FieldError[] = [];
  const node = placed['nodeName'] as string | undefined;
  if (node === '') errors.push(invalid(`${path}.nodeName`, node, emptyName));
  else if (node !== undefined) {
    ways.push('`nodeName`');
    errors.push(...dnsSubdomain(`${path}.nodeName`, node));
  }
  if (placed['nodeSelector'] !== undefined) {
    ways.push('`nodeSelector`');
    errors.push(...validateNodeSelector(`${path}.nodeSelector`, objectAt(placed, 'nodeSelector')));
  }
  for (const flag of ['allNodes', 'perDeviceNodeSelection']) {
    const value: unknown = placed[flag];
    if (value === true) ways.push(`\`${flag}\``);
    if (value === false) {
      errors.push(invalid(`${path}.${flag}`, value, 'must be either unset or set to true'));
    }
  }
  return { ways, errors };
}

/** @param several what is said when it is told in several ways */
function validatePlacement(
  path: string,
  { ways, errors }: Placement,
  rule: string,
  several: string,
): FieldError[] {
  if (ways.length === 1) return [...errors];
  return ways.length === 0
    ? [...errors, required(path, rule)]
    : [...errors, invalid(path, `{${ways.join(', ')}}`, several)];
}

function validateAttribute(path: string, attribute: JsonObject): FieldError[] {
  const set = VALUES.filter((member) => attribute[member] !== undefined);
  const text = textAt(attribute, 'string');
  const errors =
    Buffer.byteLength(text) > LONGEST_STRING ? [tooLong(`${path}.string`, LONGEST_STRING)] : [];
  if (set.length === 1) return errors;
  // In the words of the server's internal type.
  const internal = Object.fromEntries(
    VALUES.map((member) => [
      `${member.charAt(0).toUpperCase()}${member.slice(1).replace(/s$/, '')}Value${member.endsWith('s') ? 's' : ''}`,
      (attribute[member] ?? null) as unknown,
    ]),
  );
  const shown = set.length === 0 ? '' : internal;
  return [...errors, invalid(path, shown, 'exactly one value must be specified')];
}

function validateDevice(path: string, device: JsonObject, placesDevices: boolean): FieldError[] {
  const attributes = objectAt(device, 'attributes');
  const errors = [
    ...dnsLabel(`${path}.name`, textAt(device, 'name')),
    ...Object.keys(attributes)
      .sort()
      .flatMap((name) =>
        validateAttribute(`${path}.attributes[${name}]`, objectAt(attributes, name)),
      ),
  ];
  if (placesDevices) {
    const rule =
      'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    const placement = readPlacement(path, device, 'must not be empty');
    return [...errors, ...validatePlacement(path, placement, rule, rule)];
  }
  const rule =
    '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  return ['nodeName', 'nodeSelector', 'allNodes'].some((member) => device[member] !== undefined)
    ? [...errors, invalid(path, null, rule)]
    : errors;
}

function validateDevices(path: string, spec: JsonObject): FieldError[] {
  const devices = listAt(spec, 'devices');
  const isAdvanced = devices.some(
    (device) => listAt(device, 'taints').length + listAt(device, 'consumesCounters').length > 0,
  );
  const most = isAdvanced ? MOST_ADVANCED_DEVICES : MOST_DEVICES;
  const placesDevices = spec['perDeviceNodeSelection'] === true;
  const errors = items(path, devices, most, (place, device) =>
    validateDevice(place, device, placesDevices),
  );
  if (devices.length > most) return errors;
  const names = devices.map((device) => textAt(device, 'name'));
  for (const index of repeatedAt(names)) errors.push(duplicate(`${path}[${index}]`, names[index]));
  return errors;
}

/**
 * Rules for the spec of a ResourceSlice.
 *
 * @param locked what an update may not change, told after the driver and the pool
 */
export function validateResourceSliceSpec(
  spec: JsonObject,
  locked: readonly FieldError[] = [],
): FieldError[] {
  const rule =
    'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  const placement = readPlacement(
    'spec',
    spec,
    'must be either unset or set to a non-empty string',
  );
  return [
    ...driverName('spec.driver', textAt(spec, 'driver')),
    ...validatePool('spec.pool', objectAt(spec, 'pool')),
    ...locked,
    ...validatePlacement('spec', placement, rule, `${rule}, but multiple fields are set`),
    ...(spec['sharedCounters'] !== undefined && spec['devices'] !== undefined
      ? [invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed')]
      : []),
    ...validateDevices('spec.devices', spec),
  ];
}
