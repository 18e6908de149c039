import { StatusError, type Status } from '@kubewright/apimachinery';
import type { CommandRequest } from './command-request.ts';

/** How a command ended, or why it never began, as the error channel says it. */
export type CommandStatus = Pick<Status, 'status' | 'message' | 'reason' | 'details' | 'code'> & {
  readonly metadata: object;
};

const SUCCESS: CommandStatus = { metadata: {}, status: 'Success' };

/**
 * The status of a command that has ended.
 *
 * @param wording since the fifth version of the protocol the message leaves the command out
 */
export function exitStatus(
  exitCode: number,
  { command }: CommandRequest,
  wording: 'with-command' | 'code-only',
): CommandStatus {
  if (exitCode === 0) return SUCCESS;
  const detail =
    wording === 'code-only'
      ? `command terminated with exit code ${exitCode}`
      : `error executing command [${command.join(' ')}], exit code ${exitCode}`;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${detail}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** What stands before the words of a failure that is nobody's fault but the cluster's. */
const INTERNAL = 'Internal error occurred: ';

/**
 * The status of a command that could not be started.
 *
 * @param wording since the fifth version of the protocol what the node says is passed on as a failure within a failure
 */
export function failureStatus(
  error: unknown,
  { subresource }: CommandRequest,
  wording: 'with-command' | 'code-only',
): CommandStatus {
  if (error instanceof StatusError) {
    const { status, message, reason, details, code } = error.status;
    return {
      metadata: {},
      ...(status === undefined ? {} : { status }),
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      ...(code === undefined ? {} : { code }),
    };
  }
  const attempt =
    subresource === 'exec'
      ? 'error executing command in container'
      : 'error attaching to container';
  const words = `${attempt}: ${error instanceof Error ? error.message : String(error)}`;
  const message = wording === 'code-only' ? `${INTERNAL}${words}` : words;
  return {
    metadata: {},
    status: 'Failure',
    message: `${INTERNAL}${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}
