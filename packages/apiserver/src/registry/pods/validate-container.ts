import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  notFoundValue,
  notSupported,
  required,
  tooMany,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { dnsLabel, oneOf, portName, portNumber } from '../validation/value-rules.ts';
import { validateEnv, validateEnvFrom } from './validate-env.ts';
import { validateDevices, validateMounts, type PodVolumes } from './validate-mounts.ts';
import { validateHandler, validateProbe } from './validate-probe.ts';
import { validateResources } from './validate-resources.ts';
import { validateContainerSecurity } from './validate-security-context.ts';

/** What the rules for a container need to know of its pod. */
export interface ContainerScene {
  readonly volumes: PodVolumes;
  /** The pod has no user namespace of its own. */
  readonly hasHostUsers: boolean;
  /** Names of the pod's claims to devices. */
  readonly claims: readonly string[];
  /** How long the pod has to end, in seconds. */
  readonly graceSeconds: number | undefined;
}

function validatePorts(path: string, container: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of listAt(container, 'ports').entries()) {
    const field = `${path}.ports[${index}]`;
    const name = textAt(port, 'name');
    if (name !== '') {
      const nameErrors = portName(`${field}.name`, name);
      errors.push(...nameErrors);
      if (nameErrors.length === 0 && names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    const number = numberAt(port, 'containerPort') ?? 0;
    if (number === 0) errors.push(required(`${field}.containerPort`));
    else errors.push(...portNumber(`${field}.containerPort`, number));
    const hostPort = numberAt(port, 'hostPort') ?? 0;
    if (hostPort !== 0) errors.push(...portNumber(`${field}.hostPort`, hostPort));
    errors.push(...oneOf(`${field}.protocol`, textAt(port, 'protocol'), ['SCTP', 'TCP', 'UDP']));
  }
  return errors;
}

/** What a container asks of devices must be among the claims of its pod. */
function validateClaims(path: string, container: JsonObject, scene: ContainerScene): FieldError[] {
  const names = new Set<string>();
  return listAt(objectAt(container, 'resources'), 'claims').flatMap((claim, index) => {
    const field = `${path}.resources.claims[${index}]`;
    const name = textAt(claim, 'name');
    if (name === '') return [required(`${field}.name`)];
    if (names.has(name)) return [duplicate(`${field}.name`, name)];
    names.add(name);
    if (scene.claims.includes(name)) return [];
    const missing = notFoundValue(field, name);
    const which =
      scene.claims.length === 0
        ? 'pod.spec.resourceClaims which is empty'
        : 'pod.spec.resourceClaims';
    return [{ ...missing, message: `${missing.message}: must be one of the names in ${which}` }];
  });
}

const RESIZED = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

function validateResizePolicy(path: string, container: JsonObject): FieldError[] {
  const field = `${path}.resizePolicy`;
  const names = new Set<string>();
  return listAt(container, 'resizePolicy').flatMap((policy, index) => {
    const name = textAt(policy, 'resourceName');
    const errors = names.has(name) ? [duplicate(`${field}[${index}]`, name)] : [];
    names.add(name);
    return [
      ...errors,
      ...oneOf(field, name, RESIZED),
      ...oneOf(field, textAt(policy, 'restartPolicy'), RESIZE_POLICIES),
    ];
  });
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** Rules for the hooks and probes of a container. */
export function validateLifecycle(
  path: string,
  container: JsonObject,
  { graceSeconds }: ContainerScene,
): FieldError[] {
  const errors: FieldError[] = [];
  const lifecycle = objectAt(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) {
    if (lifecycle[hook] === undefined) continue;
    const handler = objectAt(lifecycle, hook);
    errors.push(...validateHandler(`${path}.lifecycle.${hook}`, handler, graceSeconds));
  }
  for (const name of PROBES) {
    if (container[name] === undefined) continue;
    errors.push(...validateProbe(path, name, objectAt(container, name)));
  }
  return errors;
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const MOST_RESTART_RULES = 20;
const MOST_EXIT_CODES = 255;

function validateRestartRule(path: string, rule: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const action = textAt(rule, 'action');
  const actions = ['Restart', 'RestartAllContainers'];
  if (!actions.includes(action)) errors.push(notSupported(`${path}.action`, action, actions));
  const field = `${path}.exitCodes`;
  if (rule['exitCodes'] === undefined) return [...errors, required(field, 'must be specified')];
  const exitCodes = objectAt(rule, 'exitCodes');
  const operator = textAt(exitCodes, 'operator');
  const operators = ['In', 'NotIn'];
  if (!operators.includes(operator)) {
    errors.push(notSupported(`${field}.operator`, operator, operators));
  }
  // Decoded: a list of numbers.
  const { length } = (exitCodes['values'] ?? []) as number[];
  return length > MOST_EXIT_CODES
    ? [...errors, tooMany(`${field}.values`, length, MOST_EXIT_CODES)]
    : errors;
}

/** Rules for what a container says of its own restarts. */
export function validateRestartRules(path: string, container: JsonObject): FieldError[] {
  const policy = textAt(container, 'restartPolicy');
  const rules = listAt(container, 'restartPolicyRules');
  const errors: FieldError[] = [];
  if (policy !== '' && !RESTART_POLICIES.includes(policy)) {
    errors.push(notSupported(`${path}.restartPolicy`, policy, RESTART_POLICIES));
  } else if (policy === '' && rules.length > 0) {
    const rule = 'must specify restartPolicy when restart rules are used';
    errors.push(required(`${path}.restartPolicy`, rule));
  }
  const field = `${path}.restartPolicyRules`;
  if (rules.length > MOST_RESTART_RULES) {
    errors.push(tooMany(field, rules.length, MOST_RESTART_RULES));
  }
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateRestartRule(`${field}[${index}]`, rule)),
  ];
}

/** Rules for the name of a container, but for its being the only one. */
export function validateContainerName(path: string, container: JsonObject): FieldError[] {
  const name = textAt(container, 'name');
  return name === '' ? [required(`${path}.name`)] : dnsLabel(`${path}.name`, name);
}

/** Rules for what all containers have but for their names. */
export function validateContainer(
  path: string,
  container: JsonObject,
  scene: ContainerScene,
): FieldError[] {
  return [
    ...(textAt(container, 'image') === '' ? [required(`${path}.image`)] : []),
    ...oneOf(`${path}.terminationMessagePolicy`, textAt(container, 'terminationMessagePolicy'), [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...validatePorts(path, container),
    ...validateEnv(path, container),
    ...validateEnvFrom(path, container),
    ...validateMounts(path, container, scene.volumes),
    ...validateDevices(path, container, scene.volumes),
    ...oneOf(`${path}.imagePullPolicy`, textAt(container, 'imagePullPolicy'), [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
    ...validateResources(`${path}.resources`, objectAt(container, 'resources')),
    ...validateClaims(path, container, scene),
    ...validateResizePolicy(path, container),
    ...validateContainerSecurity(`${path}.securityContext`, container, scene.hasHostUsers),
  ];
}
