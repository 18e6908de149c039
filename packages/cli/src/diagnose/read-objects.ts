import { isJsonObject, type JsonObject, type KubernetesObject } from '@kubewright/apimachinery';
import { parseAllDocuments } from 'yaml';
import { CommandError } from '../command-error.ts';

/**
 * Reads Kubernetes objects from a text: one object, a list (of any kind), an array, several YAML documents, or one JSON
 * object a line, as `kubectl get … -o json --watch` writes them.
 *
 * @param source - Names the text in messages: the path of the file.
 * @throws CommandError with the place when it is something else.
 */
export function readObjects(text: string, source: string): KubernetesObject[] {
  if (text.trim() === '')
    throw new CommandError(
      `${source} is empty: expected Kubernetes objects as JSON or YAML, as "kubectl get pods -o json" writes them`,
    );
  return parse(text, source).flatMap((value, index, { length }) =>
    objectsIn(value, length === 1 ? source : `${source}, document ${String(index + 1)}`),
  );
}

function parse(text: string, source: string): unknown[] {
  const isJson = /^\s*[{[]/.test(text);
  if (!isJson) return parseYaml(text, source);
  try {
    return [JSON.parse(text)];
  } catch (error) {
    const lines = parseLines(text);
    if (lines !== undefined) return lines;
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${source} is no JSON: ${why}; is the file complete?`, { cause: error });
  }
}

/** One JSON object a line; undefined when it is not that. */
function parseLines(text: string): unknown[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return undefined;
  try {
    const values: unknown[] = [];
    for (const line of lines) values.push(JSON.parse(line));
    return values;
  } catch {
    return undefined;
  }
}

function parseYaml(text: string, source: string): unknown[] {
  const documents = parseAllDocuments(text);
  const list = Array.isArray(documents) ? documents : [];
  for (const document of list) {
    const [error] = document.errors;
    if (error !== undefined) throw new CommandError(`${source} is no YAML: ${error.message}`);
  }
  try {
    return list
      .map((document) => document.toJS({ maxAliasCount: 100 }) as unknown)
      .filter((value) => value !== null);
  } catch (error) {
    // An alias without its anchor, or so many that it is meant to do harm.
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${source} is no YAML: ${why}`, { cause: error });
  }
}

function objectsIn(value: unknown, place: string): KubernetesObject[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => objectsIn(item, `${place}, item ${String(index)}`));
  }
  if (!isJsonObject(value)) {
    throw new CommandError(`${place} is no Kubernetes object: it is ${describe(value)}`);
  }
  const { kind, items } = value;
  if (Array.isArray(items) && (typeof kind !== 'string' || kind.endsWith('List'))) {
    return items.flatMap((item, index) =>
      objectsIn(withListKind(item, value), `${place}, item ${String(index)}`),
    );
  }
  // What a watch writes.
  if (typeof value['type'] === 'string' && isJsonObject(value['object']) && kind === undefined) {
    return value['type'] === 'BOOKMARK' ? [] : objectsIn(value['object'], place);
  }
  if (typeof kind !== 'string' || kind === '') {
    throw new CommandError(
      `${place} has no kind: expected a Kubernetes object, as "kubectl get pod NAME -o json" writes it`,
    );
  }
  const metadata = isJsonObject(value['metadata']) ? value['metadata'] : {};
  if (typeof metadata['name'] !== 'string' || metadata['name'] === '') {
    throw new CommandError(`${place}, a ${kind}, has no metadata.name`);
  }
  // The rest is read with care by whoever looks at it: a file can say anything.
  return [{ ...value, kind, metadata }];
}

/** The items of a typed list carry neither kind nor apiVersion. */
function withListKind(item: unknown, list: JsonObject): unknown {
  const { kind, apiVersion } = list;
  if (!isJsonObject(item) || typeof kind !== 'string' || kind === 'List') return item;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    kind: kind.slice(0, -'List'.length),
    ...item,
  };
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
