import { deepEqual, type ValidationRule } from '@kubewright/apimachinery';
import type { $ZodDiscriminatedUnionDef, $ZodObjectDef, $ZodType } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';
import { celFieldPath, celName, celString, hasCelName } from './cel-name.ts';
import { convertChoices } from './convert-choices.ts';
import { isRequired } from './convert-object.ts';
import type { Convert, StructuralSchema } from './structural-schema.ts';

interface Variant {
  readonly tags: readonly (string | number | boolean)[];
  readonly shape: $ZodObjectDef['shape'];
}

/**
 * Objects told apart by one member. A manifest could say it with `oneOf`, whose violations nobody can read; so all members
 * stand side by side, and rules with a field path say which belong to which value of the discriminator.
 */
export function convertVariants(
  def: $ZodDiscriminatedUnionDef,
  path: string,
  convert: Convert,
): StructuralSchema {
  const { discriminator } = def;
  const variants = def.options.map((option) => toVariant(option, discriminator, path));
  const tags = variants.flatMap((variant) => variant.tags);
  const properties: [string, StructuralSchema][] = [
    [discriminator, convertChoices(tags, `${path}.${discriminator}`)],
  ];
  const required = [discriminator];
  const rules: ValidationRule[] = [];
  const names = new Set(variants.flatMap(({ shape }) => Object.keys(shape)));
  names.delete(discriminator);
  for (const name of names) {
    const at = `${path}.${name}`;
    const having = variants.filter(({ shape }) => Object.hasOwn(shape, name));
    const isEverywhere = having.length === variants.length;
    const schema = memberOf(having, name, at, convert);
    properties.push([name, schema]);
    const requiring = having.filter(({ shape }) => {
      const member = shape[name];
      return member !== undefined && isRequired(member);
    });
    if (isEverywhere && requiring.length === variants.length) {
      required.push(name);
      continue;
    }
    if (!isEverywhere && schema.default !== undefined) {
      throw notExpressible(
        at,
        'the server would set the default for the other variants too',
        'take default() away and fill it in the reconciler',
      );
    }
    if (!hasCelName(name)) {
      throw notExpressible(at, 'a name that no rule can say', 'use letters, digits and _');
    }
    const has = `has(self.${celName(name)})`;
    if (requiring.length > 0) {
      rules.push({
        rule: `!(${isOneOf(discriminator, requiring)}) || ${has}`,
        message: `${name} is required when ${discriminator} is ${listOf(requiring)}`,
        fieldPath: celFieldPath(name),
        reason: 'FieldValueRequired',
      });
    }
    if (!isEverywhere) {
      rules.push({
        rule: `${isOneOf(discriminator, having)} || !${has}`,
        message: `${name} may only be set when ${discriminator} is ${listOf(having)}`,
        fieldPath: celFieldPath(name),
        reason: 'FieldValueForbidden',
      });
    }
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required,
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  };
}

function toVariant(option: $ZodType, discriminator: string, path: string): Variant {
  // Safe: only the object's definition is read, after its type was looked at.
  const def = option._zod.def as $ZodObjectDef;
  const type: string = def.type;
  if (type !== 'object') {
    throw notExpressible(path, `a variant is z.${type}()`, 'use z.object() for each variant');
  }
  if (def.catchall !== undefined && def.catchall._zod.def.type !== 'never') {
    throw notExpressible(
      path,
      'a variant keeps unknown members',
      'put them into a member of their own',
    );
  }
  if ((def.checks ?? []).length > 0) {
    throw notExpressible(path, 'a variant has checks of its own', 'use withRule on the union');
  }
  const member = def.shape[discriminator];
  const tags = [...(member?._zod.values ?? [])].filter(isTag);
  if (member === undefined || !isRequired(member) || tags.length === 0) {
    throw notExpressible(
      `${path}.${discriminator}`,
      'the discriminator of a variant must be there, as a literal or an enum',
      'use z.literal()',
    );
  }
  return { tags, shape: def.shape };
}

/** The schema of a member that variants share: it must be the same in all of them. */
function memberOf(
  variants: readonly Variant[],
  name: string,
  path: string,
  convert: Convert,
): StructuralSchema {
  const [first, ...others] = variants.map(({ shape }) => {
    const member = shape[name];
    return member === undefined ? {} : convert(member, path);
  });
  if (first === undefined || others.some((other) => !deepEqual(first, other))) {
    throw notExpressible(
      path,
      'variants have this member with different schemas',
      'give the members different names, or one schema for all',
    );
  }
  return first;
}

function isTag(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isOneOf(discriminator: string, variants: readonly Variant[]): string {
  const tags = variants
    .flatMap((variant) => variant.tags)
    .map((tag) => (typeof tag === 'string' ? celString(tag) : String(tag)));
  const [only, ...more] = tags;
  const self = `self.${celName(discriminator)}`;
  return more.length === 0 ? `${self} == ${only ?? ''}` : `${self} in [${tags.join(', ')}]`;
}

function listOf(variants: readonly Variant[]): string {
  return variants
    .flatMap((variant) => variant.tags)
    .map((tag) => JSON.stringify(tag))
    .join(' or ');
}
