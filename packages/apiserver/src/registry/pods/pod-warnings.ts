import { parseQuantity, validateDnsLabel } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { quote } from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';

/** Labels of nodes that have other names now. */
const OLD_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** What is said of a label of nodes that has another name now; undefined when it has none. */
export function oldLabelText(label: string): string | undefined {
  return Object.hasOwn(OLD_LABELS, label) ? OLD_LABELS[label] : undefined;
}

/** Volumes that are taken and no longer work. */
const OLD_VOLUMES: Readonly<Record<string, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

function placementWarnings(path: string, spec: JsonObject): string[] {
  const warnings: string[] = [];
  for (const label of Object.keys(objectAt(spec, 'nodeSelector'))) {
    const text = oldLabelText(label);
    if (text !== undefined) warnings.push(`${path}.nodeSelector[${label}]: ${text}`);
  }
  for (const [index, constraint] of listAt(spec, 'topologySpreadConstraints').entries()) {
    const field = `${path}.topologySpreadConstraints[${index}]`;
    const key = textAt(constraint, 'topologyKey');
    const text = oldLabelText(key);
    if (text !== undefined) warnings.push(`${field}.topologyKey: ${key} is ${text}`);
    if (constraint['labelSelector'] === undefined) {
      warnings.push(`${field}.labelSelector: a null labelSelector results in matching no pod`);
    }
  }
  return warnings;
}

function volumeWarnings(path: string, spec: JsonObject): string[] {
  return listAt(spec, 'volumes').flatMap((volume, index) =>
    Object.entries(OLD_VOLUMES)
      .filter(([source]) => volume[source] !== undefined)
      .map(([source, text]) => {
        const name = source === 'storageos' ? 'storageOS' : source;
        return `${path}.volumes[${index}].${name}: ${text}`;
      }),
  );
}

/** Items of a list that repeat what one before them says. */
function repeated(path: string, items: readonly JsonObject[], member: string): string[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const value = textAt(item, member);
    if (seen.has(value))
      return [`${path}[${index}].${member}: duplicate ${member} ${quote(value)}`];
    seen.add(value);
    return [];
  });
}

function listWarnings(path: string, spec: JsonObject): string[] {
  const secrets = listAt(spec, 'imagePullSecrets');
  return [
    ...repeated(`${path}.hostAliases`, listAt(spec, 'hostAliases'), 'ip'),
    ...repeated(`${path}.imagePullSecrets`, secrets, 'name'),
    ...secrets.flatMap((secret, index) =>
      textAt(secret, 'name') === ''
        ? [`${path}.imagePullSecrets[${index}].name: invalid empty name ""`]
        : [],
    ),
  ];
}

interface Placed {
  readonly path: string;
  readonly container: JsonObject;
}

function containersOf(path: string, spec: JsonObject): Placed[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    listAt(spec, list).map((container, index) => ({
      path: `${path}.${list}[${index}]`,
      container,
    })),
  );
}

function fractionWarnings({ path, container }: Placed): string[] {
  const resources = objectAt(container, 'resources');
  return ['memory', 'ephemeral-storage'].flatMap((name) =>
    ['limits', 'requests'].flatMap((list) => {
      const amount = objectAt(resources, list)[name] as string | number | undefined;
      if (amount === undefined) return [];
      const value = parseQuantity(String(amount));
      if (value.toMilli() % 1000n === 0n) return [];
      return [
        `${path}.resources.${list}[${name}]: fractional byte value ${quote(String(amount))} is invalid, must be an integer`,
      ];
    }),
  );
}

/** Variables that take the place of one before them without making use of it. */
function variableWarnings({ path, container }: Placed): string[] {
  const names = new Set<string>();
  return listAt(container, 'env').flatMap((variable, index) => {
    const name = textAt(variable, 'name');
    const isFirst = !names.has(name);
    names.add(name);
    if (isFirst) return [];
    const value = textAt(variable, 'value');
    const before = `$(${name})`;
    const isExtension =
      variable['valueFrom'] === undefined && value !== before && value.includes(before);
    if (isExtension) return [];
    return [
      `${path}.env[${index}]: hides previous definition of ${quote(name)}, which may be dropped when using apply`,
    ];
  });
}

interface PlacedPort {
  readonly path: string;
  readonly port: JsonObject;
}

function overlap(one: JsonObject, other: JsonObject): string | undefined {
  const [hostPort, otherHostPort] = [one, other].map((port) => numberAt(port, 'hostPort') ?? 0);
  const [hostIp = '', otherHostIp = ''] = [one, other].map((port) => textAt(port, 'hostIP'));
  if (hostIp === otherHostIp && hostPort === otherHostPort) return 'duplicate port definition';
  if (hostPort === 0 || otherHostPort === 0) return 'overlapping port definition';
  const isAmbiguous = hostPort === otherHostPort && (hostIp === '') !== (otherHostIp === '');
  return isAmbiguous ? 'dangerously ambiguous port definition' : undefined;
}

function goPort(port: JsonObject): string {
  const text = (name: string) => textAt(port, name);
  return `{Name:${text('name')} HostPort:0 ContainerPort:${numberAt(port, 'containerPort') ?? 0} Protocol:${text('protocol')} HostIP:${text('hostIP')}}`;
}

function portWarnings(containers: readonly Placed[]): string[] {
  const ports: PlacedPort[] = containers.flatMap(({ path, container }) =>
    listAt(container, 'ports').map((port, index) => ({ path: `${path}.ports[${index}]`, port })),
  );
  const warnings: string[] = [];
  const byNumber = new Map<string, PlacedPort[]>();
  for (const placed of ports) {
    const { path, port } = placed;
    if (textAt(port, 'hostIP') !== '' && (numberAt(port, 'hostPort') ?? 0) === 0) {
      warnings.push(`${path}: hostIP set without hostPort: ${goPort(port)}`);
    }
    const key = `${numberAt(port, 'containerPort') ?? 0}/${textAt(port, 'protocol')}`;
    const others = byNumber.get(key) ?? [];
    for (const other of others) {
      const text = overlap(port, other.port);
      if (text !== undefined) warnings.push(`${path}: ${text} with ${other.path}`);
    }
    byNumber.set(key, [...others, placed]);
  }
  const byName = new Map<string, string>();
  for (const { path, port } of ports) {
    const name = textAt(port, 'name');
    if (name === '') continue;
    const first = byName.get(name);
    if (first === undefined) byName.set(name, path);
    else {
      warnings.push(
        `${path}: duplicate port name ${quote(name)} with ${first}, services and probes that select ports by name will use ${first}`,
      );
    }
  }
  return warnings;
}

/** What is taken in a pod spec, of a pod or of a template, and is hardly meant. */
export function podSpecWarnings(path: string, spec: JsonObject): string[] {
  const containers = containersOf(path, spec);
  return [
    ...placementWarnings(path, spec),
    ...volumeWarnings(path, spec),
    ...listWarnings(path, spec),
    ...containers.flatMap((placed) => [...fractionWarnings(placed), ...variableWarnings(placed)]),
    ...portWarnings(containers),
  ];
}

/** The warnings of a workload's template, where a write is one of its spec. */
export function templateWarnings(object: JsonObject, old: JsonObject | undefined): string[] {
  const template = objectAt(objectAt(object, 'spec'), 'template');
  const isSame =
    old !== undefined &&
    JSON.stringify(objectAt(objectAt(old, 'spec'), 'template')) === JSON.stringify(template);
  return isSame ? [] : podSpecWarnings('spec.template.spec', objectAt(template, 'spec'));
}

/** What is said of the name of an object after which pods are called: a host cannot have each of these names. */
export function podNameWarnings(object: JsonObject): string[] {
  const texts = validateDnsLabel(textAt(objectAt(object, 'metadata'), 'name'));
  const advice =
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return texts.length === 0 ? [] : [`${advice}: [${texts.join(' ')}]`];
}
