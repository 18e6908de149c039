import { validateDnsLabel } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  ensureObject,
  listAt,
  numberAt,
  objectAt,
  setDefault,
  setDefaultText,
  stringsAt,
  textAt,
} from '../json-read.ts';
import { allocateAddress, allocateNodePorts, needsNodePorts } from '../services/allocate.ts';
import type { ServiceAddresses } from '../services/service-addresses.ts';
import { isReached } from '../services/validate-access.ts';
import { validateService, validateServiceUpdate } from '../services/validate-service.ts';

/** How long a client stays with its endpoint, in seconds. */
const AFFINITY_SECONDS = 10_800;

function applyDefaults(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  setDefaultText(spec, 'sessionAffinity', 'None');
  setDefaultText(spec, 'type', 'ClusterIP');
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] === 'ClientIP') {
    const config = ensureObject(ensureObject(spec, 'sessionAffinityConfig'), 'clientIP');
    setDefault(config, 'timeoutSeconds', AFFINITY_SECONDS);
  }
  for (const port of listAt(spec, 'ports')) {
    setDefaultText(port, 'protocol', 'TCP');
    const target: unknown = port['targetPort'];
    if (target === undefined || target === 0 || target === '') {
      port['targetPort'] = port['port'] as unknown;
    }
  }
  const type = textAt(spec, 'type');
  if (isReached(spec)) setDefaultText(spec, 'externalTrafficPolicy', 'Cluster');
  if (type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
  if (type !== 'ExternalName') setDefaultText(spec, 'internalTrafficPolicy', 'Cluster');
}

/** IPv4 only: the family is known, one is all there is. */
function fillFamilies(spec: JsonObject): void {
  if (textAt(spec, 'type') === 'ExternalName') return;
  // Endpoints that somebody writes by hand may be of any family.
  const isOpen =
    textAt(spec, 'clusterIP') === 'None' && Object.keys(objectAt(spec, 'selector')).length === 0;
  if (isOpen && spec['ipFamilies'] === undefined && spec['ipFamilyPolicy'] === undefined) {
    spec['ipFamilies'] = ['IPv4', 'IPv6'];
    spec['ipFamilyPolicy'] = 'RequireDualStack';
    return;
  }
  setDefault(spec, 'ipFamilies', ['IPv4']);
  setDefaultText(spec, 'ipFamilyPolicy', 'SingleStack');
}

const ADDRESS_FIELDS = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

/** What only services with an address have goes when the service becomes a mere name. */
function dropForExternalName(spec: JsonObject, before: JsonObject): void {
  if (textAt(spec, 'type') !== 'ExternalName' || textAt(before, 'type') === 'ExternalName') return;
  for (const field of [...ADDRESS_FIELDS, 'internalTrafficPolicy']) {
    Reflect.deleteProperty(spec, field);
  }
}

/** What only a service has that is reached from outside goes when it no longer is, unless it was changed on the way. */
function dropOutside(spec: JsonObject, before: JsonObject): void {
  const isBalanced = (of: JsonObject) => textAt(of, 'type') === 'LoadBalancer';
  const gone: string[] = [];
  if (isBalanced(before) && !isBalanced(spec)) {
    gone.push('allocateLoadBalancerNodePorts', 'healthCheckNodePort', 'loadBalancerClass');
  }
  if (isReached(before) && !isReached(spec)) gone.push('externalTrafficPolicy');
  for (const field of gone) {
    if (spec[field] === before[field]) Reflect.deleteProperty(spec, field);
  }
}

function nodePortsOf(spec: JsonObject): number[] {
  return listAt(spec, 'ports')
    .map((port) => numberAt(port, 'nodePort') ?? 0)
    .filter((port) => port > 0);
}

/** An update that leaves node ports out keeps those it has. */
function keepNodePorts(spec: JsonObject, before: JsonObject): void {
  if (!needsNodePorts(spec)) {
    if (!needsNodePorts(before)) return;
    for (const port of listAt(spec, 'ports')) {
      if (nodePortsOf(before).includes(numberAt(port, 'nodePort') ?? 0)) delete port['nodePort'];
    }
    return;
  }
  const used = new Set(nodePortsOf(spec));
  for (const port of listAt(spec, 'ports')) {
    if ((numberAt(port, 'nodePort') ?? 0) !== 0) continue;
    const old = listAt(before, 'ports').find(
      (candidate) =>
        candidate['port'] === port['port'] && candidate['protocol'] === port['protocol'],
    );
    const number = numberAt(old ?? {}, 'nodePort') ?? 0;
    if (number === 0 || used.has(number)) continue;
    port['nodePort'] = number;
    used.add(number);
  }
}

/** The behaviour of Services, with the pool that their addresses come from. */
export function serviceStrategy(addresses: ServiceAddresses): Partial<Strategy> {
  return {
    validateName: (name) => validateDnsLabel(name),
    applyDefaults,
    prepareForCreate(object, context) {
      const spec = ensureObject(object, 'spec');
      fillFamilies(spec);
      allocateAddress(object, addresses, context);
      allocateNodePorts(object, addresses, context, new Set());
      object['status'] = { loadBalancer: {} };
    },
    prepareForUpdate(object, old, context) {
      setOrDelete(object, 'status', old['status']);
      const spec = ensureObject(object, 'spec');
      const before = objectAt(old, 'spec');
      dropForExternalName(spec, before);
      dropOutside(spec, before);
      keepNodePorts(spec, before);
      if (textAt(spec, 'type') === 'ExternalName') return;
      const hasAddress = textAt(before, 'clusterIP') !== '';
      if (hasAddress) {
        for (const field of ADDRESS_FIELDS) {
          setDefault(spec, field, before[field]);
        }
      } else {
        allocateAddress(object, addresses, context);
      }
      fillFamilies(spec);
      allocateNodePorts(object, addresses, context, new Set(nodePortsOf(before)));
    },
    validate: validateService,
    validateUpdate: validateServiceUpdate,
    warnings(object) {
      const spec = objectAt(object, 'spec');
      return [
        ...(stringsAt(spec, 'externalIPs').length > 0
          ? ['spec.externalIPs is deprecated and may no longer be implemented in some clusters']
          : []),
        ...(textAt(spec, 'type') !== 'ExternalName' && textAt(spec, 'externalName') !== ''
          ? ['spec.externalName is ignored when spec.type is not "ExternalName"']
          : []),
      ];
    },
  };
}
