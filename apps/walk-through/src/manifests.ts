import { readFile } from 'node:fs/promises';
import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { parseAllDocuments } from 'yaml';

/** An object of a manifest file. */
export type Manifest = KubernetesObject & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

/** A manifest cannot be read, or names a kind the server does not have. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'MANIFEST';
}

/** Reads the objects of a YAML file, in order. */
export async function readManifests(file: URL): Promise<Manifest[]> {
  const text = await readFile(file, 'utf8');
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined)
      throw new ManifestError(`${file.pathname}: ${problem.message}`, { cause: problem });
    const value: unknown = document.toJS();
    if (value === null) return [];
    if (!isManifest(value))
      throw new ManifestError(`${file.pathname}: a document has no apiVersion, kind or name`);
    return [value];
  });
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  if (!('apiVersion' in value && 'kind' in value && 'metadata' in value)) return false;
  const { metadata } = value;
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'name' in metadata &&
    typeof metadata.name === 'string'
  );
}

/** Makes the objects so, one after the other, by server-side apply; tells of each. */
export async function applyManifests(
  client: Client,
  manifests: readonly Manifest[],
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const manifest of manifests) {
    const resource = await resourceOf(client, manifest, signal);
    const { name, namespace = resource.scope === 'Namespaced' ? client.namespace : undefined } =
      manifest.metadata;
    const object =
      namespace === undefined
        ? manifest
        : { ...manifest, metadata: { ...manifest.metadata, namespace } };
    await client.apply(resource, object, { force: true, signal });
    tell(`${manifest.kind} ${name}`);
  }
}

async function resourceOf(
  client: Client,
  { apiVersion, kind }: Manifest,
  signal: AbortSignal,
): Promise<Resource> {
  const found = (await client.resourcesOf(apiVersion, signal)).find(
    ({ resource }) => resource.kind === kind,
  );
  if (found === undefined)
    throw new ManifestError(`the server has no kind ${kind} in ${apiVersion}`);
  return found.resource;
}
