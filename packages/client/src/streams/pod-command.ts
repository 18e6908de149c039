import { Pod, type NamespacedName } from '@kubewright/apimachinery';
import type { ClientContext } from '../api/client-context.ts';
import { withQuery } from '../api/query.ts';
import { namespaceFor, targetOf } from '../api/target.ts';
import { startCommandSession, type CommandSession } from './command-session.ts';
import type { CommandInput } from './send-input.ts';

/** Options of attaching to the main process of a container. */
export interface AttachOptions {
  /** Default: the pod's only container, or the one its annotation `kubectl.kubernetes.io/default-container` names. */
  readonly container?: string | undefined;
  /** Input. Its end is passed on. Default: none. */
  readonly stdin?: CommandInput | undefined;
  /** Whether output is wanted. Default true. */
  readonly stdout?: boolean | undefined;
  /** Whether standard error is wanted. Default true; never with a terminal, which mixes it into the output. */
  readonly stderr?: boolean | undefined;
  /** Give the command a terminal. Default false. */
  readonly tty?: boolean | undefined;
  /** Ends the connection; output and exit then fail with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of running a command. */
export interface ExecOptions extends AttachOptions {
  /** The program and its arguments; no shell is involved. At least one. */
  readonly command: readonly string[];
}

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** Runs a command in a container, or attaches to its main process. */
export async function startPodCommand(
  context: ClientContext,
  ref: NamespacedName,
  subresource: 'exec' | 'attach',
  options: AttachOptions & { readonly command?: readonly string[] },
): Promise<CommandSession> {
  const { container, command, stdin, stdout = true, stderr = true, tty = false, signal } = options;
  const namespace = namespaceFor(Pod, ref.namespace, context.namespace);
  const target = targetOf(Pod, { verb: subresource, namespace, name: ref.name, subresource });
  const attempt = `${subresource === 'exec' ? 'exec in' : 'attach to'} Pod ${namespace ?? ''}/${ref.name}`;
  const connection = await context.caller.webSocket({
    ...target,
    attempt,
    path: withQuery(target.path, {
      container,
      command,
      stdin: stdin !== undefined,
      stdout,
      stderr: stderr && !tty,
      tty,
    }),
    protocols,
    signal,
  });
  return startCommandSession({ connection, attempt, stdin, hasTerminal: tty });
}
