import type { ContainerLog, ObjectRef } from '../model/index.ts';
import { Field } from './field.ts';
import type { PodFacts } from './pod-facts.ts';

/** Lines of a log that are looked at, from its end. */
const maxLines = 200;

/** Whether a log is of this container, and of which of its lives; undefined when it is another's. */
export function lifeOfLog(
  log: ContainerLog,
  { name, namespace }: Pick<PodFacts, 'name' | 'namespace'>,
  container: string,
): string | undefined {
  const field = Field.root(log);
  const podNamespace = field.at('pod', 'namespace').text;
  const isOwn =
    field.at('container').text === container &&
    field.at('pod', 'name').text === name &&
    (podNamespace === undefined || podNamespace === namespace);
  return isOwn ? field.at('life').text : undefined;
}

/** How evidence names a log: its name is pod, container and life. */
export function logRef(log: ContainerLog): ObjectRef {
  const field = Field.root(log);
  const namespace = field.at('pod', 'namespace').text;
  const name = [field.at('pod', 'name'), field.at('container'), field.at('life')];
  return {
    kind: 'Log',
    ...(namespace === undefined ? {} : { namespace }),
    name: name.map(({ text }) => text ?? '').join('/'),
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
