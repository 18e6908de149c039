import type { JsonObject } from '../../contracts.ts';
import { humanDuration } from '../human-duration.ts';
import { kindTable, type KindTable } from '../kind-table.ts';
import {
  ageOf,
  containerTexts,
  labelText,
  listAt,
  NONE,
  numberAt,
  objectAge,
  objectName,
  selectorText,
  textAt,
  UNKNOWN,
  valueOf,
} from '../object-reader.ts';

const TEMPLATE = 'spec.template.spec.containers';

const deployments = kindTable(
  'Name|Ready|Up-to-date|Available|Age|Containers+|Images+|Selector+',
  (object, nowMs) => [
    objectName(object),
    `${numberAt(object, 'status.readyReplicas')}/${numberAt(object, 'spec.replicas')}`,
    numberAt(object, 'status.updatedReplicas'),
    numberAt(object, 'status.availableReplicas'),
    objectAge(object, nowMs),
    ...containerTexts(object, TEMPLATE),
    selectorText(object, 'spec.selector'),
  ],
);

const replicaSets = kindTable(
  'Name|Desired:integer|Current:integer|Ready:integer|Age|Containers+|Images+|Selector+',
  (object, nowMs) => [
    objectName(object),
    numberAt(object, 'spec.replicas'),
    numberAt(object, 'status.replicas'),
    numberAt(object, 'status.readyReplicas'),
    objectAge(object, nowMs),
    ...containerTexts(object, TEMPLATE),
    selectorText(object, 'spec.selector'),
  ],
);

const replicationControllers = kindTable(
  'Name|Desired:integer|Current:integer|Ready:integer|Age|Containers+|Images+|Selector+',
  (object, nowMs) => [
    objectName(object),
    numberAt(object, 'spec.replicas'),
    numberAt(object, 'status.replicas'),
    numberAt(object, 'status.readyReplicas'),
    objectAge(object, nowMs),
    ...containerTexts(object, TEMPLATE),
    labelText(object, 'spec.selector'),
  ],
);

const statefulSets = kindTable('Name|Ready|Age|Containers+|Images+', (object, nowMs) => [
  objectName(object),
  `${numberAt(object, 'status.readyReplicas')}/${numberAt(object, 'spec.replicas')}`,
  objectAge(object, nowMs),
  ...containerTexts(object, TEMPLATE),
]);

const daemonSets = kindTable(
  'Name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|Age|Containers+|Images+|Selector+',
  (object, nowMs) => [
    objectName(object),
    numberAt(object, 'status.desiredNumberScheduled'),
    numberAt(object, 'status.currentNumberScheduled'),
    numberAt(object, 'status.numberReady'),
    numberAt(object, 'status.updatedNumberScheduled'),
    numberAt(object, 'status.numberAvailable'),
    labelText(object, 'spec.template.spec.nodeSelector'),
    objectAge(object, nowMs),
    ...containerTexts(object, TEMPLATE),
    selectorText(object, 'spec.selector'),
  ],
);

function jobStatus(job: JsonObject): string {
  const isTrue = (type: string): boolean =>
    listAt(job, 'status.conditions').some(
      (condition) => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True',
    );
  if (isTrue('Complete')) return 'Complete';
  if (isTrue('Failed')) return 'Failed';
  if (valueOf(job, 'metadata.deletionTimestamp') !== undefined) return 'Terminating';
  if (isTrue('Suspended')) return 'Suspended';
  if (isTrue('FailureTarget')) return 'FailureTarget';
  return isTrue('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions(job: JsonObject): string {
  const succeeded = numberAt(job, 'status.succeeded');
  const completions = valueOf(job, 'spec.completions');
  if (typeof completions === 'number') return `${succeeded}/${completions}`;
  const parallelism = numberAt(job, 'spec.parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: JsonObject, nowMs: number): string {
  const startedAt = Date.parse(textAt(job, 'status.startTime'));
  if (Number.isNaN(startedAt)) return '';
  const endedAt = Date.parse(textAt(job, 'status.completionTime'));
  return humanDuration((Number.isNaN(endedAt) ? nowMs : endedAt) - startedAt);
}

const jobs = kindTable(
  'Name|Status|Completions|Duration|Age|Containers+|Images+|Selector+',
  (object, nowMs) => [
    objectName(object),
    jobStatus(object),
    jobCompletions(object),
    jobDuration(object, nowMs),
    objectAge(object, nowMs),
    ...containerTexts(object, TEMPLATE),
    selectorText(object, 'spec.selector'),
  ],
);

const cronJobs = kindTable(
  'Name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age|Containers+|Images+|Selector+',
  (object, nowMs) => {
    const last = valueOf(object, 'status.lastScheduleTime');
    return [
      objectName(object),
      textAt(object, 'spec.schedule'),
      textAt(object, 'spec.timeZone') || NONE,
      // The one column of this type that holds words.
      valueOf(object, 'spec.suspend') === true ? 'True' : 'False',
      listAt(object, 'status.active').length,
      last === undefined ? NONE : ageOf(last, nowMs),
      objectAge(object, nowMs),
      ...containerTexts(object, 'spec.jobTemplate.spec.template.spec.containers'),
      selectorText(object, 'spec.jobTemplate.spec.selector'),
    ];
  },
);

const podTemplates = kindTable('Name|Containers|Images|Pod Labels', (object) => [
  objectName(object),
  ...containerTexts(object, 'template.spec.containers'),
  labelText(object, 'template.metadata.labels'),
]);

function ownerText(object: JsonObject): string {
  const owner = listAt(object, 'metadata.ownerReferences').find(
    (reference) => valueOf(reference, 'controller') === true,
  );
  if (owner === undefined) return NONE;
  const [group = ''] = textAt(owner, 'apiVersion').includes('/')
    ? textAt(owner, 'apiVersion').split('/')
    : [''];
  const kind = textAt(owner, 'kind').toLowerCase();
  return `${kind}${group === '' ? '' : `.${group}`}/${textAt(owner, 'name')}`;
}

const controllerRevisions = kindTable('Name|Controller|Revision|Age', (object, nowMs) => [
  objectName(object),
  ownerText(object),
  numberAt(object, 'revision'),
  objectAge(object, nowMs),
]);

function metricValue(metric: unknown, kind: 'current' | 'target'): string | undefined {
  const utilization = valueOf(metric, `${kind}.averageUtilization`);
  if (typeof utilization === 'number') return `${utilization}%`;
  return textAt(metric, `${kind}.averageValue`) || textAt(metric, `${kind}.value`) || undefined;
}

function autoscalerTargets(object: JsonObject): string {
  const specs = listAt(object, 'spec.metrics');
  if (specs.length === 0) return NONE;
  const statuses = listAt(object, 'status.currentMetrics');
  const shown = specs.slice(0, 2).map((spec, index) => {
    const type = textAt(spec, 'type');
    const member = type.slice(0, 1).toLowerCase() + type.slice(1);
    const source = valueOf(spec, member);
    const current = metricValue(valueOf(statuses[index], member), 'current') ?? UNKNOWN;
    const target = metricValue(source, 'target') ?? '<auto>';
    const isAverage = type === 'External' && textAt(source, 'target.averageValue') !== '';
    const label = textAt(source, 'name');
    const isResource = type === 'Resource' || type === 'ContainerResource';
    const suffix = isAverage ? ' (avg)' : '';
    return `${isResource ? `${label}: ` : ''}${current}/${target}${suffix}`;
  });
  const rest = specs.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` + ${rest} more...` : '');
}

const autoscalers = kindTable(
  'Name|Reference|Targets|MinPods|MaxPods|Replicas|Age',
  (object, nowMs) => [
    objectName(object),
    `${textAt(object, 'spec.scaleTargetRef.kind')}/${textAt(object, 'spec.scaleTargetRef.name')}`,
    autoscalerTargets(object),
    valueOf(object, 'spec.minReplicas') === undefined
      ? '<unset>'
      : String(numberAt(object, 'spec.minReplicas')),
    numberAt(object, 'spec.maxReplicas'),
    numberAt(object, 'status.currentReplicas'),
    objectAge(object, nowMs),
  ],
);

/** Cells of autoscaling/v1 are those of v2: its one metric is the CPU. */
const autoscalersOld: KindTable = {
  columns: autoscalers.columns,
  cells(object, nowMs) {
    const target = valueOf(object, 'spec.targetCPUUtilizationPercentage');
    const current = valueOf(object, 'status.currentCPUUtilizationPercentage');
    const cells = [...autoscalers.cells(object, nowMs)];
    if (typeof target === 'number') {
      const shown = typeof current === 'number' ? `${current}%` : UNKNOWN;
      cells[2] = `cpu: ${shown}/${target}%`;
    }
    return cells;
  },
};

const disruptionBudgets = kindTable(
  'Name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age',
  (object, nowMs) => {
    const bound = (path: string): string => {
      const value = valueOf(object, path);
      return typeof value === 'number' || typeof value === 'string' ? String(value) : 'N/A';
    };
    return [
      objectName(object),
      bound('spec.minAvailable'),
      bound('spec.maxUnavailable'),
      numberAt(object, 'status.disruptionsAllowed'),
      objectAge(object, nowMs),
    ];
  },
);

/** Kinds that run pods, by `plural.group/version`. */
export const WORKLOAD_TABLES: Readonly<Record<string, KindTable>> = {
  'deployments.apps/v1': deployments,
  'replicasets.apps/v1': replicaSets,
  'statefulsets.apps/v1': statefulSets,
  'daemonsets.apps/v1': daemonSets,
  'controllerrevisions.apps/v1': controllerRevisions,
  'replicationcontrollers/v1': replicationControllers,
  'podtemplates/v1': podTemplates,
  'jobs.batch/v1': jobs,
  'cronjobs.batch/v1': cronJobs,
  'horizontalpodautoscalers.autoscaling/v1': autoscalersOld,
  'horizontalpodautoscalers.autoscaling/v2': autoscalers,
  'poddisruptionbudgets.policy/v1': disruptionBudgets,
};
