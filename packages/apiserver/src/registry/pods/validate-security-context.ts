import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { descendingPath } from '../validation/path-rules.ts';

const MAX_ID = 2 ** 31 - 1;

/** The number of a user or group: absent is fine. */
function userNumber(path: string, value: number | undefined): FieldError[] {
  return value === undefined || (value >= 0 && value <= MAX_ID)
    ? []
    : [invalid(path, value, `must be between 0 and ${MAX_ID}, inclusive`)];
}

/** A value by the names of the API's own structures, as messages spell it. */
function spelled(value: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(
    members.map((member) => {
      const key = member.startsWith('SE') ? `se${member.slice(2)}` : lowerFirst(member);
      return [member, value[key] ?? null];
    }),
  );
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

const PROFILE = ['Type', 'LocalhostProfile'];
const CONTEXT = [
  'Capabilities',
  'Privileged',
  'SELinuxOptions',
  'WindowsOptions',
  'RunAsUser',
  'RunAsGroup',
  'RunAsNonRoot',
  'ReadOnlyRootFilesystem',
  'AllowPrivilegeEscalation',
  'ProcMount',
  'SeccompProfile',
  'AppArmorProfile',
];

function spelledContext(context: JsonObject): JsonObject {
  const value = spelled(context, CONTEXT);
  const nested = {
    Capabilities: ['Add', 'Drop'],
    SeccompProfile: PROFILE,
    AppArmorProfile: PROFILE,
  };
  for (const [member, members] of Object.entries(nested)) {
    // An object of the declared type, or null.
    const part = value[member] as JsonObject | null;
    if (part !== null) value[member] = spelled(part, members);
  }
  return value;
}

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const LONGEST_PROFILE = 4095;

function validateSeccomp(path: string, profile: JsonObject | undefined): FieldError[] {
  if (profile === undefined) return [];
  const type = textAt(profile, 'type');
  const file = profile['localhostProfile'] as string | undefined;
  const errors: FieldError[] = [];
  if (type === '') {
    errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  } else if (!PROFILE_TYPES.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, PROFILE_TYPES));
  }
  const field = `${path}.localhostProfile`;
  if (type !== 'Localhost') {
    const rule = 'can only be set when seccomp type is Localhost';
    return file === undefined
      ? errors
      : [...errors, invalid(field, spelled(profile, PROFILE), rule)];
  }
  if (file === undefined) {
    return [...errors, required(field, 'must be set when seccomp type is Localhost')];
  }
  return [...errors, ...descendingPath(field, file)];
}

function validateAppArmor(path: string, profile: JsonObject | undefined): FieldError[] {
  if (profile === undefined) return [];
  const type = textAt(profile, 'type');
  const name = profile['localhostProfile'] as string | undefined;
  const field = `${path}.localhostProfile`;
  if (type === '') {
    return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  }
  if (!PROFILE_TYPES.includes(type)) return [notSupported(`${path}.type`, type, PROFILE_TYPES)];
  if (type !== 'Localhost') {
    const rule = 'can only be set when AppArmor type is Localhost';
    return name === undefined ? [] : [invalid(field, name, rule)];
  }
  if (name === undefined || name === '') {
    return [required(field, 'must be set when AppArmor type is Localhost')];
  }
  return [
    ...(name.trim() === name ? [] : [invalid(field, name, 'must not be padded with whitespace')]),
    ...(name.length > LONGEST_PROFILE ? [tooLong(field, LONGEST_PROFILE)] : []),
  ];
}

const SYSCTL = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const LONGEST_SYSCTL = 253;
const SYSCTL_NAME = new RegExp(SYSCTL);

/** Kernel settings that belong to a namespace which the pod shares with its node. */
function hostSysctl(path: string, name: string, pod: JsonObject): FieldError[] {
  const dotted = name.replaceAll('/', '.');
  const shared = (flag: string, rule: string) =>
    pod[flag] === true ? [invalid(path, name, rule)] : [];
  if (dotted.startsWith('net.'))
    return shared('hostNetwork', "may not be specified when 'hostNetwork' is true");
  const ofIpc = /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted);
  return ofIpc ? shared('hostIPC', "may not be specified when 'hostIPC' is true") : [];
}

function validateSysctls(path: string, context: JsonObject, pod: JsonObject): FieldError[] {
  const names = new Set<string>();
  return listAt(context, 'sysctls').flatMap((sysctl, index) => {
    const field = `${path}.sysctls[${index}].name`;
    const name = textAt(sysctl, 'name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(field));
    else if (name.length > LONGEST_SYSCTL || !SYSCTL_NAME.test(name)) {
      const rule = `must have at most ${LONGEST_SYSCTL} characters and match regex ${SYSCTL}`;
      errors.push(invalid(field, name, rule));
    } else if (names.has(name)) errors.push(duplicate(field, name));
    names.add(name);
    return [...errors, ...hostSysctl(field, name, pod)];
  });
}

function choice(path: string, value: unknown, choices: readonly string[]): FieldError[] {
  return value === undefined || (typeof value === 'string' && choices.includes(value))
    ? []
    : [notSupported(path, value, choices)];
}

function profileAt(context: JsonObject, name: string): JsonObject | undefined {
  return (context[name] ?? undefined) as JsonObject | undefined;
}

/** Rules for the `securityContext` of a pod. */
export function validatePodSecurity(path: string, pod: JsonObject): FieldError[] {
  const context = objectAt(pod, 'securityContext');
  const numbers = ['fsGroup', 'runAsUser', 'runAsGroup'].flatMap((name) =>
    userNumber(`${path}.${name}`, numberAt(context, name)),
  );
  // Decoded: a list of numbers.
  const groups = (context['supplementalGroups'] ?? []) as number[];
  const sharesTwice = pod['shareProcessNamespace'] === true && pod['hostPID'] === true;
  return [
    ...numbers,
    ...groups.flatMap((group, index) => userNumber(`${path}.supplementalGroups[${index}]`, group)),
    ...(sharesTwice
      ? [
          invalid(
            `${path}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...validateSysctls(path, context, pod),
    ...choice(`${path}.fsGroupChangePolicy`, context['fsGroupChangePolicy'], [
      'Always',
      'OnRootMismatch',
    ]),
    ...validateSeccomp(`${path}.seccompProfile`, profileAt(context, 'seccompProfile')),
    ...validateAppArmor(`${path}.appArmorProfile`, profileAt(context, 'appArmorProfile')),
    ...choice(`${path}.supplementalGroupsPolicy`, context['supplementalGroupsPolicy'], [
      'Merge',
      'Strict',
    ]),
    ...choice(`${path}.seLinuxChangePolicy`, context['seLinuxChangePolicy'], ['Recursive']),
  ];
}

/**
 * Rules for the `securityContext` of a container.
 *
 * @param hasHostUsers its pod has no user namespace of its own
 */
export function validateContainerSecurity(
  path: string,
  container: JsonObject,
  hasHostUsers: boolean,
): FieldError[] {
  const context = profileAt(container, 'securityContext');
  if (context === undefined) return [];
  const errors = ['runAsUser', 'runAsGroup'].flatMap((name) =>
    userNumber(`${path}.${name}`, numberAt(context, name)),
  );
  const procMount: unknown = context['procMount'];
  errors.push(...choice(`${path}.procMount`, procMount, ['Default', 'Unmasked']));
  if (hasHostUsers && procMount === 'Unmasked') {
    const rule = '`hostUsers` must be false to use `Unmasked`';
    errors.push(invalid(`${path}.procMount`, procMount, rule));
  }
  errors.push(...validateSeccomp(`${path}.seccompProfile`, profileAt(context, 'seccompProfile')));
  if (context['allowPrivilegeEscalation'] === false) {
    const clash = (what: string) =>
      errors.push(
        invalid(
          path,
          spelledContext(context),
          `cannot set \`allowPrivilegeEscalation\` to false and ${what}`,
        ),
      );
    if (context['privileged'] === true) clash('`privileged` to true');
    const added = stringsAt(objectAt(context, 'capabilities'), 'add');
    if (added.includes('CAP_SYS_ADMIN')) clash('`capabilities.Add` CAP_SYS_ADMIN');
  }
  return [
    ...errors,
    ...validateAppArmor(`${path}.appArmorProfile`, profileAt(context, 'appArmorProfile')),
  ];
}

/** A pod with users of its own shares no other namespace with its node. */
export function validateHostUsers(path: string, pod: JsonObject): FieldError[] {
  if (pod['hostUsers'] !== false) return [];
  // Two of them are told by the names of the API's own structures.
  const shared = { hostNetwork: 'hostNetwork', hostPID: 'HostPID', hostIPC: 'HostIPC' };
  return Object.entries(shared)
    .filter(([flag]) => pod[flag] === true)
    .map(([, name]) => forbidden(`${path}.${name}`, 'when `hostUsers` is false'));
}
