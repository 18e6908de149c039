import type { Stored } from '@kubewright/apimachinery';
import type { Echo } from '../src/index.ts';
import type { NextStatus } from '../src/reconcile/next-status.ts';

/** What a test says of an Echo; the rest is as good as any. */
export interface EchoParts {
  readonly name?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly status?: NextStatus | undefined;
}

/** An Echo as a server stores it. */
export function storedEcho({
  name = 'a',
  uid = 'uid-1',
  generation = 1,
  status,
}: EchoParts = {}): Stored<Echo> {
  return {
    apiVersion: 'mmontes.io/v1alpha1',
    kind: 'Echo',
    metadata: {
      name,
      namespace: 'default',
      uid,
      generation,
      resourceVersion: '1',
      creationTimestamp: '2026-01-31T12:00:00Z',
    },
    spec: { message: 'm' },
    // Safe: differs from what is stored in being read-only.
    ...(status === undefined ? {} : { status: status as NonNullable<Echo['status']> }),
  };
}
