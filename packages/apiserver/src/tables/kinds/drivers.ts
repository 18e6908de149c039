import type { JsonObject } from '../../contracts.ts';
import { kindTable, type KindTable } from '../kind-table.ts';
import { listAt, NONE, objectAge, objectName, textAt, UNSET, valueOf } from '../object-reader.ts';

const isSet = (object: JsonObject, path: string): boolean => valueOf(object, path) === true;

const csiDrivers = kindTable(
  'Name|AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests|RequiresRepublish:boolean|Modes|Age',
  (driver, nowMs) => {
    const audiences = listAt(driver, 'spec.tokenRequests').map((each) => textAt(each, 'audience'));
    return [
      objectName(driver),
      valueOf(driver, 'spec.attachRequired') !== false,
      isSet(driver, 'spec.podInfoOnMount'),
      isSet(driver, 'spec.storageCapacity'),
      audiences.length === 0 ? UNSET : audiences.join(','),
      isSet(driver, 'spec.requiresRepublish'),
      listAt(driver, 'spec.volumeLifecycleModes').join(',') || NONE,
      objectAge(driver, nowMs),
    ];
  },
);

const csiNodes = kindTable('Name|Drivers:integer|Age', (node, nowMs) => [
  objectName(node),
  listAt(node, 'spec.drivers').length,
  objectAge(node, nowMs),
]);

const volumeAttachments = kindTable(
  'Name|Attacher:string/name|PV|Node|Attached:boolean|Age',
  (object, nowMs) => [
    objectName(object),
    textAt(object, 'spec.attacher'),
    textAt(object, 'spec.source.persistentVolumeName'),
    textAt(object, 'spec.nodeName'),
    isSet(object, 'status.attached'),
    objectAge(object, nowMs),
  ],
);

const volumeAttributesClasses = kindTable('Name|DriverName|Age', (object, nowMs) => [
  objectName(object),
  textAt(object, 'driverName'),
  objectAge(object, nowMs),
]);

function claimState(claim: JsonObject): string {
  const isDeleted = valueOf(claim, 'metadata.deletionTimestamp') !== undefined;
  const isAllocated = valueOf(claim, 'status.allocation') !== undefined;
  const isReserved = listAt(claim, 'status.reservedFor').length > 0;
  const states = [
    ...(isDeleted ? ['deleted'] : []),
    ...(isAllocated ? ['allocated'] : []),
    ...(isReserved ? ['reserved'] : []),
  ];
  return states.join(',') || 'pending';
}

const resourceClaims = kindTable('Name|State|Age', (claim, nowMs) => [
  objectName(claim),
  claimState(claim),
  objectAge(claim, nowMs),
]);

const resourceSlices = kindTable('Name|Node|Driver|Pool|Age', (slice, nowMs) => [
  objectName(slice),
  textAt(slice, 'spec.nodeName'),
  textAt(slice, 'spec.driver'),
  textAt(slice, 'spec.pool.name'),
  objectAge(slice, nowMs),
]);

/** Kinds of drivers of storage and devices, by `plural.group/version`. */
export const DRIVER_TABLES: Readonly<Record<string, KindTable>> = {
  'csidrivers.storage.k8s.io/v1': csiDrivers,
  'csinodes.storage.k8s.io/v1': csiNodes,
  'volumeattachments.storage.k8s.io/v1': volumeAttachments,
  'volumeattributesclasses.storage.k8s.io/v1': volumeAttributesClasses,
  'resourceclaims.resource.k8s.io/v1': resourceClaims,
  'resourceslices.resource.k8s.io/v1': resourceSlices,
};
