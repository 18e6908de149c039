import type { AcceptedStream } from '../../contracts.ts';
import { KubeletRefusal } from '../kubelet-refusal.ts';
import type { ContainerTarget } from '../node-backend.ts';
import { containerOf, isRunning, podTargetOf } from '../pod-container.ts';
import { flagParameter } from '../query-parameter.ts';

/** What an exec or attach asks for. */
export interface CommandRequest {
  readonly subresource: 'exec' | 'attach';
  readonly target: ContainerTarget;
  /** Empty for attach. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/**
 * Reads the query of an exec or attach.
 *
 * @throws StatusError 400 for a container that the pod does not have
 */
export function parseCommandRequest(
  subresource: 'exec' | 'attach',
  { pod, query }: Pick<AcceptedStream, 'pod' | 'query'>,
): CommandRequest {
  const container = containerOf(pod, query.get('container'));
  const tty = flagParameter(query, 'tty');
  return {
    subresource,
    target: { ...podTargetOf(pod), container },
    command: subresource === 'exec' ? query.getAll('command') : [],
    stdin: flagParameter(query, 'stdin'),
    stdout: flagParameter(query, 'stdout'),
    // A terminal has one output.
    stderr: flagParameter(query, 'stderr') && !tty,
    tty,
  };
}

/** What the kubelet checks before it leaves HTTP. @throws KubeletRefusal */
export function checkCommandRequest(
  request: CommandRequest,
  { pod }: Pick<AcceptedStream, 'pod'>,
): void {
  if (!request.stdin && !request.stdout && !request.stderr) {
    throw new KubeletRefusal(400, 'you must specify at least 1 of stdin, stdout, stderr');
  }
  const { container, namespace, pod: name } = request.target;
  if (isRunning(pod, container)) return;
  throw new KubeletRefusal(
    500,
    request.subresource === 'exec'
      ? `container not found (${JSON.stringify(container)})`
      : `container ${container} not found in pod ${name}_${namespace}`,
  );
}
