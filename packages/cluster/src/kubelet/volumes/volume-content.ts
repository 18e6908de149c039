import {
  isNotFound,
  type ConfigMap,
  type ConfigMapProjection,
  type DownwardAPIVolumeFile,
  type KeyToPath,
  type Pod,
  type Secret,
  type SecretProjection,
  type ServiceAccountTokenProjection,
  type Volume,
  type VolumeProjection,
} from '@kubewright/apimachinery';
import { fieldValue, resourceValue, type NodeFacts } from '../environment/field-value.ts';
import { mayChangeUser } from '../users/machine-users.ts';
import type { VolumeFile, VolumeFiles } from './atomic-directory.ts';

/** Where the content of volumes comes from. */
export interface VolumeSources {
  getConfigMap(namespace: string, name: string): Promise<ConfigMap>;
  getSecret(namespace: string, name: string): Promise<Secret>;
  /** A token for the pod's ServiceAccount, fresh enough to be used for a while. */
  token(projection: ServiceAccountTokenProjection): Promise<string>;
  readonly facts: NodeFacts;
}

/** What a volume is made of cannot be had; the message is what the FailedMount event shows. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly code = 'VOLUME';
}

/** Permission bits of files unless the pod says otherwise, as in Kubernetes. */
const defaultMode = 0o644;

/**
 * The files of a volume whose content comes from the API; undefined for a volume of another kind.
 *
 * @throws VolumeError when something that is not optional does not exist.
 */
export async function volumeFiles(
  volume: Volume,
  pod: Pod,
  sources: VolumeSources,
): Promise<VolumeFiles | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    return configMapFiles(configMap, configMap.defaultMode ?? defaultMode, pod, sources);
  }
  if (secret !== undefined) {
    const projection = { ...secret, name: secret.secretName };
    return secretFiles(projection, secret.defaultMode ?? defaultMode, pod, sources);
  }
  if (downwardAPI !== undefined) {
    const mode = downwardAPI.defaultMode ?? defaultMode;
    return downwardFiles(downwardAPI.items ?? [], mode, pod, sources.facts);
  }
  if (projected === undefined) return undefined;
  const mode = projected.defaultMode ?? defaultMode;
  const files = new Map<string, VolumeFile>();
  const faults: string[] = [];
  for (const source of projected.sources ?? []) {
    try {
      const part = await projectionFiles(source, mode, pod, sources);
      for (const [path, file] of part) files.set(path, file);
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      faults.push(error.message);
    }
  }
  const [first] = faults;
  if (first === undefined) return files;
  throw new VolumeError(faults.length === 1 ? first : `[${faults.join(', ')}]`);
}

async function projectionFiles(
  source: VolumeProjection,
  mode: number,
  pod: Pod,
  sources: VolumeSources,
): Promise<VolumeFiles> {
  if (source.configMap !== undefined) return configMapFiles(source.configMap, mode, pod, sources);
  if (source.secret !== undefined) return secretFiles(source.secret, mode, pod, sources);
  if (source.downwardAPI !== undefined) {
    return downwardFiles(source.downwardAPI.items ?? [], mode, pod, sources.facts);
  }
  if (source.serviceAccountToken !== undefined) {
    const projection = source.serviceAccountToken;
    try {
      const content = Buffer.from(await sources.token(projection));
      // Readable by others only where pods may have another user than this process.
      return new Map([[projection.path, { content, mode: mayChangeUser() ? mode : 0o600 }]]);
    } catch (error) {
      throw new VolumeError(`failed to fetch token: ${messageOf(error)}`, { cause: error });
    }
  }
  throw new VolumeError('this source of a projected volume is not supported by this node');
}

async function configMapFiles(
  projection: ConfigMapProjection,
  mode: number,
  pod: Pod,
  sources: VolumeSources,
): Promise<VolumeFiles> {
  const name = projection.name ?? '';
  const found = await orNothing('configmap', name, () =>
    sources.getConfigMap(pod.metadata.namespace ?? 'default', name),
  );
  if (found === undefined) {
    if (projection.optional === true) return new Map();
    throw new VolumeError(`configmap "${name}" not found`);
  }
  const contents = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(found.data ?? {}))
    contents.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(found.binaryData ?? {})) {
    contents.set(key, Buffer.from(value, 'base64'));
  }
  return pick(contents, projection.items, mode, projection.optional === true, (key) => {
    return `configmap references non-existent config key: ${key}`;
  });
}

async function secretFiles(
  projection: SecretProjection,
  mode: number,
  pod: Pod,
  sources: VolumeSources,
): Promise<VolumeFiles> {
  const name = projection.name ?? '';
  const found = await orNothing('secret', name, () =>
    sources.getSecret(pod.metadata.namespace ?? 'default', name),
  );
  if (found === undefined) {
    if (projection.optional === true) return new Map();
    throw new VolumeError(`secret "${name}" not found`);
  }
  const contents = new Map(
    Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
  );
  return pick(contents, projection.items, mode, projection.optional === true, (key) => {
    return `references non-existent secret key: ${key}`;
  });
}

async function orNothing<T>(
  kind: string,
  name: string,
  get: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw new VolumeError(`failed to sync ${kind} cache: ${messageOf(error)}`, { cause: error });
  }
}

function pick(
  contents: ReadonlyMap<string, Buffer>,
  items: readonly KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
  missing: (key: string) => string,
): VolumeFiles {
  if (items === undefined || items.length === 0) {
    return new Map([...contents].map(([key, content]) => [key, { content, mode }]));
  }
  const files = new Map<string, VolumeFile>();
  for (const item of items) {
    const content = contents.get(item.key);
    if (content !== undefined) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (!optional) throw new VolumeError(missing(item.key));
  }
  return files;
}

function downwardFiles(
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  pod: Pod,
  facts: NodeFacts,
): VolumeFiles {
  const files = new Map<string, VolumeFile>();
  for (const item of items) {
    try {
      const text = downwardText(item, pod, facts);
      files.set(item.path, { content: Buffer.from(text), mode: item.mode ?? mode });
    } catch (error) {
      throw new VolumeError(messageOf(error), { cause: error });
    }
  }
  return files;
}

function downwardText(item: DownwardAPIVolumeFile, pod: Pod, facts: NodeFacts): string {
  if (item.fieldRef !== undefined) return fieldValue(item.fieldRef.fieldPath, pod, facts);
  const { resource = '', divisor, containerName } = item.resourceFieldRef ?? {};
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const container = all.find((entry) => entry.name === containerName);
  if (container === undefined) throw new Error(`container ${containerName ?? ''} not found`);
  return resourceValue(resource, divisor, container, facts);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
