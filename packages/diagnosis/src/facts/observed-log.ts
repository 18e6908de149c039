import type { ContainerLog, ObjectRef } from '../model/index.ts';
import { Field } from './field.ts';
import type { PodFacts } from './pod-facts.ts';

/** Lines of a log that are looked at, from its end. */
const maxLines = 200;

/** Whether a log is that of this life of this container. */
export function isLogOf(
  { pod, container, life }: ContainerLog,
  { name, namespace }: Pick<PodFacts, 'name' | 'namespace'>,
  ofContainer: string,
  ofLife: ContainerLog['life'],
): boolean {
  const { text: podName } = Field.root(pod).at('name');
  const { text: podNamespace } = Field.root(pod).at('namespace');
  return (
    container === ofContainer &&
    life === ofLife &&
    podName === name &&
    (podNamespace === undefined || podNamespace === namespace)
  );
}

/** How evidence names a log: its name is pod, container and life. */
export function logRef({ pod, container, life }: ContainerLog): ObjectRef {
  const { text: name } = Field.root(pod).at('name');
  const { text: namespace } = Field.root(pod).at('namespace');
  return {
    kind: 'Log',
    ...(namespace === undefined ? {} : { namespace }),
    name: `${name ?? ''}/${container}/${life}`,
  };
}

/** A log as an object with `lines`: the lines as they stand in it, so that a path counts them from its beginning. */
export function logObject(log: ContainerLog): { readonly lines: readonly string[] } {
  const { text } = Field.root(log).at('text');
  return { lines: text?.split('\n') ?? [] };
}

/** The last lines of a log that are not empty, each as a field of it. */
export function lastLines(log: ContainerLog): readonly Field[] {
  const object = logObject(log);
  const lines = Field.root(object, () => logRef(log)).at('lines');
  const fields: Field[] = [];
  for (let at = object.lines.length - 1; at >= 0 && fields.length < maxLines; at--) {
    if (object.lines[at]?.trim()) fields.unshift(lines.at(at));
  }
  return fields;
}
