import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { validateLabels } from '../validation/selector-rules.ts';
import {
  dnsLabel,
  dnsSubdomain,
  portNumber,
  portReference,
  qualifiedName,
} from '../validation/value-rules.ts';
import { isAddress } from './address-range.ts';
import {
  validateAccess,
  validateAffinityTime,
  validateFamilies,
  validateTypeFields,
} from './validate-access.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validatePort(path: string, port: JsonObject, needsName: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const name = textAt(port, 'name');
  if (needsName && name === '') errors.push(required(`${path}.name`));
  else if (name !== '') errors.push(...dnsLabel(`${path}.name`, name));
  errors.push(...portNumber(`${path}.port`, numberAt(port, 'port') ?? 0));
  const protocol = textAt(port, 'protocol');
  if (!PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  }
  errors.push(...portReference(`${path}.targetPort`, port['targetPort']));
  const application = textAt(port, 'appProtocol');
  if (application !== '') errors.push(...qualifiedName(`${path}.appProtocol`, application));
  return errors;
}

function validatePorts(spec: JsonObject): FieldError[] {
  const ports = listAt(spec, 'ports');
  const isHeadless = textAt(spec, 'clusterIP') === 'None';
  if (ports.length === 0) {
    return isHeadless || textAt(spec, 'type') === 'ExternalName' ? [] : [required('spec.ports')];
  }
  const errors = ports.flatMap((port, index) =>
    validatePort(`spec.ports[${index}]`, port, ports.length > 1),
  );
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const name = textAt(port, 'name');
    if (name !== '' && names.has(name)) errors.push(duplicate(`spec.ports[${index}].name`, name));
    names.add(name);
    const { port: number, protocol } = port as Record<string, unknown>;
    const key = `${String(protocol)}/${String(number)}`;
    if (numbers.has(key)) {
      // As the API's own structures spell what is looked for.
      const spelled = {
        Name: '',
        Protocol: protocol,
        AppProtocol: null,
        Port: number,
        TargetPort: 0,
        NodePort: 0,
      };
      errors.push(duplicate(`spec.ports[${index}]`, spelled));
    }
    numbers.add(key);
  }
  return errors;
}

/** Rules for a Service. */
export function validateService(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors = [...validateTypeFields(spec), ...validatePorts(spec)];
  errors.push(...validateLabels('spec.selector', objectAt(spec, 'selector')));
  const type = textAt(spec, 'type');
  if (!TYPES.includes(type)) errors.push(notSupported('spec.type', type, TYPES));
  if (type === 'ExternalName') {
    const name = textAt(spec, 'externalName').replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else errors.push(...dnsSubdomain('spec.externalName', name));
  }
  const affinity = textAt(spec, 'sessionAffinity');
  if (!['ClientIP', 'None'].includes(affinity)) {
    errors.push(notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']));
  }
  errors.push(...validateAffinityTime(affinity, spec));
  const address = textAt(spec, 'clusterIP');
  if (address !== '' && address !== 'None' && !isAddress(address)) {
    errors.push(
      invalid(
        'spec.clusterIPs[0]',
        address,
        'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ),
    );
  }
  return [...errors, ...validateFamilies(spec), ...validateAccess(spec)];
}

/** An address, once given, stays: unless the service stops or begins to have one. */
export function validateServiceUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const errors = validateService(object);
  const spec = objectAt(object, 'spec');
  const before = objectAt(old, 'spec');
  const was = textAt(before, 'clusterIP');
  const is = textAt(spec, 'clusterIP');
  const external = [textAt(spec, 'type'), textAt(before, 'type')].includes('ExternalName');
  if (was !== '' && is !== was && !external) {
    errors.push(
      invalid(
        'spec.clusterIPs[0]',
        is === '' ? undefined : spec['clusterIPs'],
        'may not change once set',
      ),
    );
  }
  return errors;
}
