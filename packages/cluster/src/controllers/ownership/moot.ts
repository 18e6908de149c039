import { isNamespaceTerminating, isNotFound } from '@kubewright/apimachinery';
import { done, type Result } from '@kubewright/runtime';

/**
 * Runs a reconcile whose object may go while it is worked on: that something is not found any more, or may not
 * be made in a namespace on its way out, is then no failure. The deletion itself leads to the next reconcile.
 */
export async function unlessMoot(reconcile: () => Promise<Result>): Promise<Result> {
  try {
    return await reconcile();
  } catch (error) {
    if (isNotFound(error) || isNamespaceTerminating(error)) return done();
    throw error;
  }
}
