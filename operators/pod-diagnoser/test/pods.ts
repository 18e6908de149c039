import type { ContainerStatus, OwnerReference, Pod, Stored } from '@kubewright/apimachinery';
import type { PodDiagnoser } from '../src/index.ts';

/** What differs from a crash of the app container with exit code 1. */
export interface CrashedStatus {
  readonly name?: string;
  readonly restartCount?: number;
  readonly reason?: string | undefined;
  readonly exitCode?: number;
  readonly finishedAt?: string | undefined;
  readonly startedAt?: string;
}

/** The status of a container that crashed and runs again. */
export function crashed(status: CrashedStatus = {}): ContainerStatus {
  const finishedAt = 'finishedAt' in status ? status.finishedAt : '2026-01-31T12:00:00Z';
  const reason = 'reason' in status ? status.reason : 'Error';
  return {
    name: status.name ?? 'app',
    image: 'app',
    imageID: 'app',
    ready: true,
    restartCount: status.restartCount ?? 1,
    lastState: {
      terminated: {
        exitCode: status.exitCode ?? 1,
        ...(reason === undefined ? {} : { reason }),
        ...(finishedAt === undefined ? {} : { finishedAt }),
      },
    },
    state: { running: { startedAt: status.startedAt ?? '2026-01-31T12:00:02Z' } },
  };
}

/** A container that never ended. */
export function running(name: string): ContainerStatus {
  return {
    name,
    image: 'app',
    imageID: 'app',
    ready: true,
    restartCount: 0,
    state: { running: { startedAt: '2026-01-31T11:00:00Z' } },
  };
}

/** The owner reference of a controller. */
export function ownedBy(kind: string, apiVersion = 'apps/v1', uid = 'owner-1'): OwnerReference {
  return { apiVersion, kind, name: `the-${kind.toLowerCase()}`, uid, controller: true };
}

/** A pod of the namespace shop. */
export function podOf(
  parts: {
    readonly metadata?: Partial<Stored<Pod>['metadata']>;
    readonly spec?: Partial<NonNullable<Pod['spec']>>;
    readonly status?: Pod['status'];
  } = {},
): Stored<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      uid: 'uid-1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-31T11:00:00Z',
      labels: { app: 'web' },
      ...parts.metadata,
    },
    spec: { containers: [{ name: 'app' }], ...parts.spec },
    status: parts.status ?? { containerStatuses: [crashed()] },
  };
}

/** An enabled diagnoser of the namespace shop. */
export function diagnoserOf(
  name: string,
  parts: {
    readonly metadata?: Partial<Stored<PodDiagnoser>['metadata']>;
    readonly spec?: Partial<PodDiagnoser['spec']>;
    readonly status?: PodDiagnoser['status'];
  } = {},
): Stored<PodDiagnoser> {
  return {
    apiVersion: 'diagnostics.local.io/v1',
    kind: 'PodDiagnoser',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-31T10:00:00Z',
      ...parts.metadata,
    },
    spec: { enableAnnotations: true, remediationAction: '', ...parts.spec },
    ...(parts.status === undefined ? {} : { status: parts.status }),
  };
}
