import { StatusError } from '@kubewright/apimachinery';
import { readyCondition } from '../api/status.ts';
import type { Finding } from '../work/work.ts';

/** What failed, for the status of the object: in the words of the server where it has said something. */
export function failureFinding(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const reason = error instanceof StatusError ? error.reason : '';
  return {
    conditions: [
      { type: readyCondition, status: 'False', reason: reason || 'RequestFailed', message },
    ],
  };
}

/** What was given up. */
export function givenUpFinding(error: unknown, retries: number, againSeconds: number): Finding {
  const message = error instanceof Error ? error.message : String(error);
  return {
    conditions: [
      {
        type: readyCondition,
        status: 'False',
        reason: 'GaveUp',
        message: `${message}; ${retries} retries have failed too, from now on it is tried every ${againSeconds} seconds`,
      },
    ],
  };
}
