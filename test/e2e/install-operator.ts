import { setTimeout as pause } from 'node:timers/promises';
import { CustomResourceDefinition, isConditionTrue, isNotFound } from '@kubewright/apimachinery';
import { DiscoveryError, type Client } from '@kubewright/client';
import { applyManifests, readManifests, type Manifest } from '@kubewright/walk-through';
import { untilObject } from './until-object.ts';

const folder = new URL('../../deploy/', import.meta.url);
/** Longest time for a set of manifests, in milliseconds; it bounds a failure only. */
const limitMs = 60_000;

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
  const isDefinition = ({ kind }: Manifest): boolean => kind === CustomResourceDefinition.kind;
  const apply = async (some: readonly Manifest[]): Promise<void> =>
    applyManifests(client, some, () => undefined, AbortSignal.timeout(limitMs));
  const definitions = manifests.filter(isDefinition);
  await apply(definitions);
  for (const { metadata } of definitions) {
    const { spec } = await untilObject(
      client,
      CustomResourceDefinition,
      { name: metadata.name },
      ({ status }) => isConditionTrue(status?.conditions, 'Established'),
    );
    await untilServed(client, `${spec.names.kind}.${spec.group}`);
  }
  await apply(manifests.filter((manifest) => !isDefinition(manifest)));
}

/** A definition is served a moment after it is established, and nothing tells when. */
async function untilServed(client: Client, kind: string): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  for (;;) {
    try {
      const { resource } = await client.resolve(kind, signal);
      await client.list(resource, { signal });
      return;
    } catch (error) {
      if (!isNotFound(error) && !(error instanceof DiscoveryError)) throw error;
    }
    await pause(5, undefined, { signal });
  }
}
