import { isNotFound, Pod } from '@kubewright/apimachinery';
import type { NamespacedName } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { EventRecorder, Logger } from '@kubewright/runtime';
import { crashKey, restartReason } from '../crash/crash.ts';
import type { Crash } from '../crash/crash.ts';
import {
  handledAnnotation,
  missingAnnotations,
  restartAnnotations,
} from '../crash/pod-annotations.ts';
import type { Annotations } from '../crash/pod-annotations.ts';
import { diagnosisAnnotations } from '../diagnosis/diagnosis-annotations.ts';
import { decideRestart } from '../remediation/restart-decision.ts';
import type { CachedPod } from './crashed-pods.ts';
import type { DiagnosedPod } from './diagnosed-pod.ts';
import type { Action } from '../status/crash-ledger.ts';

/** What dealing with a pod needs. */
export interface PodWorkContext {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly self: NamespacedName | undefined;
  readonly isNamedByLabels: boolean;
}

/** How it ended. */
export type PodWorkResult =
  'annotated' | 'deleted' /** The pod was gone before we came to it. */ | 'gone';

/**
 * Annotates a pod, records its Events and deletes it, as was decided for each of its crashes.
 *
 * Guarantees: may be ended at any point and done again. Events have names made of the crash, so they appear once; the pod says that it is done in
 * the same write that annotates it, after the Events; a deletion names the uid and the version that were looked at.
 *
 * @throws StatusError and TransportError of the API server, except that the pod is gone.
 */
export async function dealWithPod(
  crashed: DiagnosedPod,
  actionOf: (crash: Crash) => Action,
  context: PodWorkContext,
): Promise<PodWorkResult> {
  const { pod, crashes, unhandled } = crashed;
  try {
    let mustDelete = false;
    for (const crash of unhandled) {
      const action = actionOf(crash);
      if (action === 'LogEvent') await recordRestart(pod, crash, context);
      if (action !== 'RestartPod' && action !== 'RestartSkipped') continue;
      const why = whyNot(crashed, action, context);
      if (why === undefined) mustDelete = true;
      else await recordSkipped(pod, crash, why, context);
    }
    const annotations = {
      ...restartAnnotations(pod, crashes, context.now()),
      ...diagnosisAnnotations(crashed.findings),
    };
    if (mustDelete) {
      // Without the note that it is done: that comes true with the deletion.
      const resourceVersion = await annotate(pod, annotations, context);
      await deletePod(pod, resourceVersion, context);
      return 'deleted';
    }
    await annotate(
      pod,
      { ...annotations, ...handledAnnotation(pod.metadata.uid, crashes) },
      context,
    );
    return 'annotated';
  } catch (error) {
    if (isNotFound(error)) return 'gone';
    throw error;
  }
}

/** Looks again just before the deletion, because the pod may have changed since it was decided; undefined when it may be deleted. */
function whyNot(
  { pod, findings }: DiagnosedPod,
  action: 'RestartPod' | 'RestartSkipped',
  { self, isNamedByLabels }: PodWorkContext,
): string | undefined {
  // The bound per hour was looked at when the crash was counted; this very deletion is among those counted since.
  const decision = decideRestart(pod, {
    self,
    findings,
    isNamedByLabels,
    recentRestarts: () => 0,
  });
  if (decision.type === 'skip') return decision.why;
  return action === 'RestartPod'
    ? undefined
    : 'when the crash was counted, a restart would not have helped, or had not helped too often';
}

async function recordRestart(
  pod: CachedPod,
  crash: Crash,
  { recorder, signal }: PodWorkContext,
): Promise<void> {
  await recorder.ensure(
    pod,
    {
      type: 'Warning',
      reason: 'PodRestarted',
      action: 'Diagnose',
      note: `Pod ${pod.metadata.name} restarted due to ${restartReason(crash)}`,
      fieldPath: fieldPathOf(crash),
      idempotencyKey: crashKey(crash),
    },
    { signal },
  );
}

async function recordSkipped(
  pod: CachedPod,
  crash: Crash,
  why: string,
  { recorder, signal }: PodWorkContext,
): Promise<void> {
  await recorder.ensure(
    pod,
    {
      type: 'Warning',
      reason: 'RestartSkipped',
      action: 'RestartPod',
      note: `Pod ${pod.metadata.name} was not restarted: ${why}`,
      fieldPath: fieldPathOf(crash),
      idempotencyKey: crashKey(crash),
    },
    { signal },
  );
}

/** Writes what differs; the version of the pod afterwards. */
async function annotate(
  pod: CachedPod,
  wanted: Annotations,
  { client, logger, signal }: PodWorkContext,
): Promise<string> {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  const annotations = missingAnnotations(pod, wanted);
  if (Object.keys(annotations).length === 0) return resourceVersion;
  const patched = await client.patch(
    Pod,
    { name, namespace },
    // With the uid, so that a new pod of the same name is not annotated with what happened to the old one.
    { type: 'merge', body: { metadata: { uid, annotations } } },
    { signal },
  );
  logger.info('pod annotated', { pod: name, annotations });
  return patched.metadata.resourceVersion;
}

async function deletePod(
  pod: CachedPod,
  resourceVersion: string,
  { client, logger, signal }: PodWorkContext,
): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  await client.delete(
    Pod,
    { name, namespace },
    { preconditions: { uid, resourceVersion }, signal },
  );
  logger.info('pod deleted so that its controller makes a new one', { pod: name });
}

function fieldPathOf({ container, containerType }: Crash): string {
  return containerType === 'app'
    ? `spec.containers{${container}}`
    : `spec.initContainers{${container}}`;
}
