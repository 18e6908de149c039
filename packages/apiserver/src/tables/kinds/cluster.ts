import type { JsonObject } from '../../contracts.ts';
import { kindTable, type KindTable } from '../kind-table.ts';
import {
  ageOf,
  conditionOf,
  entriesAt,
  listAt,
  NONE,
  numberAt,
  objectAge,
  objectName,
  textAt,
  UNKNOWN,
  valueOf,
} from '../object-reader.ts';

const ROLE_LABEL = 'node-role.kubernetes.io/';

function nodeStatus(node: JsonObject): string {
  const ready = conditionOf(node, 'Ready');
  const states =
    ready === undefined ? ['Unknown'] : [textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady'];
  if (valueOf(node, 'spec.unschedulable') === true) states.push('SchedulingDisabled');
  return states.join(',');
}

function nodeRoles(node: JsonObject): string {
  const roles = entriesAt(node, 'metadata.labels').flatMap(([key, value]) => {
    if (key.startsWith(ROLE_LABEL)) return [key.slice(ROLE_LABEL.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  const named = [...new Set(roles.filter((role) => role !== ''))].sort();
  return named.length === 0 ? NONE : named.join(',');
}

function nodeAddress(node: JsonObject, type: string): string {
  const address = listAt(node, 'status.addresses').find(
    (candidate) => textAt(candidate, 'type') === type,
  );
  return textAt(address, 'address') || NONE;
}

function kernelText(node: JsonObject): string {
  const version = textAt(node, 'status.nodeInfo.kernelVersion') || UNKNOWN;
  const architecture = textAt(node, 'status.nodeInfo.architecture');
  return architecture === '' ? version : `${version} (${architecture})`;
}

const nodes = kindTable(
  'Name|Status|Roles|Age|Version|Internal-IP+|External-IP+|OS-Image+|Kernel-Version+|Container-Runtime+',
  (node, nowMs) => [
    objectName(node),
    nodeStatus(node),
    nodeRoles(node),
    objectAge(node, nowMs),
    textAt(node, 'status.nodeInfo.kubeletVersion'),
    nodeAddress(node, 'InternalIP'),
    nodeAddress(node, 'ExternalIP'),
    textAt(node, 'status.nodeInfo.osImage') || UNKNOWN,
    kernelText(node),
    textAt(node, 'status.nodeInfo.containerRuntimeVersion') || UNKNOWN,
  ],
);

const namespaces = kindTable('Name|Status|Age', (object, nowMs) => [
  objectName(object),
  textAt(object, 'status.phase'),
  objectAge(object, nowMs),
]);

function eventAge(event: JsonObject, path: string, nowMs: number): string {
  return ageOf(valueOf(event, path), nowMs);
}

/** First and last sight of an event, from whichever of its many times are set. */
function eventTimes(event: JsonObject, nowMs: number): [first: string, last: string] {
  const legacyFirst =
    valueOf(event, 'firstTimestamp') ?? valueOf(event, 'deprecatedFirstTimestamp');
  const legacyLast = valueOf(event, 'lastTimestamp') ?? valueOf(event, 'deprecatedLastTimestamp');
  const first =
    legacyFirst === undefined ? eventAge(event, 'eventTime', nowMs) : ageOf(legacyFirst, nowMs);
  const series = valueOf(event, 'series.lastObservedTime');
  if (series !== undefined) return [first, ageOf(series, nowMs)];
  return [first, legacyLast === undefined ? first : ageOf(legacyLast, nowMs)];
}

function eventSource(event: JsonObject): string {
  const source = valueOf(event, 'source') ?? valueOf(event, 'deprecatedSource');
  const component =
    textAt(source, 'component') ||
    textAt(event, 'reportingComponent') ||
    textAt(event, 'reportingController');
  const host =
    textAt(source, 'host') ||
    (textAt(source, 'component') === '' ? textAt(event, 'reportingInstance') : '');
  return [component, host].filter((part) => part !== '').join(', ');
}

const events = kindTable(
  'Last Seen|Type|Reason|Object|Subobject+|Source+|Message|First Seen+|Count+|Name+',
  (event, nowMs) => {
    const [first, last] = eventTimes(event, nowMs);
    const target = valueOf(event, 'involvedObject') ?? valueOf(event, 'regarding');
    const kind = textAt(target, 'kind').toLowerCase();
    const targetName = textAt(target, 'name');
    const count =
      valueOf(event, 'series.count') ??
      valueOf(event, 'count') ??
      valueOf(event, 'deprecatedCount');
    return [
      last,
      textAt(event, 'type'),
      textAt(event, 'reason'),
      targetName === '' ? kind : `${kind}/${targetName}`,
      textAt(target, 'fieldPath'),
      eventSource(event),
      (textAt(event, 'message') || textAt(event, 'note')).trim(),
      first,
      typeof count === 'number' && count > 0 ? count : 1,
      objectName(event),
    ];
  },
);

const CLAIM_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(object: JsonObject, path: string): string {
  const modes = new Set(listAt(object, path).map(String));
  return Object.entries(CLAIM_MODES)
    .filter(([mode]) => modes.has(mode))
    .map(([, short]) => short)
    .join(',');
}

const STORAGE_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

function storageClass(object: JsonObject): string {
  const annotations = valueOf(object, 'metadata.annotations');
  const annotated = Object.entries(annotations ?? {}).find(
    ([key]) => key === STORAGE_CLASS_ANNOTATION,
  );
  return annotated === undefined ? textAt(object, 'spec.storageClassName') : String(annotated[1]);
}

function attributesClass(object: JsonObject): string {
  const value = valueOf(object, 'spec.volumeAttributesClassName');
  return typeof value === 'string' ? value : '<unset>';
}

const claims = kindTable(
  'Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode+',
  (claim, nowMs) => {
    const volume = textAt(claim, 'spec.volumeName');
    const isDeleting = valueOf(claim, 'metadata.deletionTimestamp') !== undefined;
    return [
      objectName(claim),
      isDeleting ? 'Terminating' : textAt(claim, 'status.phase'),
      volume,
      volume === '' ? '' : textAt(claim, 'status.capacity.storage') || '0',
      volume === '' ? '' : accessModes(claim, 'status.accessModes'),
      storageClass(claim),
      attributesClass(claim),
      objectAge(claim, nowMs),
      textAt(claim, 'spec.volumeMode') || '<unset>',
    ];
  },
);

const volumes = kindTable(
  'Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode+',
  (volume, nowMs) => {
    const claim = valueOf(volume, 'spec.claimRef');
    const isDeleting = valueOf(volume, 'metadata.deletionTimestamp') !== undefined;
    return [
      objectName(volume),
      textAt(volume, 'spec.capacity.storage') || '0',
      accessModes(volume, 'spec.accessModes'),
      textAt(volume, 'spec.persistentVolumeReclaimPolicy'),
      isDeleting ? 'Terminating' : textAt(volume, 'status.phase'),
      claim === undefined ? '' : `${textAt(claim, 'namespace')}/${textAt(claim, 'name')}`,
      storageClass(volume),
      attributesClass(volume),
      textAt(volume, 'status.reason'),
      objectAge(volume, nowMs),
      textAt(volume, 'spec.volumeMode') || '<unset>',
    ];
  },
);

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

const storageClasses = kindTable(
  'Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age',
  (object, nowMs) => {
    const isDefault = entriesAt(object, 'metadata.annotations').some(
      ([key, value]) => key === DEFAULT_CLASS && value === 'true',
    );
    return [
      isDefault ? `${objectName(object)} (default)` : objectName(object),
      textAt(object, 'provisioner'),
      textAt(object, 'reclaimPolicy') || 'Delete',
      textAt(object, 'volumeBindingMode') || '<unset>',
      valueOf(object, 'allowVolumeExpansion') === true,
      objectAge(object, nowMs),
    ];
  },
);

const priorityClasses = kindTable(
  'Name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy',
  (object, nowMs) => [
    objectName(object),
    numberAt(object, 'value'),
    valueOf(object, 'globalDefault') === true,
    objectAge(object, nowMs),
    textAt(object, 'preemptionPolicy'),
  ],
);

function quotaText(object: JsonObject, kind: 'request' | 'limit'): string {
  return entriesAt(object, 'status.hard')
    .filter(([resource]) => resource.startsWith('limits') === (kind === 'limit'))
    .map(([resource, hard]) => {
      const used = entriesAt(object, 'status.used').find(([key]) => key === resource)?.[1] ?? '0';
      return `${resource}: ${used}/${hard}`;
    })
    .join(', ');
}

const resourceQuotas = kindTable('Name|Request|Limit|Age', (object, nowMs) => [
  objectName(object),
  quotaText(object, 'request'),
  quotaText(object, 'limit'),
  objectAge(object, nowMs),
]);

const leases = kindTable('Name|Holder|Age', (object, nowMs) => [
  objectName(object),
  textAt(object, 'spec.holderIdentity'),
  objectAge(object, nowMs),
]);

const runtimeClasses = kindTable('Name|Handler|Age', (object, nowMs) => [
  objectName(object),
  textAt(object, 'handler'),
  objectAge(object, nowMs),
]);

/** Kinds of the cluster itself, by `plural.group/version`. */
export const CLUSTER_TABLES: Readonly<Record<string, KindTable>> = {
  'nodes/v1': nodes,
  'namespaces/v1': namespaces,
  'events/v1': events,
  'events.events.k8s.io/v1': events,
  'persistentvolumeclaims/v1': claims,
  'persistentvolumes/v1': volumes,
  'storageclasses.storage.k8s.io/v1': storageClasses,
  'priorityclasses.scheduling.k8s.io/v1': priorityClasses,
  'resourcequotas/v1': resourceQuotas,
  'leases.coordination.k8s.io/v1': leases,
  'runtimeclasses.node.k8s.io/v1': runtimeClasses,
};
