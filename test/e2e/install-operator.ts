import { CustomResourceDefinition } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilServed } from '@kubewright/cluster';
import { applyManifests, readManifests, type Manifest } from '@kubewright/walk-through';

const folder = new URL('../../deploy/', import.meta.url);
/** Longest time for a set of manifests, in milliseconds; it bounds a failure only. */
const limitMs = 120_000;

/** What a user applies to install an operator, in order. */
export async function operatorManifests(operator: string): Promise<readonly Manifest[]> {
  const files = ['crd.yaml', 'operator.yaml'].map((name) =>
    readManifests(new URL(`${operator}/${name}`, folder)),
  );
  return (await Promise.all(files)).flat();
}

/** Applies the manifests, definitions first; resolves when their objects can be made. */
export async function installOperator(
  client: Client,
  manifests: readonly Manifest[],
): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  const apply = async (some: readonly Manifest[]): Promise<void> =>
    applyManifests(client, some, () => undefined, signal);
  const definitions = manifests.filter(isDefinition);
  await apply(definitions);
  await untilServed(client, definitions, signal);
  await apply(manifests.filter((manifest) => !isDefinition(manifest)));
}

function isDefinition(manifest: Manifest): manifest is Manifest & CustomResourceDefinition {
  return manifest.kind === CustomResourceDefinition.kind;
}
