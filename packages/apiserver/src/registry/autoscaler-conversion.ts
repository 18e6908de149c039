import type { JsonObject } from '../contracts.ts';
import { setOrDelete } from '../metadata/system-metadata.ts';

function cpuTarget(metrics: readonly JsonObject[]): JsonObject | undefined {
  return metrics.find((metric) => {
    const resource = metric['resource'] as JsonObject | undefined;
    const target = resource?.['target'] as JsonObject | undefined;
    return resource?.['name'] === 'cpu' && target?.['averageUtilization'] !== undefined;
  });
}

function utilization(metric: JsonObject | undefined, holder: 'target' | 'current'): unknown {
  const resource = metric?.['resource'] as JsonObject | undefined;
  return (resource?.[holder] as JsonObject | undefined)?.['averageUtilization'];
}

/** An autoscaler of `autoscaling/v2` as `autoscaling/v1` shows it: the CPU target, and nothing of other metrics. */
export function toAutoscalingV1(object: JsonObject): JsonObject {
  // Stored autoscalers were decoded as v2.
  const { metrics, behavior: _, ...spec } = (object['spec'] ?? {}) as JsonObject;
  const { currentMetrics, conditions: __, ...status } = (object['status'] ?? {}) as JsonObject;
  const target = utilization(cpuTarget((metrics ?? []) as JsonObject[]), 'target');
  setOrDelete(spec, 'targetCPUUtilizationPercentage', target);
  const current = ((currentMetrics ?? []) as JsonObject[]).find(
    (metric) => (metric['resource'] as JsonObject | undefined)?.['name'] === 'cpu',
  );
  setOrDelete(status, 'currentCPUUtilizationPercentage', utilization(current, 'current'));
  return { ...object, apiVersion: 'autoscaling/v1', spec, status };
}

/** An autoscaler of `autoscaling/v1` as it is stored. */
export function toAutoscalingV2(object: JsonObject): JsonObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = (object['spec'] ?? {}) as JsonObject;
  const { currentCPUUtilizationPercentage: _, ...status } = (object['status'] ?? {}) as JsonObject;
  if (target !== undefined) {
    spec['metrics'] = [
      {
        type: 'Resource',
        resource: {
          name: 'cpu',
          target: { type: 'Utilization', averageUtilization: target as unknown },
        },
      },
    ];
  }
  return { ...object, apiVersion: 'autoscaling/v2', spec, status };
}
