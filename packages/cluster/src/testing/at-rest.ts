import type { KubernetesObject } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Informer, Manager } from '@kubewright/runtime';
import { settle } from '@kubewright/runtime/testing';
import type { CountedTransport } from './counted-transport.ts';

/** A manager, and the transport that all its requests go through. */
export interface ObservedManager {
  /** Its metrics say what it is at. */
  readonly manager: Pick<Manager, 'metrics'>;
  /** That of its client, and of nobody else's. */
  readonly transport: Pick<CountedTransport, 'underWay'>;
}

/** What an informer of the manager follows. */
export interface Followed {
  /** As its cache gives it. */
  readonly informer: Informer<KubernetesObject>;
  /** Default: all of them, or the resource has none. */
  readonly namespace?: string | undefined;
  /** The informer's. Default: none. */
  readonly labelSelector?: string | undefined;
}

/**
 * Whether a manager has nothing to do before it hears something new, or time passes by its clock: no key waits or is worked on, and no
 * request is under way. On a fake clock time may pass then without that anything takes time.
 */
export async function isAtRest({ manager, transport }: ObservedManager): Promise<boolean> {
  // What an answer or an event leads to begins within the same turn of the event loop.
  await settle();
  if (transport.underWay > 0) return false;
  const waiting = await sumOf(manager, 'workqueue_depth');
  const working = await sumOf(manager, 'controller_runtime_active_workers');
  return waiting + working === 0 && transport.underWay === 0;
}

/**
 * Whether a manager is at rest, and has been told of everything that the server has: what it does from now on is because of a later
 * change, or of the time. Own writes count once the watch has told of them, however well they are known from their answers.
 *
 * @param client - One that is not the manager's, which would count the requests.
 */
export async function isSettled(
  observed: ObservedManager,
  client: Client,
  followed: readonly Followed[],
): Promise<boolean> {
  const present = await Promise.all(
    followed.map(async ({ informer: { resource }, namespace, labelSelector }) => {
      const { items } = await client.list(resource, { namespace, labelSelector });
      return items;
    }),
  );
  if ((await sumOf(observed.manager, 'kubewright_informer_pending_writes')) > 0) return false;
  const isTold = followed.every(({ informer, namespace }, index) => {
    const known = informer.list({ namespace });
    return versionsOf(known).join() === versionsOf(present[index] ?? []).join();
  });
  return isTold && (await isAtRest(observed));
}

function versionsOf(
  objects: readonly { readonly metadata: { readonly resourceVersion: string } }[],
): string[] {
  return objects.map(({ metadata }) => metadata.resourceVersion).sort();
}

async function sumOf({ metrics }: Pick<Manager, 'metrics'>, name: string): Promise<number> {
  const { values } = (await metrics.getSingleMetric(name)?.get()) ?? { values: [] };
  return values.reduce((sum, { value }) => sum + value, 0);
}
