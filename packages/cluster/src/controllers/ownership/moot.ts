import { isNotFound, StatusError } from '@kubewright/apimachinery';
import { done, type Result } from '@kubewright/runtime';

/** The namespace refuses new content because it is being deleted: what is to be made would go at once. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
  );
}

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
