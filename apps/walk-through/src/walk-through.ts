import {
  isConditionTrue,
  type DeepReadonly,
  type Pod,
  type Stored,
} from '@kubewright/apimachinery';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@kubewright/client';
import type { EmbeddedCluster } from '@kubewright/cluster';
import { PodDiagnoser } from '@kubewright/pod-diagnoser';
import { applyManifests, readManifests } from './manifests.ts';
import { Observation } from './observation.ts';
import { pictureOf } from './picture.ts';
import { fitColumns } from './progress/fit-columns.ts';
import type { Progress } from './progress/progress.ts';
import { ask } from './traffic.ts';
import { missingFrom } from './verdict.ts';

const root = new URL('../../../', import.meta.url);
const file = (path: string): URL => new URL(path, root);
const namespace = 'default';
const app = 'fragile-app';
const diagnoser = 'fragileapp-diagnoser';
const appPort = 80;
const requests = 10;
/** Pause between two requests, so that each is seen as it comes, in milliseconds. */
const requestPauseMs = 150;
/** Longest a step may take, in milliseconds: far more than it needs. */
const stepLimitMs = 120_000;

/**
 * Lets the app crash in the cluster and follows what the operator makes of it.
 *
 * @returns what is missing or wrong in the diagnosis; empty when it is right.
 */
export async function walkThrough(
  cluster: EmbeddedCluster,
  progress: Progress,
  signal: AbortSignal,
): Promise<string[]> {
  const { client } = cluster;
  const stop = new AbortController();
  const observing = AbortSignal.any([signal, stop.signal]);
  const { observation, ended } = Observation.start(client, namespace, app, observing);
  using _picture = observation.onChange(() =>
    progress.picture(pictureOf(observation.pods(), observation.events())),
  );
  try {
    await install(client, progress, signal);
    const pod = await deploy(client, observation, progress, signal);
    await crash(client, pod, observation, progress, signal);
    return await judge(client, pod, observation, progress, signal);
  } finally {
    stop.abort(new Error('the walk-through is over'));
    await ended;
  }
}

async function install(client: Client, progress: Progress, signal: AbortSignal): Promise<void> {
  const tell = (text: string): void => progress.detail(text);
  progress.begin('Installing the PodDiagnoser: definition, permissions, operator');
  await applyManifests(
    client,
    await readManifests(file('deploy/pod-diagnoser/crd.yaml')),
    tell,
    signal,
  );
  await untilServed(client, signal);
  await applyManifests(
    client,
    await readManifests(file('deploy/pod-diagnoser/operator.yaml')),
    tell,
    signal,
  );
  await applyManifests(
    client,
    await readManifests(file(`operators/pod-diagnoser/samples/${diagnoser}.yaml`)),
    tell,
    signal,
  );
}

/** A definition is served a moment after it was made. */
async function untilServed(client: Client, signal: AbortSignal): Promise<void> {
  const limit = limited(signal, 'the definition is served');
  for (;;) {
    try {
      await client.list(PodDiagnoser.resource, { namespace, signal: limit });
      return;
    } catch (error) {
      if (limit.aborted || !(error instanceof Error && 'code' in error && error.code === 404))
        throw error;
    }
    await pause(20, undefined, { signal: limit });
  }
}

async function deploy(
  client: Client,
  observation: Observation,
  progress: Progress,
  signal: AbortSignal,
): Promise<DeepReadonly<Stored<Pod>>> {
  progress.begin('Deploying fragile-app, which ends itself after more than five requests');
  await applyManifests(
    client,
    await readManifests(file('apps/fragile-app/deploy/fragile-app.yaml')),
    (text) => progress.detail(text),
    signal,
  );
  const pod = await observation.until(
    () => observation.pods().find(isReady),
    limited(signal, 'the app is ready'),
  );
  progress.detail(`pod ${pod.metadata.name} is ready`);
  // The operator starts beside it; it is asked for here, so that the crash finds it at work.
  await untilOperatorReady(client, signal);
  return pod;
}

function isReady(pod: DeepReadonly<Stored<Pod>>): boolean {
  return isConditionTrue(pod.status?.conditions, 'Ready');
}

async function untilOperatorReady(client: Client, signal: AbortSignal): Promise<void> {
  const limit = limited(signal, 'the operator reports the diagnoser ready');
  for (;;) {
    const { status } = await client.get(
      PodDiagnoser.resource,
      { name: diagnoser, namespace },
      { signal: limit },
    );
    if (isConditionTrue(status?.conditions, 'Ready')) return;
    await pause(100, undefined, { signal: limit });
  }
}

async function crash(
  client: Client,
  pod: DeepReadonly<Stored<Pod>>,
  observation: Observation,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  progress.begin(`Sending ${requests} requests through a port-forward`);
  const target = { name: pod.metadata.name, namespace };
  for (let i = 1; i <= requests; i++) {
    const answer = await ask(client, target, appPort, signal);
    progress.detail(
      `${i}/${requests}: ${'failure' in answer ? 'no answer: the app is down' : answer.body.trim()}`,
    );
    await pause(requestPauseMs, undefined, { signal: signal });
  }
  progress.begin('Waiting for the crash');
  const terminated = await observation.until(
    () =>
      observation.pods().find(({ metadata }) => metadata.uid === pod.metadata.uid)?.status
        ?.containerStatuses?.[0]?.lastState?.terminated,
    limited(signal, 'the container restarts'),
  );
  progress.detail(
    `the container ended with ${terminated.reason ?? 'Unknown'}, exit code ${terminated.exitCode}, and was started again`,
  );
}

async function judge(
  client: Client,
  { metadata: { uid } }: DeepReadonly<Stored<Pod>>,
  observation: Observation,
  progress: Progress,
  signal: AbortSignal,
): Promise<string[]> {
  progress.begin('Waiting for the diagnosis');
  const limit = limited(signal, 'the diagnosis is complete');
  let missing = ['no look was taken'];
  for (;;) {
    const pod = observation.pods().find(({ metadata }) => metadata.uid === uid);
    const { status = {} } = await client.get(
      PodDiagnoser.resource,
      { name: diagnoser, namespace },
      { signal },
    );
    if (pod !== undefined) {
      const events = observation.events();
      missing = missingFrom({ pod, events, status });
      if (missing.length === 0) {
        progress.show([
          ...Object.entries(pod.metadata.annotations ?? {})
            .filter(([key]) => key.startsWith('diagnostics.local.io/'))
            .map(([key, value]) => `${key}: ${shortIfJson(value)}`),
          ...events
            .filter(({ reason }) => reason === 'PodRestarted')
            .map(({ type, reason, note }) => `${type ?? ''} ${reason ?? ''}: ${note ?? ''}`),
          `PodDiagnoser ${diagnoser}: diagnosedPods ${status.diagnosedPods ?? 0}, lastProcessedPod ${status.lastProcessedPod ?? ''}`,
        ]);
        progress.end('done');
        return [];
      }
    }
    if (limit.aborted) {
      progress.end('failed');
      signal.throwIfAborted();
      return missing;
    }
    await pause(100, undefined, { signal: signal });
  }
}

/** What an annotation tells people; of what it tells programs only the beginning. */
function shortIfJson(value: string): string {
  return value.startsWith('{') ? fitColumns(value, 60) : value;
}

/** A signal that also ends when a step takes far too long, and says which. */
function limited(signal: AbortSignal, what: string): AbortSignal {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`waited ${stepLimitMs / 1000} s in vain until ${what}`)),
    stepLimitMs,
  );
  timer.unref();
  return AbortSignal.any([signal, late.signal]);
}
