import { isConflict, isForbidden, StatusError } from '@kubewright/apimachinery';
import { NameTakenError } from '../apply/apply-error.ts';

/** What an error in the work on a cluster means for it. */
export type Failure =
  /** The namespace goes, and the cluster with it: there is nothing left to do. */
  | { readonly type: 'moot' }
  /** Something changed meanwhile: look again at once. */
  | { readonly type: 'stale' }
  /** Somebody has to do something; the spec alone does not tell when it is done. */
  | { readonly type: 'blocked'; readonly reason: string; readonly message: string }
  /** The spec asks for what cannot be: only a change of it helps. */
  | { readonly type: 'terminal'; readonly reason: string; readonly message: string }
  /** The network or the server: soon it may be over. */
  | { readonly type: 'retryable'; readonly message: string };

/** Reads an error. */
export function classifyFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NameTakenError) return { type: 'blocked', reason: 'NameTaken', message };
  if (!(error instanceof StatusError)) return { type: 'retryable', message };
  const causes = error.status.details?.causes ?? [];
  if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) return { type: 'moot' };
  if (error.code === 400 || error.code === 422) {
    return { type: 'terminal', reason: 'Invalid', message };
  }
  if (isConflict(error)) return { type: 'stale' };
  if (isForbidden(error)) {
    const isQuota = message.includes('exceeded quota');
    return { type: 'blocked', reason: isQuota ? 'QuotaExceeded' : 'MissingPermission', message };
  }
  return { type: 'retryable', message };
}
