import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { dnsLabel, oneOf, portName, portNumber } from '../validation/value-rules.ts';
import { validateHandler, validateProbe } from './validate-probe.ts';
import { validateResources } from './validate-resources.ts';

/** What the rules for a container need to know of its pod. */
export interface ContainerScene {
  /** Names of the pod's volumes. */
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
  /** `initContainers` have rules of their own about probes and restarts. */
  readonly isInit: boolean;
}

function validatePorts(path: string, container: JsonObject, scene: ContainerScene): FieldError[] {
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
    if (scene.hostNetwork && hostPort !== number) {
      errors.push(
        invalid(
          `${field}.hostPort`,
          hostPort,
          'must match `containerPort` when `hostNetwork` is true',
        ),
      );
    }
    errors.push(...oneOf(`${field}.protocol`, textAt(port, 'protocol'), ['SCTP', 'TCP', 'UDP']));
  }
  return errors;
}

const ENV_NAME = /^[ -<>-~]+$/;
const ENV_SOURCES = [
  'fieldRef',
  'resourceFieldRef',
  'configMapKeyRef',
  'secretKeyRef',
  'fileKeyRef',
];

function validateEnvSource(path: string, source: JsonObject, hasValue: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const present = ENV_SOURCES.filter((name) => source[name] !== undefined);
  for (const name of ['configMapKeyRef', 'secretKeyRef']) {
    const reference = source[name] as JsonObject | undefined;
    if (reference === undefined) continue;
    if (textAt(reference, 'key') === '') errors.push(required(`${path}.${name}.key`));
  }
  const field = source['fieldRef'] as JsonObject | undefined;
  if (field !== undefined && textAt(field, 'fieldPath') === '') {
    errors.push(required(`${path}.fieldRef.fieldPath`));
  }
  if (present.length === 0) {
    errors.push(
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  } else if (hasValue) {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (present.length > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function validateEnv(path: string, container: JsonObject): FieldError[] {
  return listAt(container, 'env').flatMap((variable, index) => {
    const field = `${path}.env[${index}]`;
    const name = textAt(variable, 'name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${field}.name`));
    else if (!ENV_NAME.test(name)) {
      errors.push(
        invalid(
          `${field}.name`,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    }
    const source = variable['valueFrom'] as JsonObject | undefined;
    if (source !== undefined) {
      const hasValue = textAt(variable, 'value') !== '';
      errors.push(...validateEnvSource(`${field}.valueFrom`, source, hasValue));
    }
    return errors;
  });
}

function validateMounts(path: string, container: JsonObject, scene: ContainerScene): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, mount] of listAt(container, 'volumeMounts').entries()) {
    const field = `${path}.volumeMounts[${index}]`;
    const name = textAt(mount, 'name');
    if (name === '') errors.push(required(`${field}.name`));
    if (!scene.volumes.has(name)) errors.push(notFoundValue(`${field}.name`, name));
    const mountPath = textAt(mount, 'mountPath');
    if (mountPath === '') errors.push(required(`${field}.mountPath`));
    else if (paths.has(mountPath)) {
      errors.push(invalid(`${field}.mountPath`, mountPath, 'must be unique'));
    }
    paths.add(mountPath);
    const subPath = textAt(mount, 'subPath');
    if (subPath.startsWith('/')) {
      errors.push(invalid(`${field}.subPath`, subPath, 'must be a relative path'));
    }
    if (subPath.split('/').includes('..')) {
      errors.push(invalid(`${field}.subPath`, subPath, "must not contain '..'"));
    }
  }
  return errors;
}

const PROBES = [
  ['livenessProbe', true],
  ['readinessProbe', false],
  ['startupProbe', true],
] as const;

function validateLifecycle(
  path: string,
  container: JsonObject,
  scene: ContainerScene,
): FieldError[] {
  const errors: FieldError[] = [];
  const isSidecar = container['restartPolicy'] === 'Always';
  for (const [name, mustPassOnce] of PROBES) {
    const probe = container[name] as JsonObject | undefined;
    if (probe === undefined) continue;
    if (scene.isInit && !isSidecar) {
      errors.push(
        forbidden(
          `${path}.${name}`,
          'may not be set for init containers without restartPolicy=Always',
        ),
      );
    } else {
      errors.push(...validateProbe(`${path}.${name}`, probe, mustPassOnce));
    }
  }
  const lifecycle = container['lifecycle'] as JsonObject | undefined;
  if (lifecycle === undefined) return errors;
  if (scene.isInit && !isSidecar) {
    errors.push(
      forbidden(
        `${path}.lifecycle`,
        'may not be set for init containers without restartPolicy=Always',
      ),
    );
    return errors;
  }
  for (const hook of ['postStart', 'preStop']) {
    const handler = lifecycle[hook] as JsonObject | undefined;
    if (handler !== undefined)
      errors.push(...validateHandler(`${path}.lifecycle.${hook}`, handler));
  }
  return errors;
}

function validateRestart(path: string, container: JsonObject): FieldError[] {
  const policy = textAt(container, 'restartPolicy');
  if (policy === '') return [];
  const choices = ['Always', 'Never', 'OnFailure'];
  return choices.includes(policy) ? [] : [notSupported(`${path}.restartPolicy`, policy, choices)];
}

/** Rules for the name of a container; `taken` are those of the containers before it. */
export function validateContainerName(
  path: string,
  name: string,
  taken: ReadonlySet<string>,
): FieldError[] {
  if (name === '') return [required(`${path}.name`)];
  const errors = dnsLabel(`${path}.name`, name);
  return taken.has(name) ? [...errors, duplicate(`${path}.name`, name)] : errors;
}

/** Rules for one container but for its name. */
export function validateContainer(
  path: string,
  container: JsonObject,
  scene: ContainerScene,
): FieldError[] {
  const errors: FieldError[] = [];
  if (textAt(container, 'image') === '') errors.push(required(`${path}.image`));
  errors.push(
    ...oneOf(`${path}.terminationMessagePolicy`, textAt(container, 'terminationMessagePolicy'), [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...validatePorts(path, container, scene),
    ...validateEnv(path, container),
    ...validateMounts(path, container, scene),
    ...oneOf(`${path}.imagePullPolicy`, textAt(container, 'imagePullPolicy'), [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
    ...validateResources(`${path}.resources`, objectAt(container, 'resources')),
    ...validateLifecycle(path, container, scene),
    ...validateRestart(path, container),
  );
  return errors;
}
