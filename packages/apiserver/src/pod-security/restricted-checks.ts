import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt, stringsAt, textAt } from '../registry/json-read.ts';
import { procMount } from './baseline-checks.ts';
import {
  containersText,
  hasOwnUsers,
  isWindows,
  plural,
  quoted,
  securityOf,
  settersText,
  sortedSet,
  type Check,
  type Inspect,
} from './check.ts';
import { seccompRequired } from './seccomp.ts';

/** Rules about Linux do not bind pods of another system. */
function exceptOnWindows(inspect: Inspect): Inspect {
  return (pod) => (isWindows(pod) ? undefined : inspect(pod));
}

function exceptWithOwnUsers(inspect: Inspect): Inspect {
  return (pod) => (hasOwnUsers(pod) ? undefined : inspect(pod));
}

const allowPrivilegeEscalation: Inspect = ({ containers }) => {
  const bad = containers.filter(
    (container) => securityOf(container)['allowPrivilegeEscalation'] !== false,
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: Inspect = ({ containers }) => {
  const of = (container: JsonObject): JsonObject => objectAt(securityOf(container), 'capabilities');
  const keeping = containers.filter(
    (container) => !stringsAt(of(container), 'drop').includes('ALL'),
  );
  const added = (container: JsonObject): string[] =>
    stringsAt(of(container), 'add').filter((name) => name !== 'NET_BIND_SERVICE');
  const adding = containers.filter((container) => added(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0) {
    details.push(`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  }
  if (adding.length > 0) {
    const names = quoted(sortedSet(adding.flatMap(added)));
    details.push(
      `${containersText(adding)} must not include ${names} in securityContext.capabilities.add`,
    );
  }
  return details.length === 0
    ? undefined
    : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** What kind of volume it is: the member beside its name. */
function volumeType(volume: JsonObject): string {
  return Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
}

const restrictedVolumes: Inspect = ({ spec }) => {
  const bad = listAt(spec, 'volumes').filter((volume) =>
    VOLUMES.every((type) => volume[type] === undefined),
  );
  if (bad.length === 0) return undefined;
  const names = quoted(bad.map((volume) => textAt(volume, 'name')));
  const types = sortedSet(bad.map(volumeType));
  const who = `${plural(bad.length, 'volume')} ${names} ${plural(bad.length, 'uses', 'use')}`;
  return {
    reason: 'restricted volume types',
    detail: `${who} ${plural(types.length, 'restricted volume type')} ${quoted(types)}`,
  };
};

const runAsNonRoot: Inspect = ({ spec, containers }) => {
  const reason = 'runAsNonRoot != true';
  const of = (holder: JsonObject): unknown => securityOf(holder)['runAsNonRoot'];
  const bad = containers.filter((container) => of(container) === false);
  if (of(spec) === false || bad.length > 0) {
    const who = settersText(of(spec) === false, bad);
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  }
  if (of(spec) === true) return undefined;
  const silent = containers.filter((container) => of(container) === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true`,
  };
};

const runAsUser: Inspect = ({ spec, containers }) => {
  const isRoot = (holder: JsonObject): boolean => securityOf(holder)['runAsUser'] === 0;
  const bad = containers.filter(isRoot);
  if (!isRoot(spec) && bad.length === 0) return undefined;
  return {
    reason: 'runAsUser=0',
    detail: `${settersText(isRoot(spec), bad)} must not set runAsUser=0`,
  };
};

/** What a pod that was built with care can do without. Source: the Pod Security Standards. */
export const RESTRICTED_CHECKS: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      { since: 8, inspect: allowPrivilegeEscalation },
      { since: 25, inspect: exceptOnWindows(allowPrivilegeEscalation) },
    ],
  },
  {
    id: 'capabilities_restricted',
    replaces: 'capabilities_baseline',
    versions: [
      { since: 22, inspect: capabilities },
      { since: 25, inspect: exceptOnWindows(capabilities) },
    ],
  },
  {
    id: 'procMount_restricted',
    replaces: 'procMount',
    versions: [{ since: 35, inspect: procMount }],
  },
  {
    id: 'restrictedVolumes',
    replaces: 'hostPathVolumes',
    versions: [{ since: 0, inspect: restrictedVolumes }],
  },
  {
    id: 'runAsNonRoot',
    versions: [
      { since: 0, inspect: runAsNonRoot },
      { since: 35, inspect: exceptWithOwnUsers(runAsNonRoot) },
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      { since: 23, inspect: runAsUser },
      { since: 35, inspect: exceptWithOwnUsers(runAsUser) },
    ],
  },
  {
    id: 'seccompProfile_restricted',
    replaces: 'seccompProfile_baseline',
    versions: [
      { since: 19, inspect: seccompRequired },
      { since: 25, inspect: exceptOnWindows(seccompRequired) },
    ],
  },
];
