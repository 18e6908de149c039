import type { JsonObject } from '../../contracts.ts';
import { duplicate, forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, textAt } from '../json-read.ts';
import {
  validateContainer,
  validateContainerName,
  validateLifecycle,
  validateRestartRules,
  type ContainerScene,
} from './validate-container.ts';
import type { PodVolumes } from './validate-mounts.ts';

/** Looked at after everything else, as the order of the messages shows. */
function imageSpaceErrors(path: string, spec: JsonObject): FieldError[] {
  return ['initContainers', 'containers'].flatMap((list) =>
    listAt(spec, list).flatMap((container, index) => {
      const image = textAt(container, 'image');
      const field = `${path}.${list}[${index}].image`;
      return image === image.trim()
        ? []
        : [invalid(field, image, 'must not have leading or trailing whitespace')];
    }),
  );
}

/** No two containers have the same port of the node. */
function hostPortErrors(path: string, containers: readonly JsonObject[]): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, at) =>
    listAt(container, 'ports').flatMap((port, index) => {
      const hostPort = numberAt(port, 'hostPort') ?? 0;
      if (hostPort === 0) return [];
      const key = `${textAt(port, 'protocol')}/${textAt(port, 'hostIP')}/${hostPort}`;
      if (taken.has(key)) return [duplicate(`${path}[${at}].ports[${index}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

const ONLY_SIDECARS = 'may not be set for init containers without restartPolicy=Always';
/** What a container that runs to its end before the others has no use for. */
const OF_SIDECARS = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'];

function validateInit(path: string, container: JsonObject, scene: ContainerScene): FieldError[] {
  if (container['restartPolicy'] === 'Always') return validateLifecycle(path, container, scene);
  return OF_SIDECARS.filter((member) => container[member] !== undefined).map((member) =>
    forbidden(`${path}.${member}`, ONLY_SIDECARS),
  );
}

/** What the rules for the containers of a pod need to know of it. */
export function containerScene(spec: JsonObject, volumes: PodVolumes): ContainerScene {
  return {
    volumes,
    hasHostUsers: spec['hostUsers'] !== false,
    claims: listAt(spec, 'resourceClaims').map((claim) => textAt(claim, 'name')),
    graceSeconds: numberAt(spec, 'terminationGracePeriodSeconds'),
  };
}

/** Rules for the containers and init containers of a pod. */
export function validateContainers(
  path: string,
  spec: JsonObject,
  volumes: PodVolumes,
): FieldError[] {
  const scene = containerScene(spec, volumes);
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const containers = listAt(spec, 'containers');
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  for (const [index, container] of containers.entries()) {
    const field = `${path}.containers[${index}]`;
    errors.push(
      ...validateContainerName(field, container),
      ...validateContainer(field, container, scene),
      ...uniqueName(field, container, names),
      ...validateLifecycle(field, container, scene),
      ...validateRestartRules(field, container),
    );
  }
  errors.push(...hostPortErrors(`${path}.containers`, containers));
  for (const [index, container] of listAt(spec, 'initContainers').entries()) {
    const field = `${path}.initContainers[${index}]`;
    errors.push(
      ...validateContainerName(field, container),
      ...validateContainer(field, container, scene),
      ...validateRestartRules(field, container),
      ...uniqueName(field, container, names),
      // Init containers run one by one: each has the node's ports for itself.
      ...hostPortErrors(`${path}.initContainers`, [container]),
      ...validateInit(field, container, scene),
    );
  }
  return [...errors, ...imageSpaceErrors(path, spec)];
}

/** A name that is not among those taken; it is then. */
export function uniqueName(path: string, container: JsonObject, names: Set<string>): FieldError[] {
  const name = textAt(container, 'name');
  if (name === '') return [];
  if (names.has(name)) return [duplicate(`${path}.name`, name)];
  names.add(name);
  return [];
}
