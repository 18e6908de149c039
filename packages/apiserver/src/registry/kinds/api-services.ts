import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, setDefault, textAt } from '../json-read.ts';
import {
  dns1035Label,
  dnsSubdomain,
  portNumber,
  validatePathSegment,
} from '../validation/value-rules.ts';

/** Highest priorities of groups, and of versions in a group. */
const [HIGHEST_GROUP, HIGHEST_VERSION] = [20_000, 1000];

function validateName(object: JsonObject, expected: string): FieldError[] {
  const name = textAt(objectAt(object, 'metadata'), 'name');
  if (name === '' || name === expected || validatePathSegment(name, false).length > 0) return [];
  const rule = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`;
  return [invalid('metadata.name', name, rule)];
}

function validatePriority(path: string, value: number, highest: number): FieldError[] {
  return value > 0 && value <= highest
    ? []
    : [invalid(path, value, `must be positive and less than ${highest}`)];
}

function validateBackend(spec: JsonObject): FieldError[] {
  const bundle = Buffer.from(textAt(spec, 'caBundle'), 'base64');
  const isUnchecked = spec['insecureSkipTLSVerify'] === true;
  const unchecked = (rule: string) => invalid('spec.insecureSkipTLSVerify', true, rule);
  if (spec['service'] === undefined) {
    const size = `${bundle.byteLength} bytes`;
    return [
      ...(bundle.byteLength > 0
        ? [invalid('spec.caBundle', size, 'local APIServices may not have a caBundle')]
        : []),
      ...(isUnchecked ? [unchecked('local APIServices may not have insecureSkipTLSVerify')] : []),
    ];
  }
  const service = objectAt(spec, 'service');
  const port = numberAt(service, 'port') ?? 0;
  const isPort = portNumber('', port).length === 0;
  const noPort = 'port is not valid: must be between 1 and 65535, inclusive';
  return [
    ...['namespace', 'name'].flatMap((member) =>
      textAt(service, member) === '' ? [required(`spec.service.${member}`)] : [],
    ),
    ...(isPort ? [] : [invalid('spec.service.port', port, noPort)]),
    ...(isUnchecked && bundle.byteLength > 0
      ? [unchecked('may not be true if caBundle is present')]
      : []),
  ];
}

function validateApiService(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const [group, version] = [textAt(spec, 'group'), textAt(spec, 'version')];
  const noGroup = 'only v1 may have an empty group and it better be legacy kube';
  return [
    ...validateName(object, `${version}.${group}`),
    ...(group === '' && version !== 'v1' ? [required('spec.group', noGroup)] : []),
    ...(group === '' ? [] : dnsSubdomain('spec.group', group)),
    ...dns1035Label('spec.version', version),
    ...validatePriority(
      'spec.groupPriorityMinimum',
      numberAt(spec, 'groupPriorityMinimum') ?? 0,
      HIGHEST_GROUP,
    ),
    ...validatePriority(
      'spec.versionPriority',
      numberAt(spec, 'versionPriority') ?? 0,
      HIGHEST_VERSION,
    ),
    ...validateBackend(spec),
  ];
}

const STATUSES = ['True', 'False', 'Unknown'];

function validateStatus(object: JsonObject): FieldError[] {
  return listAt(objectAt(object, 'status'), 'conditions').flatMap((condition, index) => {
    const status = textAt(condition, 'status');
    const path = `status.conditions[${index}].status`;
    return STATUSES.includes(status) ? [] : [notSupported(path, status, STATUSES)];
  });
}

/** The behaviour of APIServices. */
export const apiService: Partial<Strategy> = {
  validateName: validatePathSegment,
  applyDefaults(object) {
    const service = objectAt(object, 'spec')['service'] as JsonObject | undefined;
    if (service !== undefined) setDefault(service, 'port', 443);
  },
  prepareForCreate(object, { clock }) {
    delete object['status'];
    if (objectAt(object, 'spec')['service'] !== undefined) return;
    const condition = {
      type: 'Available',
      status: 'True',
      lastTransitionTime: formatTime(new Date(clock.now())),
      reason: 'Local',
      message: 'Local APIServices are always available',
    };
    object['status'] = { conditions: [condition] };
  },
  validate: validateApiService,
  validateUpdate: validateApiService,
  validateStatusUpdate: validateStatus,
};
