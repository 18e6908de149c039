import type { ObjectMeta } from '@kubewright/apimachinery';
import { CustomResourceError } from '../custom-resource-error.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';

/** A type all of whose parts are there, for accessors that name a path and read no value. */
export type AllPresent<T> = T extends string | number | boolean | null | undefined
  ? NonNullable<T>
  : T extends readonly (infer E)[]
    ? readonly AllPresent<E>[]
    : T extends object
      ? { readonly [K in keyof T]-?: AllPresent<NonNullable<T[K]>> }
      : T;

/** What an accessor of fields is given: the object with every part there. */
export type ObjectPaths<T extends { metadata: unknown }> = AllPresent<
  Omit<T, 'metadata'> & { metadata: ObjectMeta }
>;

/** One step into an object: a member, or an element of a list. */
export type PathStep = string | number;

// Recorded paths by recorder; private to this file, and each entry lives as long as its recorder.
const recordedPaths = new WeakMap<object, readonly PathStep[]>();

/**
 * The path that an accessor such as `(o) => o.spec.replicas` reads.
 *
 * @throws CustomResourceError `INVALID_DEFINITION` when the accessor returns something else than a part of its argument.
 */
export function recordPath<T extends { metadata: unknown }>(
  accessor: (object: ObjectPaths<T>) => unknown,
  what: string,
): readonly PathStep[] {
  // Safe: the recorder answers every read of a member, and the accessor's type lets it do nothing else.
  const result: unknown = accessor(recorder([]) as ObjectPaths<T>);
  const path =
    typeof result === 'object' && result !== null ? recordedPaths.get(result) : undefined;
  if (path === undefined || path.length === 0) {
    throw new CustomResourceError(
      'INVALID_DEFINITION',
      what,
      'an accessor must return a part of its argument, such as (o) => o.spec.replicas',
    );
  }
  return path;
}

function recorder(path: readonly PathStep[]): object {
  const proxy: object = new Proxy(
    {},
    {
      get: (_, key) => {
        if (typeof key === 'symbol') return undefined;
        return recorder([...path, /^\d+$/.test(key) ? Number(key) : key]);
      },
    },
  );
  recordedPaths.set(proxy, path);
  return proxy;
}

/** A path as a JSONPath of the API: `.spec.items[0].name`. */
export function formatJsonPath(path: readonly PathStep[]): string {
  return path
    .map((step) =>
      typeof step === 'number' ? `[${step}]` : `.${step.replace(/[.[\]'\\]/g, '\\$&')}`,
    )
    .join('');
}

/** The schema at a path; undefined when the path leads nowhere. */
export function schemaAt(
  root: StructuralSchema,
  path: readonly PathStep[],
): StructuralSchema | undefined {
  let schema: StructuralSchema | undefined = root;
  for (const step of path) {
    if (schema === undefined) return undefined;
    const { properties }: StructuralSchema = schema;
    if (typeof step === 'number') schema = schema.items;
    else if (properties !== undefined && Object.hasOwn(properties, step)) schema = properties[step];
    else schema = schema.additionalProperties;
  }
  return schema;
}
