import assert from 'node:assert/strict';
import { StatusError } from '@kubewright/apimachinery';

/** The error of a call that the server must refuse; fails when the call succeeds or never reached a decision. */
export async function refusalOf(call: Promise<unknown>): Promise<StatusError> {
  const error = await call.then(
    () => assert.fail('the call was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StatusError, `not a StatusError: ${String(error)}`);
  return error;
}
