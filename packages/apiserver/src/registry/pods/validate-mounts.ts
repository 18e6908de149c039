import type { JsonObject } from '../../contracts.ts';
import {
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
  type FieldError,
} from '../../field-error.ts';
import { listAt, objectAt, textAt } from '../json-read.ts';
import { descendingPath, noBacksteps } from '../validation/path-rules.ts';

/** The volumes of a pod that are right, by their names. */
export type PodVolumes = ReadonlyMap<string, JsonObject>;

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

function propagationErrors(path: string, mode: string, container: JsonObject): FieldError[] {
  if (mode === '') return [];
  if (!PROPAGATIONS.includes(mode)) return [notSupported(path, mode, PROPAGATIONS)];
  const isPrivileged = objectAt(container, 'securityContext')['privileged'] === true;
  return mode === 'Bidirectional' && !isPrivileged
    ? [
        forbidden(
          path,
          'Bidirectional mount propagation is available only to privileged containers',
        ),
      ]
    : [];
}

function recursionErrors(path: string, mount: JsonObject): FieldError[] {
  const mode: unknown = mount['recursiveReadOnly'];
  if (mode === undefined || mode === 'Disabled') return [];
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    return [notSupported(path, mode, RECURSIVE_READ_ONLY)];
  }
  const errors: FieldError[] = [];
  if (mount['readOnly'] !== true) {
    errors.push(forbidden(path, 'may only be specified when readOnly is true'));
  }
  const propagation = textAt(mount, 'mountPropagation');
  if (propagation !== '' && propagation !== 'None') {
    errors.push(
      forbidden(path, 'may only be specified when mountPropagation is None or not specified'),
    );
  }
  return errors;
}

/** Rules for the mounts of a container. Of the paths within volumes the list is told, not the item. */
export function validateMounts(
  path: string,
  container: JsonObject,
  volumes: PodVolumes,
): FieldError[] {
  const errors: FieldError[] = [];
  const list = `${path}.volumeMounts`;
  const devices = listAt(container, 'volumeDevices');
  const mountPaths = new Set<string>();
  for (const [index, mount] of listAt(container, 'volumeMounts').entries()) {
    const field = `${list}[${index}]`;
    const name = textAt(mount, 'name');
    const mountPath = textAt(mount, 'mountPath');
    if (name === '') errors.push(required(`${field}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${field}.name`, name));
    if (mountPath === '') errors.push(required(`${field}.mountPath`));
    if (mountPaths.has(mountPath)) {
      errors.push(invalid(`${field}.mountPath`, mountPath, 'must be unique'));
    }
    mountPaths.add(mountPath);
    if (devices.some((device) => textAt(device, 'name') === name)) {
      errors.push(invalid(`${field}.name`, name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => textAt(device, 'devicePath') === mountPath)) {
      const rule = 'must not already exist as a path in volumeDevices';
      errors.push(invalid(`${field}.mountPath`, mountPath, rule));
    }
    const subPath = textAt(mount, 'subPath');
    const expression = textAt(mount, 'subPathExpr');
    errors.push(...descendingPath(`${list}.subPath`, subPath));
    if (expression !== '' && subPath !== '') {
      const rule = 'subPathExpr and subPath are mutually exclusive';
      errors.push(invalid(`${field}.subPathExpr`, expression, rule));
    }
    const propagation = textAt(mount, 'mountPropagation');
    errors.push(
      ...descendingPath(`${list}.subPathExpr`, expression),
      ...propagationErrors(`${list}.mountPropagation`, propagation, container),
      ...recursionErrors(`${list}.recursiveReadOnly`, mount),
    );
  }
  return errors;
}

/** Rules for the block devices of a container: claims alone can be had as such. */
export function validateDevices(
  path: string,
  container: JsonObject,
  volumes: PodVolumes,
): FieldError[] {
  const errors: FieldError[] = [];
  const mounts = listAt(container, 'volumeMounts');
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, device] of listAt(container, 'volumeDevices').entries()) {
    const field = `${path}.volumeDevices[${index}]`;
    const name = textAt(device, 'name');
    const devicePath = textAt(device, 'devicePath');
    const volume = volumes.get(name);
    const broken = (member: string, value: string, rule: string) =>
      errors.push(invalid(`${field}.${member}`, value, rule));
    if (name === '') errors.push(required(`${field}.name`));
    if (names.has(name)) broken('name', name, 'must be unique');
    if (volume === undefined) errors.push(notFoundValue(`${field}.name`, name));
    else if (volume['persistentVolumeClaim'] === undefined && volume['ephemeral'] === undefined) {
      const rule =
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      broken('name', name, rule);
    }
    if (devicePath === '') errors.push(required(`${field}.devicePath`));
    if (paths.has(devicePath)) broken('devicePath', devicePath, 'must be unique');
    if (noBacksteps('', devicePath).length > 0) {
      broken('devicePath', devicePath, "can not contain backsteps ('..')");
    } else paths.add(devicePath);
    if (mounts.some((mount) => textAt(mount, 'name') === name)) {
      broken('name', name, 'must not already exist in volumeMounts');
    }
    if (mounts.some((mount) => textAt(mount, 'mountPath') === devicePath)) {
      broken('devicePath', devicePath, 'must not already exist as a path in volumeMounts');
    }
    if (name !== '') names.add(name);
  }
  return errors;
}
