import { isJsonObject, StatusError, type Status } from '@kubewright/apimachinery';

/** How a command ended. */
export interface CommandExit {
  /** Exit code of the command; 128 + signal number when a signal ended it. */
  readonly exitCode: number;
}

/**
 * What the status channel says of a command: its exit code, or why it could not run.
 *
 * @returns Undefined when the text is no Status, or only the beginning of one.
 */
export function parseCommandExit(
  text: string,
  attempt: string,
): CommandExit | StatusError | undefined {
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(status) || (status['status'] !== 'Success' && status['status'] !== 'Failure')) {
    return undefined;
  }
  if (status['status'] === 'Success') return { exitCode: 0 };
  // The API promises the form of a Status; all its fields are optional.
  const failure: Status = status;
  const code = failure.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return failure.reason === 'NonZeroExitCode' && code !== undefined && /^\d+$/.test(code)
    ? { exitCode: Number(code) }
    : new StatusError(failure, { attempt });
}
