import type { JsonObject } from '../contracts.ts';
import { quote } from '../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../registry/json-read.ts';
import { APPARMOR_PREFIX } from '../registry/pods/app-armor.ts';
import {
  containersText,
  hasOwnUsers,
  plural,
  quoted,
  securityOf,
  settersText,
  sortedSet,
  type Check,
  type Finding,
  type Inspect,
  type PodSubject,
} from './check.ts';
import { profileType, seccompSetters } from './seccomp.ts';

function isFitAppArmorAnnotation(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

const appArmorProfile: Inspect = ({ annotations, spec, containers }) => {
  const badType = (holder: JsonObject): string | undefined => {
    const type = profileType(holder, 'appArmorProfile');
    return type === 'RuntimeDefault' || type === 'Localhost' ? undefined : type;
  };
  const bad = containers.filter((container) => badType(container) !== undefined);
  const types = [spec, ...bad].map(badType).filter((type) => type !== undefined);
  const isPodBad = badType(spec) !== undefined;
  const badAnnotations = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_PREFIX) && !isFitAppArmorAnnotation(value))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .sort();
  const setters = [
    ...(isPodBad || bad.length > 0 ? [settersText(isPodBad, bad)] : []),
    ...(badAnnotations.length > 0 ? [plural(badAnnotations.length, 'annotation')] : []),
  ];
  if (setters.length === 0) return undefined;
  const values = [...sortedSet(types), ...badAnnotations];
  return {
    reason: plural(values.length, 'forbidden AppArmor profile'),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const capabilities: Inspect = ({ containers }) => {
  const added = (container: JsonObject): string[] =>
    stringsAt(objectAt(securityOf(container), 'capabilities'), 'add').filter(
      (name) => !DEFAULT_CAPABILITIES.has(name),
    );
  const bad = containers.filter((container) => added(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = quoted(sortedSet(bad.flatMap(added)));
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(bad)} must not include ${names} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: Inspect = ({ spec }) => {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true);
  if (shared.length === 0) return undefined;
  return {
    reason: 'host namespaces',
    detail: shared.map((name) => `${name}=true`).join(', '),
  };
};

const hostPathVolumes: Inspect = ({ spec }) => {
  const names = listAt(spec, 'volumes')
    .filter((volume) => volume['hostPath'] !== undefined)
    .map((volume) => textAt(volume, 'name'));
  if (names.length === 0) return undefined;
  return {
    reason: 'hostPath volumes',
    detail: `${plural(names.length, 'volume')} ${quoted(names)}`,
  };
};

const hostPorts: Inspect = ({ containers }) => {
  const portsOf = (container: JsonObject): string[] =>
    listAt(container, 'ports')
      .map((port) => numberAt(port, 'hostPort') ?? 0)
      .filter((port) => port !== 0)
      .map(String);
  const bad = containers.filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sortedSet(bad.flatMap(portsOf));
  const verb = plural(bad.length, 'uses', 'use');
  return {
    reason: 'hostPort',
    detail: `${containersText(bad)} ${verb} ${plural(ports.length, 'hostPort')} ${ports.join(', ')}`,
  };
};

function hostsOf(container: JsonObject): string[] {
  const lifecycle = objectAt(container, 'lifecycle');
  const handlers = [
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((name) => objectAt(container, name)),
    ...['postStart', 'preStop'].map((name) => objectAt(lifecycle, name)),
  ];
  return handlers
    .flatMap((handler) => [objectAt(handler, 'httpGet'), objectAt(handler, 'tcpSocket')])
    .map((action) => textAt(action, 'host'))
    .filter((host) => host !== '');
}

const hostProbes: Inspect = ({ containers }) => {
  const bad = containers.filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = sortedSet(bad.map((container) => textAt(container, 'name')));
  const hosts = sortedSet(bad.flatMap(hostsOf));
  const who = `${plural(names.length, 'container')} ${quoted(names)} ${plural(names.length, 'uses', 'use')}`;
  return {
    reason: 'probe or lifecycle host',
    detail: `${who} ${plural(hosts.length, 'probe or lifecycle host')} ${quoted(hosts)}`,
  };
};

const privileged: Inspect = ({ containers }) => {
  const bad = containers.filter((container) => securityOf(container)['privileged'] === true);
  if (bad.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${containersText(bad)} must not set securityContext.privileged=true`,
  };
};

/** The rule of `restricted` too. */
export const procMount: Inspect = ({ containers }) => {
  const mountOf = (container: JsonObject): string => textAt(securityOf(container), 'procMount');
  const bad = containers.filter((container) => !['', 'Default'].includes(mountOf(container)));
  if (bad.length === 0) return undefined;
  const mounts = quoted(sortedSet(bad.map(mountOf)));
  return {
    reason: 'procMount',
    detail: `${containersText(bad)} must not set securityContext.procMount to ${mounts}`,
  };
};

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

function seLinux(allowedTypes: readonly string[]): Inspect {
  const optionsOf = (holder: JsonObject): JsonObject =>
    objectAt(securityOf(holder), 'seLinuxOptions');
  const isBad = (holder: JsonObject): boolean => {
    const options = optionsOf(holder);
    const isFit = allowedTypes.includes(textAt(options, 'type'));
    return !isFit || textAt(options, 'user') !== '' || textAt(options, 'role') !== '';
  };
  return ({ spec, containers }): Finding | undefined => {
    const isPodBad = isBad(spec);
    const bad = containers.filter(isBad);
    const all = [...(isPodBad ? [spec] : []), ...bad].map(optionsOf);
    if (all.length === 0) return undefined;
    const types = sortedSet(
      all.map((options) => textAt(options, 'type')).filter((type) => !allowedTypes.includes(type)),
    );
    const set = [
      ...(types.length > 0 ? [`${plural(types.length, 'type')} ${quoted(types)}`] : []),
      ...['user', 'role']
        .filter((name) => all.some((options) => textAt(options, name) !== ''))
        .map((name) => `${name} may not be set`),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${settersText(isPodBad, bad)} set forbidden securityContext.seLinuxOptions: ${set.join('; ')}`,
    };
  };
}

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

function isFitSeccompAnnotation(value: string): boolean {
  return ['runtime/default', 'docker/default'].includes(value) || value.startsWith('localhost/');
}

/** As long as profiles were annotations. */
const seccompAnnotations: Inspect = ({ annotations, containers }) => {
  const keys = [
    SECCOMP_POD,
    ...containers.map((container) => SECCOMP_CONTAINER + textAt(container, 'name')),
  ];
  const bad = sortedSet(
    keys.flatMap((key) => {
      const value = annotations[key];
      return value === undefined || isFitSeccompAnnotation(value) ? [] : [`${key}=${quote(value)}`];
    }),
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural(bad.length, 'annotation')} ${bad.join(', ')}`,
  };
};

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

function sysctls(allowed: readonly string[]): Inspect {
  return ({ spec }: PodSubject): Finding | undefined => {
    const bad = listAt(securityOf(spec), 'sysctls')
      .map((sysctl) => textAt(sysctl, 'name'))
      .filter((name) => !allowed.includes(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
}

const windowsHostProcess: Inspect = ({ spec, containers }) => {
  const isBad = (holder: JsonObject): boolean =>
    objectAt(securityOf(holder), 'windowsOptions')['hostProcess'] === true;
  const bad = containers.filter(isBad);
  if (!isBad(spec) && bad.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${settersText(isBad(spec), bad)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

/** What no pod should need that does not manage its node. Source: the Pod Security Standards. */
export const BASELINE_CHECKS: readonly Check[] = [
  { id: 'appArmorProfile', versions: [{ since: 0, inspect: appArmorProfile }] },
  { id: 'capabilities_baseline', versions: [{ since: 0, inspect: capabilities }] },
  { id: 'hostNamespaces', versions: [{ since: 0, inspect: hostNamespaces }] },
  { id: 'hostPathVolumes', versions: [{ since: 0, inspect: hostPathVolumes }] },
  { id: 'hostPorts', versions: [{ since: 0, inspect: hostPorts }] },
  { id: 'hostProbesAndHostLifecycle', versions: [{ since: 34, inspect: hostProbes }] },
  { id: 'privileged', versions: [{ since: 0, inspect: privileged }] },
  {
    id: 'procMount',
    versions: [
      { since: 0, inspect: procMount },
      { since: 35, inspect: (pod) => (hasOwnUsers(pod) ? undefined : procMount(pod)) },
    ],
  },
  {
    id: 'seLinuxOptions',
    versions: [
      { since: 0, inspect: seLinux(SELINUX_TYPES) },
      { since: 31, inspect: seLinux([...SELINUX_TYPES, 'container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      { since: 0, inspect: seccompAnnotations },
      { since: 19, inspect: seccompSetters },
    ],
  },
  {
    id: 'sysctls',
    versions: [
      { since: 0, inspect: sysctls(SYSCTLS) },
      { since: 27, inspect: sysctls(SYSCTLS_27) },
      { since: 29, inspect: sysctls(SYSCTLS_29) },
      { since: 32, inspect: sysctls(SYSCTLS_32) },
    ],
  },
  { id: 'windowsHostProcess', versions: [{ since: 0, inspect: windowsHostProcess }] },
];
