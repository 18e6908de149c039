import { setTimeout as sleep } from 'node:timers/promises';
import {
  hasFinalizer,
  isConflict,
  isNotFound,
  Pod,
  withoutFinalizer,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Logger } from '../logging/logger.ts';

/** A resource whose objects an operator holds by a finalizer, until it has cleaned up after them. */
export interface HeldResource {
  readonly resource: Resource;
  /** As `group/name`. */
  readonly finalizer: string;
}

/**
 * What is done before and after an operator is uninstalled, so that nothing waits for one that is gone:
 *
 * - `finish-deletions`, while it runs: waits until it has let go of all objects that are being deleted.
 * - `delete-all`, while it runs, before their definitions are deleted: deletes all objects, and waits until they are gone.
 *   Nothing is deleted when there are some that the operator does not watch, because nobody would clean up after those.
 * - `release`, when it is gone: takes its finalizer off all objects that are left, so that they, and their namespaces, can be deleted.
 */
export const uninstallSteps = ['finish-deletions', 'delete-all', 'release'] as const;

/** One of {@link uninstallSteps}. */
export type UninstallStep = (typeof uninstallSteps)[number];

/** Whether a word of the command line names a step. */
export function isUninstallStep(word: string | undefined): word is UninstallStep {
  return uninstallSteps.some((step) => step === word);
}

/** What {@link uninstall} works with. */
export interface UninstallOptions {
  readonly client: Client;
  readonly holds: readonly HeldResource[];
  /** What the operator watches; undefined: all namespaces. */
  readonly namespaces: readonly string[] | undefined;
  /** The operator's own pods, whose end `release` waits for: otherwise they would hold the objects again. Default: none are waited for. */
  readonly pods?: { readonly namespace: string; readonly labelSelector: string } | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Longest wait, in milliseconds. Default 240,000: less than the 5 minutes that Helm gives a hook. */
  readonly limitMs?: number;
  /** Pause between two looks, in milliseconds. Default 1000. */
  readonly pauseMs?: number;
}

/**
 * Takes one step of an uninstallation. Each may be taken again, and be cut off anywhere.
 *
 * @throws Error that says which objects are in the way, and what to do about them.
 */
export async function uninstall(step: UninstallStep, options: UninstallOptions): Promise<void> {
  switch (step) {
    case 'finish-deletions':
      return finishDeletions(options);
    case 'delete-all':
      return deleteAll(options);
    case 'release':
      return release(options);
    default:
      return step satisfies never;
  }
}

interface Held {
  readonly holder: HeldResource;
  readonly object: Stored<KubernetesObject>;
}

async function finishDeletions(options: UninstallOptions): Promise<void> {
  const deleted = async (): Promise<Held[]> =>
    (await watchedObjects(options)).filter(
      ({ holder, object }) =>
        object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, holder.finalizer),
    );
  const left = await untilNone(deleted, options);
  if (left.length === 0) return;
  throw new Error(
    `these are being deleted, and the operator is not done with them: ${namesOf(left)}. Their status and the log of the operator say why; uninstall again when they are gone`,
  );
}

async function deleteAll(options: UninstallOptions): Promise<void> {
  const { client, signal } = options;
  const foreign = (await allObjects(options)).filter((each) => !isWatched(each, options));
  if (foreign.length > 0) {
    throw new Error(
      `their definitions would go, and with them objects that this operator does not watch: ${namesOf(foreign)}. Nothing was deleted. Delete those first, or have the definitions kept`,
    );
  }
  for (const { holder, object } of await watchedObjects(options)) {
    const { namespace, name, uid } = object.metadata;
    try {
      await client.delete(
        holder.resource,
        { namespace, name },
        { preconditions: { uid }, propagationPolicy: 'Background', signal },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const left = await untilNone(() => watchedObjects(options), options);
  if (left.length === 0) return;
  throw new Error(
    `these were deleted, and the operator is not done with them: ${namesOf(left)}. Their status and the log of the operator say why; uninstall again when they are gone`,
  );
}

async function release(options: UninstallOptions): Promise<void> {
  const { client, pods, logger, signal } = options;
  if (pods !== undefined) {
    const running = async () => (await client.list(Pod, { ...pods, signal })).items;
    const left = await untilNone(running, options);
    if (left.length > 0) {
      const names = left.map(({ metadata }) => metadata.name).join(', ');
      throw new Error(`pods of the operator have not ended: ${names}. Nothing was let go of`);
    }
  }
  const letGo = async (): Promise<Held[]> => {
    const held = (await watchedObjects(options)).filter(({ holder, object }) =>
      hasFinalizer(object, holder.finalizer),
    );
    for (const { holder, object } of held) {
      const { namespace, name, uid, resourceVersion } = object.metadata;
      const finalizers = withoutFinalizer(object, holder.finalizer);
      const body = { metadata: { uid, resourceVersion, finalizers } };
      try {
        await client.patch(
          holder.resource,
          { namespace, name },
          { type: 'merge', body },
          { signal },
        );
        logger.info('let go', { kind: holder.resource.kind, namespace, name });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error; // looked at again
      }
    }
    return held;
  };
  const left = await untilNone(letGo, options);
  if (left.length > 0) {
    throw new Error(
      `somebody holds these again and again: ${namesOf(left)}. Is there another operator?`,
    );
  }
}

/** Looks until nothing is found; answers what was found last when the time is over. */
async function untilNone<T>(
  look: () => Promise<readonly T[]>,
  { limitMs = 240_000, pauseMs = 1000, signal }: UninstallOptions,
): Promise<readonly T[]> {
  const endsAtMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found.length === 0 || performance.now() >= endsAtMs) return found;
    await sleep(pauseMs, undefined, { signal });
  }
}

async function watchedObjects(options: UninstallOptions): Promise<Held[]> {
  return (await allObjects(options)).filter((each) => isWatched(each, options));
}

function isWatched({ object }: Held, { namespaces }: UninstallOptions): boolean {
  const { namespace } = object.metadata;
  return namespaces === undefined || namespace === undefined || namespaces.includes(namespace);
}

async function allObjects({ client, holds, signal }: UninstallOptions): Promise<Held[]> {
  const found: Held[] = [];
  for (const holder of holds) {
    try {
      const { items } = await client.list(holder.resource, { signal });
      found.push(...items.map((object) => ({ holder, object })));
    } catch (error) {
      if (!isNotFound(error)) throw error; // no definition, no objects
    }
  }
  return found;
}

function namesOf(held: readonly Held[]): string {
  return held
    .map(({ holder, object: { metadata } }) => {
      const { namespace, name } = metadata;
      return `${holder.resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    })
    .sort()
    .join(', ');
}
