import type { Container, PodTemplateSpec } from '@kubewright/apimachinery';
import {
  completionIndexKey,
  failureCountAnnotation,
  failureCountOf,
  ignoredFailureCountAnnotation,
  ignoredFailureCountOf,
  isLimitedPerIndex,
  trackingFinalizer,
  type ReadonlyJob,
  type ReadonlyPod,
} from './job-pods.ts';
import { judgeFailure } from './pod-failure-policy.ts';

/** A pod to be made: its template, and what its name begins with. */
export interface NewPod {
  readonly template: PodTemplateSpec;
  readonly prefix: string;
}

/** Longest part of a generated name that is not random; as in the API server. */
const maxPrefixLength = 58;
const indexVariable = 'JOB_COMPLETION_INDEX';

/** A pod of a Job without indexes. */
export function podOf(job: ReadonlyJob): NewPod {
  return { template: trackedTemplate(job), prefix: `${job.metadata.name}-` };
}

/**
 * A pod that works on an index; the index is in its name, host name, labels, annotations and environment.
 *
 * @param replaced the failed pod of this index whose count of failures goes on
 */
export function podOfIndex(
  job: ReadonlyJob,
  index: number,
  replaced: ReadonlyPod | undefined,
): NewPod {
  const { metadata, spec } = trackedTemplate(job);
  const suffix = `-${index}-`;
  return {
    prefix: job.metadata.name.slice(0, maxPrefixLength - suffix.length) + suffix,
    template: {
      metadata: {
        ...metadata,
        labels: { ...metadata?.labels, [completionIndexKey]: String(index) },
        annotations: {
          ...metadata?.annotations,
          [completionIndexKey]: String(index),
          ...(isLimitedPerIndex(job) ? failureCounts(job, replaced) : {}),
        },
      },
      spec: {
        ...spec,
        hostname: `${job.metadata.name}-${index}`,
        containers: (spec?.containers ?? []).map(withIndex),
        ...(spec?.initContainers && { initContainers: spec.initContainers.map(withIndex) }),
      },
    },
  };
}

function trackedTemplate({ spec }: ReadonlyJob): PodTemplateSpec {
  // A deep copy: nothing of the cached template is handed on to be changed.
  const template = structuredClone(spec?.template ?? {}) as PodTemplateSpec;
  const finalizers = new Set([...(template.metadata?.finalizers ?? []), trackingFinalizer]);
  return { ...template, metadata: { ...template.metadata, finalizers: [...finalizers] } };
}

function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === indexVariable)) return container;
  const fieldPath = `metadata.labels['${completionIndexKey}']`;
  return {
    ...container,
    env: [...env, { name: indexVariable, valueFrom: { fieldRef: { fieldPath } } }],
  };
}

function failureCounts(
  { spec }: ReadonlyJob,
  replaced: ReadonlyPod | undefined,
): Record<string, string> {
  if (replaced === undefined) return { [failureCountAnnotation]: '0' };
  const { isCounted } = judgeFailure(spec?.podFailurePolicy, replaced);
  const ignored = ignoredFailureCountOf(replaced) + (isCounted ? 0 : 1);
  return {
    [failureCountAnnotation]: String(failureCountOf(replaced) + (isCounted ? 1 : 0)),
    ...(ignored > 0 ? { [ignoredFailureCountAnnotation]: String(ignored) } : {}),
  };
}
