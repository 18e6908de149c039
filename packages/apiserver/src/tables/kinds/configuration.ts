import type { JsonObject } from '../../contracts.ts';
import { kindTable, type KindTable } from '../kind-table.ts';
import {
  conditionOf,
  entriesAt,
  labelText,
  listAt,
  NONE,
  numberAt,
  objectAge,
  objectName,
  selectorText,
  textAt,
  valueOf,
} from '../object-reader.ts';

const configMaps = kindTable('Name|Data|Age', (object, nowMs) => [
  objectName(object),
  entriesAt(object, 'data').length + entriesAt(object, 'binaryData').length,
  objectAge(object, nowMs),
]);

const secrets = kindTable('Name|Type|Data|Age', (object, nowMs) => [
  objectName(object),
  textAt(object, 'type'),
  entriesAt(object, 'data').length,
  objectAge(object, nowMs),
]);

const named = kindTable('Name|Age', (object, nowMs) => [
  objectName(object),
  objectAge(object, nowMs),
]);

/** Kinds that show the moment itself; the client turns it into an age. */
const created = kindTable('Name|Created At:date', (object) => [
  objectName(object),
  textAt(object, 'metadata.creationTimestamp'),
]);

function externalAddress(service: JsonObject): string {
  const external = listAt(service, 'spec.externalIPs').map(String);
  switch (textAt(service, 'spec.type')) {
    case 'LoadBalancer': {
      const ingress = listAt(service, 'status.loadBalancer.ingress')
        .map((point) => textAt(point, 'ip') || textAt(point, 'hostname'))
        .filter((address) => address !== '');
      const addresses = [...new Set(ingress)].sort();
      if (external.length > 0) return [...addresses, ...external].join(',');
      return addresses.length > 0 ? addresses.join(',') : '<pending>';
    }
    case 'ExternalName':
      return textAt(service, 'spec.externalName');
    default:
      return external.length > 0 ? external.join(',') : NONE;
  }
}

function servicePorts(service: JsonObject): string {
  const ports = listAt(service, 'spec.ports').map((port) => {
    const nodePort = valueOf(port, 'nodePort');
    const own = String(numberAt(port, 'port'));
    const shown = typeof nodePort === 'number' && nodePort > 0 ? `${own}:${nodePort}` : own;
    return `${shown}/${textAt(port, 'protocol')}`;
  });
  return ports.length === 0 ? NONE : ports.join(',');
}

const services = kindTable(
  'Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector+',
  (service, nowMs) => [
    objectName(service),
    textAt(service, 'spec.type'),
    textAt(service, 'spec.clusterIP') || NONE,
    externalAddress(service),
    servicePorts(service),
    objectAge(service, nowMs),
    labelText(service, 'spec.selector'),
  ],
);

const MAX_ENDPOINTS = 3;

function endpointTexts(endpoints: JsonObject): string {
  const subsets = listAt(endpoints, 'subsets');
  if (subsets.length === 0) return NONE;
  const all = subsets.flatMap((subset) => {
    const ports = listAt(subset, 'ports');
    const addresses = listAt(subset, 'addresses').map((address) => textAt(address, 'ip'));
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) =>
      addresses.map((ip) => {
        const number = String(numberAt(port, 'port'));
        return ip.includes(':') ? `[${ip}]:${number}` : `${ip}:${number}`;
      }),
    );
  });
  const shown = all.slice(0, MAX_ENDPOINTS).join(',');
  return all.length > MAX_ENDPOINTS ? `${shown} + ${all.length - MAX_ENDPOINTS} more...` : shown;
}

const endpoints = kindTable('Name|Endpoints|Age', (object, nowMs) => [
  objectName(object),
  endpointTexts(object),
  objectAge(object, nowMs),
]);

function shortList(items: readonly string[], absent: string): string {
  if (items.length === 0) return absent;
  const shown = items.slice(0, MAX_ENDPOINTS).join(',');
  return items.length > MAX_ENDPOINTS
    ? `${shown} + ${items.length - MAX_ENDPOINTS} more...`
    : shown;
}

const endpointSlices = kindTable('Name|AddressType|Ports|Endpoints|Age', (object, nowMs) => [
  objectName(object),
  textAt(object, 'addressType'),
  shortList(
    listAt(object, 'ports').map((port) => {
      const number = valueOf(port, 'port');
      return typeof number === 'number' ? String(number) : textAt(port, 'name');
    }),
    '<unset>',
  ),
  shortList(
    listAt(object, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses').map(String)),
    '<unset>',
  ),
  objectAge(object, nowMs),
]);

function ingressPorts(ingress: JsonObject): string {
  return listAt(ingress, 'spec.tls').length > 0 ? '80, 443' : '80';
}

const ingresses = kindTable('Name|Class|Hosts|Address|Ports|Age', (ingress, nowMs) => {
  const hosts = listAt(ingress, 'spec.rules')
    .map((rule) => textAt(rule, 'host'))
    .filter((host) => host !== '');
  const addresses = listAt(ingress, 'status.loadBalancer.ingress').map(
    (point) => textAt(point, 'ip') || textAt(point, 'hostname'),
  );
  return [
    objectName(ingress),
    textAt(ingress, 'spec.ingressClassName') || NONE,
    shortList(hosts, '*'),
    addresses.join(','),
    ingressPorts(ingress),
    objectAge(ingress, nowMs),
  ];
});

const ingressClasses = kindTable('Name|Controller|Parameters|Age', (object, nowMs) => {
  const parameters = valueOf(object, 'spec.parameters');
  const group = textAt(parameters, 'apiGroup');
  return [
    objectName(object),
    textAt(object, 'spec.controller'),
    parameters === undefined
      ? NONE
      : `${textAt(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${textAt(parameters, 'name')}`,
    objectAge(object, nowMs),
  ];
});

/** The real server has an age here too, and no column for it. */
const ipAddresses = kindTable('Name|ParentRef', (object, nowMs) => {
  const parent = valueOf(object, 'spec.parentRef');
  const [group, namespace] = [textAt(parent, 'group'), textAt(parent, 'namespace')];
  const resource = textAt(parent, 'resource') + (group === '' ? '' : `.${group}`);
  const path = [
    resource.toLowerCase(),
    ...(namespace === '' ? [] : [namespace]),
    textAt(parent, 'name'),
  ];
  return [
    objectName(object),
    parent === undefined ? NONE : path.join('/'),
    objectAge(object, nowMs),
  ];
});

const serviceCidrs = kindTable('Name|CIDRs|Age', (object, nowMs) => [
  objectName(object),
  listAt(object, 'spec.cidrs').join(','),
  objectAge(object, nowMs),
]);

const networkPolicies = kindTable('Name|Pod-Selector|Age', (object, nowMs) => [
  objectName(object),
  selectorText(object, 'spec.podSelector'),
  objectAge(object, nowMs),
]);

function subjectsOf(binding: JsonObject, kind: string): string {
  return listAt(binding, 'subjects')
    .filter((subject) => textAt(subject, 'kind') === kind)
    .map((subject) =>
      kind === 'ServiceAccount'
        ? `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}`
        : textAt(subject, 'name'),
    )
    .join(', ');
}

const bindings = kindTable('Name|Role|Age|Users+|Groups+|ServiceAccounts+', (binding, nowMs) => [
  objectName(binding),
  `${textAt(binding, 'roleRef.kind')}/${textAt(binding, 'roleRef.name')}`,
  objectAge(binding, nowMs),
  subjectsOf(binding, 'User'),
  subjectsOf(binding, 'Group'),
  subjectsOf(binding, 'ServiceAccount'),
]);

const webhookConfigurations = kindTable('Name|Webhooks:integer|Age', (object, nowMs) => [
  objectName(object),
  listAt(object, 'webhooks').length,
  objectAge(object, nowMs),
]);

const apiServices = kindTable('Name|Service|Available|Age', (object, nowMs) => {
  const service = valueOf(object, 'spec.service');
  const available = conditionOf(object, 'Available');
  const status = textAt(available, 'status') || 'Unknown';
  const reason = textAt(available, 'reason');
  return [
    objectName(object),
    service === undefined ? 'Local' : `${textAt(service, 'namespace')}/${textAt(service, 'name')}`,
    status === 'True' || reason === '' ? status : `${status} (${reason})`,
    objectAge(object, nowMs),
  ];
});

/** Kinds that configure, connect and permit, by `plural.group/version`. */
export const CONFIGURATION_TABLES: Readonly<Record<string, KindTable>> = {
  'configmaps/v1': configMaps,
  'secrets/v1': secrets,
  'serviceaccounts/v1': named,
  'limitranges/v1': created,
  'services/v1': services,
  'endpoints/v1': endpoints,
  'endpointslices.discovery.k8s.io/v1': endpointSlices,
  'ingresses.networking.k8s.io/v1': ingresses,
  'ingressclasses.networking.k8s.io/v1': ingressClasses,
  'networkpolicies.networking.k8s.io/v1': networkPolicies,
  'ipaddresses.networking.k8s.io/v1': ipAddresses,
  'servicecidrs.networking.k8s.io/v1': serviceCidrs,
  'roles.rbac.authorization.k8s.io/v1': created,
  'clusterroles.rbac.authorization.k8s.io/v1': created,
  'rolebindings.rbac.authorization.k8s.io/v1': bindings,
  'clusterrolebindings.rbac.authorization.k8s.io/v1': bindings,
  'customresourcedefinitions.apiextensions.k8s.io/v1': created,
  'csistoragecapacities.storage.k8s.io/v1': created,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io/v1': webhookConfigurations,
  'validatingwebhookconfigurations.admissionregistration.k8s.io/v1': webhookConfigurations,
  'apiservices.apiregistration.k8s.io/v1': apiServices,
};

/** What a kind without a table of its own shows. */
export const DEFAULT_TABLE: KindTable = named;
