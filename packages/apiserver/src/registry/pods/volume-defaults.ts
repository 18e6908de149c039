import type { JsonObject } from '../../contracts.ts';
import {
  ensureObject,
  listAt,
  objectAt,
  setDefault,
  setDefaultText,
  textAt,
} from '../json-read.ts';
import { defaultFieldRef, defaultPullPolicy } from './container-defaults.ts';

/** Permissions of files in volumes: 0644. */
const DEFAULT_MODE = 0o644;
/** Lifetime of a projected service account token, in seconds. */
const TOKEN_SECONDS = 3600;

function defaultProjected(volume: JsonObject): void {
  const projected = volume['projected'] as JsonObject;
  setDefault(projected, 'defaultMode', DEFAULT_MODE);
  for (const source of listAt(projected, 'sources')) {
    const token = source['serviceAccountToken'] as JsonObject | undefined;
    if (token !== undefined) setDefault(token, 'expirationSeconds', TOKEN_SECONDS);
    for (const item of listAt(objectAt(source, 'downwardAPI'), 'items')) defaultFieldRef(item);
  }
}

/** Defaults by the name of the volume's source; the source is there. */
const SOURCES: Readonly<Record<string, (volume: JsonObject) => void>> = {
  secret: (volume) => setDefault(volume['secret'] as JsonObject, 'defaultMode', DEFAULT_MODE),
  configMap: (volume) => setDefault(volume['configMap'] as JsonObject, 'defaultMode', DEFAULT_MODE),
  downwardAPI: (volume) => {
    const source = volume['downwardAPI'] as JsonObject;
    setDefault(source, 'defaultMode', DEFAULT_MODE);
    for (const item of listAt(source, 'items')) defaultFieldRef(item);
  },
  projected: defaultProjected,
  hostPath: (volume) => setDefault(volume['hostPath'] as JsonObject, 'type', ''),
  ephemeral: (volume) => {
    const template = objectAt(volume['ephemeral'] as JsonObject, 'volumeClaimTemplate');
    const spec = template['spec'] as JsonObject | undefined;
    if (spec !== undefined) setDefaultText(spec, 'volumeMode', 'Filesystem');
  },
  image: (volume) => {
    const source = volume['image'] as JsonObject;
    setDefaultText(source, 'pullPolicy', defaultPullPolicy(textAt(source, 'reference')));
  },
  iscsi: (volume) => setDefaultText(volume['iscsi'] as JsonObject, 'iscsiInterface', 'default'),
  azureDisk: (volume) => {
    const source = volume['azureDisk'] as JsonObject;
    setDefault(source, 'cachingMode', 'ReadWrite');
    setDefault(source, 'kind', 'Shared');
    setDefault(source, 'fsType', 'ext4');
    setDefault(source, 'readOnly', false);
  },
};

/** Fills the defaults of a pod's volume: one without a source is an empty directory. */
export function defaultVolume(volume: JsonObject): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) ensureObject(volume, 'emptyDir');
  for (const source of sources) SOURCES[source]?.(volume);
}
