import type { Condition, ValidationRule } from '@kubewright/apimachinery';
import * as z from 'zod';
import type { $ZodCheck, $ZodType } from 'zod/v4/core';

/**
 * What a schema carries beyond Zod's own words, in its metadata. Written by the functions of this file, read by the converter.
 */
export interface Markers {
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-embedded-resource'?: true;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
  /** Checks of the schema that run in the operator and that a CEL rule repeats on the server. */
  readonly 'x-kubewright-mirrored-checks'?: readonly $ZodCheck[];
}

/** The markers a schema carries. */
export function markersOf(schema: $ZodType): Markers & { readonly description?: string } {
  // Safe: these keys are written by this file alone; others are ignored.
  return (z.globalRegistry.get(schema) ?? {}) as Markers & { readonly description?: string };
}

/**
 * A list whose elements are told apart by some of their members: server-side apply merges it element by element.
 *
 * @param keys - Members of the element: scalars, required or with a default.
 *
 * @example
 * ```ts
 * const ports = listMap(z.array(z.object({ name: z.string(), port: z.int32() })), 'name');
 * ```
 */
export function listMap<S extends z.ZodType<readonly object[]>>(
  schema: S,
  ...keys: [ElementKey<S>, ...ElementKey<S>[]]
): S {
  const isUnique = (elements: readonly object[]) =>
    areDifferent(
      elements.map((element) => {
        // Safe: the keys are keys of the elements.
        const members = element as Record<string, unknown>;
        return JSON.stringify(keys.map((key) => members[key] ?? null));
      }),
    );
  const unique = mirror(schema, isUnique, `two elements have the same ${keys.join(' and ')}`);
  return mark(unique, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });
}

type ElementKey<S extends z.ZodType<readonly object[]>> = keyof z.output<S>[number] & string;

/** A list of scalars in which each is there once: server-side apply merges it as a set. */
export function listSet<S extends z.ZodType<readonly (string | number | boolean)[]>>(schema: S): S {
  const unique = mirror(schema, areDifferent, 'an element is there twice');
  return mark(unique, { 'x-kubernetes-list-type': 'set' });
}

/** A list or an object that has one owner as a whole: server-side apply replaces it. */
export function atomic<S extends z.ZodType<object>>(schema: S): S {
  return mark(
    schema,
    schema._zod.def.type === 'array'
      ? { 'x-kubernetes-list-type': 'atomic' }
      : { 'x-kubernetes-map-type': 'atomic' },
  );
}

/** A rule over a value, in CEL for the server. */
export interface CelRule<T = unknown> {
  /** CEL expression over `self` that holds for good values; `oldSelf` makes it a rule over changes. */
  readonly rule: string;
  /** What a person is told when it does not hold. */
  readonly message: string;
  /** Where in the value the fault is, such as `.replicas`. Default: the value itself. */
  readonly fieldPath?: string;
  /** Default `FieldValueInvalid`. */
  readonly reason?:
    'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
  /** The same in TypeScript, for `parse`. Default: only the server checks. */
  readonly check?: (value: T) => boolean;
}

/**
 * The schema with a rule that types cannot tell, as between two members.
 *
 * @example
 * ```ts
 * const range = withRule(z.object({ min: z.int(), max: z.int() }), {
 *   rule: 'self.min <= self.max',
 *   message: 'min must not exceed max',
 *   check: ({ min, max }) => min <= max,
 * });
 * ```
 */
export function withRule<S extends z.ZodType>(schema: S, rule: CelRule<z.output<S>>): S {
  const { check, ...validation } = rule;
  const present = markersOf(schema);
  const rules = [...(present['x-kubernetes-validations'] ?? []), validation];
  const checked = check === undefined ? schema : mirror(schema, check, rule.message);
  return mark(checked, { 'x-kubernetes-validations': rules });
}

/** A port or an amount that is a number or a text, as Kubernetes' own IntOrString. */
export function intOrString(): z.ZodUnion<readonly [z.ZodInt, z.ZodString]> {
  return z.union([z.int(), z.string()]);
}

/** Any Kubernetes object within the object: the server looks at its apiVersion, kind and metadata. */
export function embeddedObject(): z.ZodType<Record<string, unknown>> {
  const object = mirror(
    z.looseObject({}),
    ({ apiVersion, kind }) => typeof apiVersion === 'string' && typeof kind === 'string',
    'an object needs apiVersion and kind',
  );
  return mark(object, { 'x-kubernetes-embedded-resource': true });
}

/** Status conditions by the API conventions: one per type. */
export function conditions(): z.ZodType<Condition[]> {
  return listMap(
    z.array(
      z.object({
        type: z
          .string()
          .max(316)
          .regex(
            /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
          )
          .describe('What is observed, such as Ready.'),
        status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
        reason: z
          .string()
          .min(1)
          .max(1024)
          .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
          .describe('Why, as one word for programs.'),
        message: z.string().max(32768).describe('Why, as a sentence for people.'),
        lastTransitionTime: z.iso
          .datetime({ offset: true })
          .describe('When the status last changed.'),
        observedGeneration: z
          .int()
          .min(0)
          .optional()
          .describe('The metadata.generation this was observed of.'),
      }),
    ),
    'type',
  ).describe('What is observed of the object, one entry per type.');
}

function mark<S extends z.ZodType>(schema: S, markers: Markers): S {
  return schema.meta({ ...z.globalRegistry.get(schema), ...markers });
}

/** The schema with a check that the server makes too, by other means: the converter need not refuse it. */
function mirror<S extends z.ZodType>(
  schema: S,
  check: (value: z.output<S>) => boolean,
  message: string,
): S {
  // Safe: a check runs on values that the schema has accepted.
  const mirrored = z.refine((value) => check(value as z.output<S>), { message });
  return mark(schema.check(mirrored), {
    ...markersOf(schema),
    'x-kubewright-mirrored-checks': [
      ...(markersOf(schema)['x-kubewright-mirrored-checks'] ?? []),
      mirrored,
    ],
  });
}

function areDifferent(elements: readonly unknown[]): boolean {
  return new Set(elements).size === elements.length;
}
