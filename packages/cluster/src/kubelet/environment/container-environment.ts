import {
  isNotFound,
  type ConfigMap,
  type Container,
  type EnvVar,
  type EnvVarSource,
  type Pod,
  type Secret,
  type Service,
} from '@kubewright/apimachinery';
import { expandVariables } from './expand.ts';
import { fieldValue, resourceValue, type NodeFacts } from './field-value.ts';
import { serviceVariables } from './service-variables.ts';

/** Where variables come from besides the pod itself. */
export interface EnvironmentSources {
  getConfigMap(namespace: string, name: string): Promise<ConfigMap>;
  getSecret(namespace: string, name: string): Promise<Secret>;
  listServices(namespace: string): Promise<readonly Service[]>;
  /** Variables every container gets, such as where the API server is; the pod's own win. */
  readonly base: ReadonlyMap<string, string>;
  readonly facts: NodeFacts;
}

/** The pod's spec asks for something that is not there; the message is what statuses and Events show. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
  readonly code = 'CONTAINER_CONFIG';
}

/**
 * The variables of a container: Services, then `envFrom`, then `env`; later ones win, and `$(NAME)` in a
 * value means a variable that came before.
 *
 * @throws ContainerConfigError when a ConfigMap, Secret or key that is not optional does not exist.
 */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<ReadonlyMap<string, string>> {
  const namespace = pod.metadata.namespace ?? 'default';
  const variables = new Map(sources.base);
  if (pod.spec?.enableServiceLinks !== false) {
    for (const [name, value] of serviceVariables(await sources.listServices(namespace))) {
      variables.set(name, value);
    }
  }
  const cache = new Map<string, Promise<Lookup>>();
  const look = (kind: ObjectKind, name: string): Promise<Lookup> => {
    const key = `${kind}/${name}`;
    const known = cache.get(key) ?? lookUp(kind, namespace, name, sources);
    cache.set(key, known);
    return known;
  };
  for (const { configMapRef, secretRef, prefix = '' } of container.envFrom ?? []) {
    const kind = configMapRef === undefined ? 'secret' : 'configmap';
    const reference = configMapRef ?? secretRef;
    if (reference === undefined) continue;
    const found = await look(kind, reference.name ?? '');
    if (!found.exists) {
      if (reference.optional === true) continue;
      throw new ContainerConfigError(found.message);
    }
    for (const [key, value] of found.data) variables.set(prefix + key, value);
  }
  // Own variables shadow all others while they are being expanded, in the order they are listed.
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, pod, container, sources.facts, look, variables);
    if (value !== undefined) variables.set(variable.name, value);
  }
  return variables;
}

type ObjectKind = 'configmap' | 'secret';

type Lookup =
  | { readonly exists: true; readonly data: ReadonlyMap<string, string> }
  | { readonly exists: false; readonly message: string };

async function lookUp(
  kind: ObjectKind,
  namespace: string,
  name: string,
  sources: EnvironmentSources,
): Promise<Lookup> {
  try {
    if (kind === 'configmap') {
      const { data } = await sources.getConfigMap(namespace, name);
      return { exists: true, data: new Map(Object.entries(data ?? {})) };
    }
    const { data } = await sources.getSecret(namespace, name);
    const decoded = Object.entries(data ?? {}).map(([key, value]): [string, string] => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]);
    return { exists: true, data: new Map(decoded) };
  } catch (error) {
    if (isNotFound(error)) return { exists: false, message: `${kind} "${name}" not found` };
    throw new ContainerConfigError(
      `failed to sync ${kind} cache: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function valueOf(
  variable: EnvVar,
  pod: Pod,
  container: Container,
  facts: NodeFacts,
  look: (kind: ObjectKind, name: string) => Promise<Lookup>,
  variables: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const source = variable.valueFrom;
  if (source === undefined || variable.value !== undefined) {
    return expandVariables(variable.value ?? '', variables);
  }
  try {
    if (source.fieldRef !== undefined) return fieldValue(source.fieldRef.fieldPath, pod, facts);
    if (source.resourceFieldRef !== undefined) {
      const { resource, divisor, containerName } = source.resourceFieldRef;
      const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
      const subject = all.find((entry) => entry.name === containerName) ?? container;
      return resourceValue(resource, divisor, subject, facts);
    }
  } catch (error) {
    throw new ContainerConfigError(error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  return keyValue(source, pod, look);
}

async function keyValue(
  source: EnvVarSource,
  pod: Pod,
  look: (kind: ObjectKind, name: string) => Promise<Lookup>,
): Promise<string | undefined> {
  const kind: ObjectKind = source.configMapKeyRef === undefined ? 'secret' : 'configmap';
  const reference = source.configMapKeyRef ?? source.secretKeyRef;
  if (reference === undefined) return '';
  const name = reference.name ?? '';
  const found = await look(kind, name);
  const value = found.exists ? found.data.get(reference.key) : undefined;
  if (value !== undefined) return value;
  if (reference.optional === true) return undefined;
  if (!found.exists) throw new ContainerConfigError(found.message);
  const word = kind === 'configmap' ? 'ConfigMap' : 'Secret';
  throw new ContainerConfigError(
    `couldn't find key ${reference.key} in ${word} ${pod.metadata.namespace ?? 'default'}/${name}`,
  );
}
