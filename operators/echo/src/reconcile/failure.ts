import { StatusError } from '@kubewright/apimachinery';
import { readyCondition } from '../api/status.ts';
import type { Finding } from '../work/work.ts';

/** What a condition takes for a reason (schema of metav1.Condition). */
const word = /^[A-Za-z](?:[A-Za-z0-9_,:]{0,1022}[A-Za-z0-9_])?$/;

/** What failed, for the status of the object: in the words of the server where it has said something. */
export function failureFinding(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  // Whatever stands between here and the server may have answered in its place.
  const reason =
    error instanceof StatusError && word.test(error.reason) ? error.reason : 'RequestFailed';
  return { conditions: [{ type: readyCondition, status: 'False', reason, message }] };
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
