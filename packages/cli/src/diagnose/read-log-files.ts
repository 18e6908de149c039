import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asError, isJsonObject } from '@kubewright/apimachinery';
import type { ContainerLog, Snapshot } from '@kubewright/diagnosis';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { logLimitBytes } from './read-logs.ts';

/** A file with the log of a container, as it was named on the command line. */
export interface LogArgument {
  /** Undefined: the only pod that has the container. */
  readonly pod: string | undefined;
  readonly container: string;
  readonly life: ContainerLog['life'];
  readonly path: string;
}

type ObservedPod = Snapshot['pods'][number];

/**
 * Reads `CONTAINER=PATH` or `POD/CONTAINER=PATH`.
 *
 * @returns undefined when it is neither.
 */
export function parseLogArgument(
  word: string,
  life: ContainerLog['life'],
): LogArgument | undefined {
  const [, pod, container, path] = /^(?:([^/=]+)\/)?([^/=]+)=(.+)$/s.exec(word) ?? [];
  return container === undefined || path === undefined ? undefined : { pod, container, life, path };
}

/**
 * Reads files with logs, as `kubectl logs` writes them: the end of each, as much as is read of a log in a cluster.
 *
 * @throws CommandError when a file cannot be read, or no pod has the container, or several have.
 */
export async function readLogFiles(
  wanted: readonly LogArgument[],
  pods: readonly ObservedPod[],
  context: Pick<CommandContext, 'cwd' | 'signal'>,
): Promise<ContainerLog[]> {
  const logs: ContainerLog[] = [];
  for (const { pod, container, life, path } of wanted) {
    const { namespace, name = '' } = podWith(container, pod, pods).metadata;
    logs.push({
      pod: { name, ...(namespace === undefined ? {} : { namespace }) },
      container,
      life,
      text: await readEnd(path, context),
    });
  }
  return logs;
}

function podWith(
  container: string,
  pod: string | undefined,
  pods: readonly ObservedPod[],
): ObservedPod {
  const named = pods.filter(({ metadata }) => pod === undefined || metadata.name === pod);
  const [found, ...others] = named.filter((each) => containersOf(each).includes(container));
  if (found === undefined) {
    const where = pod === undefined ? 'no pod that was given has' : `there is no pod ${pod} with`;
    const known = [...new Set(named.flatMap(containersOf))].sort().join(', ');
    throw new CommandError(
      `${where} a container ${container}${known === '' ? '' : `; there are: ${known}`}`,
    );
  }
  if (others.length === 0) return found;
  const names = [found, ...others].map(({ metadata }) => metadata.name ?? '');
  throw new CommandError(
    pod === undefined
      ? `several pods have a container ${container}: say which, as in ${names[0] ?? ''}/${container}=PATH`
      : `several namespaces have a pod ${pod}: choose one with --namespace`,
  );
}

/** Names in spec and status: one of them may be missing in a file, or be anything. */
function containersOf({ spec, status }: ObservedPod): string[] {
  const lists: readonly unknown[] = [
    spec?.initContainers,
    spec?.containers,
    spec?.ephemeralContainers,
    status?.initContainerStatuses,
    status?.containerStatuses,
    status?.ephemeralContainerStatuses,
  ];
  return lists
    .flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
    .flatMap((item) =>
      isJsonObject(item) && typeof item['name'] === 'string' ? [item['name']] : [],
    );
}

async function readEnd(
  given: string,
  { cwd, signal }: Pick<CommandContext, 'cwd' | 'signal'>,
): Promise<string> {
  const path = resolve(cwd, given);
  try {
    const { size } = await stat(path);
    let end: Buffer = Buffer.alloc(0);
    // A pipe, as in `<(kubectl logs …)`, has no size, and cannot be read from anywhere but its beginning.
    const from = size > logLimitBytes ? { start: size - logLimitBytes } : {};
    for await (const chunk of createReadStream(path, { ...from, signal })) {
      // Without an encoding a stream gives bytes.
      end = Buffer.concat([end, chunk as Buffer]).subarray(-logLimitBytes);
    }
    return end.toString('utf8');
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const known = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' };
    const why = code === 'ENOENT' || code === 'EISDIR' ? known[code] : asError(error).message;
    throw new CommandError(`cannot read the log ${given}: ${why}`, { cause: error });
  }
}
