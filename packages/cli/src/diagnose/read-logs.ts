import { setTimeout as sleep } from 'node:timers/promises';
import { isForbidden, StatusError, type DeepReadonly, type Pod } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { isMissingLog, type ContainerLog, type Report, type Snapshot } from '@kubewright/diagnosis';
import type { Unreadable } from './read-cluster.ts';

/** Most pods whose logs are read: more of them say the same again. */
const maxPods = 60;
const podsAtATime = 8;
const tailLines = 300;
/** Most that is read of one log, in bytes. */
export const logLimitBytes = 262_144;
/** Longest wait for one log, in milliseconds; a node that is away does not answer. */
const logTimeoutMs = 5_000;
/** How often the only log of a container is asked for where the kubelet does not have it: it looks at its containers once a second, and then knows the newest. */
const missingLogTries = 3;
const missingLogPauseMs = 1_500;

/** What was read of the logs, and what could not be. */
export interface LogReading {
  readonly logs: readonly ContainerLog[];
  readonly unreadable: readonly Unreadable[];
}

interface WantedLog {
  readonly pod: DeepReadonly<Pod>;
  readonly container: string;
  readonly life: ContainerLog['life'];
  /** No other life of the container has a log. */
  readonly isOnly: boolean;
}

/**
 * Reads the ends of the logs that can tell more about what was found: of each container with a finding the life that is over, and
 * the one that runs. At most 60 pods, 300 lines and 256 KiB of each, 5 seconds for each; what cannot be read is named.
 */
export async function readLogs(
  client: Client,
  { subjects }: Report,
  { pods }: Snapshot,
  signal: AbortSignal,
): Promise<LogReading> {
  const byName = new Map(
    pods.map((pod) => [`${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''}`, pod]),
  );
  const failing = subjects
    .filter(({ healthy, kind }) => !healthy && kind === 'Pod')
    .slice(0, maxPods);
  const wanted = failing.flatMap(({ namespace = '', name, findings }) => {
    const pod = byName.get(`${namespace}/${name}`);
    const containers = new Set(
      findings.map(({ container }) => container).filter((each) => each !== null),
    );
    return pod === undefined ? [] : [...containers].flatMap((container) => livesOf(pod, container));
  });
  const logs: ContainerLog[] = [];
  const unreadable: Unreadable[] = [];
  const waiting = wanted.values();
  const worker = async (): Promise<void> => {
    // The workers share one iterator: each takes the next log that nobody has taken.
    for (const each of waiting) {
      try {
        logs.push(await readLog(client, each, signal));
      } catch (error) {
        signal.throwIfAborted();
        const { namespace = '', name = '' } = each.pod.metadata;
        unreadable.push({
          what: isForbidden(error)
            ? `logs of pods in the namespace ${namespace}`
            : `the log of pod ${namespace}/${name}, container ${each.container}${each.life === 'previous' ? ', before its last restart' : ''}`,
          why:
            error instanceof StatusError
              ? (error.status.message ?? error.message)
              : error instanceof Error
                ? error.message
                : String(error),
        });
      }
    }
  };
  await Promise.all(Array.from({ length: podsAtATime }, worker));
  // A missing permission is said once for a namespace.
  return { logs, unreadable: [...new Map(unreadable.map((each) => [each.what, each])).values()] };
}

/** The lives of a container that have left a log. */
function livesOf(pod: DeepReadonly<Pod>, container: string): WantedLog[] {
  const { status } = pod;
  const statuses = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const found = statuses.find(({ name }) => name === container);
  if (found === undefined) return [];
  const { state, lastState } = found;
  const lives: ContainerLog['life'][] = [];
  // A life that never began has no log.
  if (lastState?.terminated?.containerID) lives.push('previous');
  if (state?.running !== undefined || state?.terminated?.containerID) lives.push('current');
  return lives.map((life) => ({ pod, container, life, isOnly: lives.length === 1 }));
}

/** @throws Error when the node has none, @throws StatusError, TransportError as the client does. */
async function readLog(
  client: Client,
  wanted: WantedLog,
  signal: AbortSignal,
): Promise<ContainerLog> {
  for (let tries = 1; ; tries += 1) {
    const log = await readOnce(client, wanted, signal);
    if (!isMissingLog(log.text)) return log;
    // When a container ends, a kubelet removes the one before it at once, and goes on naming it until the next one begins.
    if (!wanted.isOnly || tries === missingLogTries)
      throw new Error('the node does not have it any more');
    await sleep(missingLogPauseMs, undefined, { signal });
  }
}

async function readOnce(
  client: Client,
  { pod, container, life }: WantedLog,
  signal: AbortSignal,
): Promise<ContainerLog> {
  const { namespace, name = '' } = pod.metadata;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(logTimeoutMs)]);
  const body = await client.logs(
    { namespace, name },
    {
      container,
      previous: life === 'previous',
      tailLines,
      limitBytes: logLimitBytes,
      signal: limited,
    },
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return {
    pod: { name, ...(namespace === undefined ? {} : { namespace }) },
    container,
    life,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}
