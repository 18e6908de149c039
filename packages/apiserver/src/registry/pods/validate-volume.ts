import { parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { validateClaimSpec } from '../kinds/volume-claims.ts';
import { descendingPath, fileMode, noBacksteps } from '../validation/path-rules.ts';
import { dnsLabel, dnsSubdomain, oneOf } from '../validation/value-rules.ts';
import type { PodVolumes } from './validate-mounts.ts';
import { validateDownwardItems, validateItems, validateProjected } from './validate-projected.ts';

type Rules = (path: string, source: JsonObject) => FieldError[];

/** Members that a source cannot do without. */
function having(...members: readonly string[]): Rules {
  return (path, source) =>
    members
      .filter((member) => textAt(source, member) === '')
      .map((member) => required(`${path}.${member}`));
}

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

function hostPath(path: string, source: JsonObject): FieldError[] {
  const place = textAt(source, 'path');
  if (place === '') return [required(`${path}.path`)];
  const type = textAt(source, 'type');
  return [
    ...noBacksteps(`${path}.path`, place),
    ...(HOST_PATH_TYPES.includes(type)
      ? []
      : [notSupported(`${path}.type`, type, HOST_PATH_TYPES)]),
  ];
}

function emptyDir(path: string, source: JsonObject): FieldError[] {
  const limit = source['sizeLimit'] as string | number | undefined;
  return limit !== undefined && parseQuantity(String(limit)).nanos < 0n
    ? [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
    : [];
}

function files(name: string): Rules {
  return (path, source) => [
    ...having(name)(path, source),
    ...fileMode(`${path}.defaultMode`, numberAt(source, 'defaultMode')),
    ...validateItems(path, source),
  ];
}

function nfs(path: string, source: JsonObject): FieldError[] {
  const place = textAt(source, 'path');
  return [
    ...having('server', 'path')(path, source),
    ...(place.startsWith('/') ? [] : [invalid(`${path}.path`, place, 'must be an absolute path')]),
  ];
}

function csi(path: string, source: JsonObject): FieldError[] {
  const driver = textAt(source, 'driver');
  return driver === '' ? [required(`${path}.driver`)] : dnsSubdomain(`${path}.driver`, driver);
}

function ephemeral(path: string, source: JsonObject): FieldError[] {
  const field = `${path}.volumeClaimTemplate`;
  if (source['volumeClaimTemplate'] === undefined) return [required(field)];
  const template = objectAt(source, 'volumeClaimTemplate');
  return validateClaimSpec(`${field}.spec`, objectAt(template, 'spec'));
}

function image(path: string, source: JsonObject): FieldError[] {
  return [
    ...having('reference')(path, source),
    ...oneOf(`${path}.pullPolicy`, textAt(source, 'pullPolicy'), [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
  ];
}

function monitored(...members: readonly string[]): Rules {
  return (path, source) => [
    ...(stringsAt(source, 'monitors').length === 0 ? [required(`${path}.monitors`)] : []),
    ...having(...members)(path, source),
  ];
}

/** The sources of a volume and their rules, in the order in which they are looked at. */
const SOURCES: Readonly<Record<string, Rules>> = {
  emptyDir,
  hostPath,
  gitRepo: (path, source) => [
    ...having('repository')(path, source),
    ...descendingPath(`${path}.directory`, textAt(source, 'directory')),
  ],
  // The API's own structures call it so.
  gcePersistentDisk: (path, source) =>
    having('pdName')(path.replace('gcePersistentDisk', 'persistentDisk'), source),
  awsElasticBlockStore: having('volumeID'),
  secret: files('secretName'),
  nfs,
  iscsi: having('targetPortal', 'iqn'),
  glusterfs: having('endpoints', 'path'),
  persistentVolumeClaim: having('claimName'),
  rbd: monitored('image'),
  cinder: having('volumeID'),
  cephfs: monitored(),
  downwardAPI: (path, source) => [
    ...fileMode(`${path}.defaultMode`, numberAt(source, 'defaultMode')),
    ...validateDownwardItems(path, source),
  ],
  flexVolume: having('driver'),
  configMap: files('name'),
  azureFile: having('secretName', 'shareName'),
  vsphereVolume: having('volumePath'),
  photonPersistentDisk: having('pdID'),
  portworxVolume: having('volumeID'),
  azureDisk: having('diskName', 'diskURI'),
  storageos: having('volumeName'),
  projected: validateProjected,
  scaleIO: having('gateway', 'system', 'volumeName'),
  csi,
  ephemeral,
  image,
};

function validateSource(path: string, volume: JsonObject): FieldError[] {
  const order = Object.keys(SOURCES);
  const sources = Object.keys(volume)
    .filter((key) => key !== 'name')
    .sort((left, right) => order.indexOf(left) - order.indexOf(right));
  return sources.flatMap((source, index) => {
    const field = `${path}.${source}`;
    return index > 0
      ? [forbidden(field, 'may not specify more than 1 volume type')]
      : (SOURCES[source]?.(field, objectAt(volume, source)) ?? []);
  });
}

/** Rules for the volumes of a pod; those that are right can be mounted. */
export function validateVolumes(
  path: string,
  spec: JsonObject,
): { readonly errors: readonly FieldError[]; readonly volumes: PodVolumes } {
  const errors: FieldError[] = [];
  const volumes = new Map<string, JsonObject>();
  for (const [index, volume] of listAt(spec, 'volumes').entries()) {
    const field = `${path}.volumes[${index}]`;
    const name = textAt(volume, 'name');
    const own = validateSource(field, volume);
    if (name === '') own.push(required(`${field}.name`));
    else own.push(...dnsLabel(`${field}.name`, name));
    if (volumes.has(name)) own.push(duplicate(`${field}.name`, name));
    // A volume that is wrong itself takes no name away from others.
    if (own.length === 0) volumes.set(name, volume);
    errors.push(...own);
  }
  return { errors, volumes };
}
