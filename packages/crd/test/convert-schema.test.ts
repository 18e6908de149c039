import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import {
  atomic,
  conditions,
  convertSchema,
  CustomResourceError,
  embeddedObject,
  intOrString,
  listMap,
  listSet,
  withRule,
  type StructuralSchema,
} from '../src/index.ts';

const convert = (schema: z.ZodType) => convertSchema(schema, 'spec');
const member = z.object({ name: z.string(), port: z.int32().optional() });

describe('what a schema becomes', () => {
  for (const [name, schema, expected] of [
    ['a text', z.string(), { type: 'string' }],
    [
      'a text with bounds',
      z.string().min(1).max(9),
      { type: 'string', minLength: 1, maxLength: 9 },
    ],
    ['a text of one length', z.string().length(3), { type: 'string', minLength: 3, maxLength: 3 }],
    ['a pattern', z.string().regex(/^\d+(Gi|Mi)$/), { type: 'string', pattern: '^\\d+(Gi|Mi)$' }],
    [
      'several patterns',
      z.string().regex(/^a/).regex(/b$/),
      { type: 'string', pattern: '^a', allOf: [{ pattern: 'b$' }] },
    ],
    ['a time', z.iso.datetime({ offset: true }), { type: 'string', format: 'date-time' }],
    ['a time in UTC', z.iso.datetime(), { type: 'string', format: 'date-time', pattern: 'Z$' }],
    ['a day', z.iso.date(), { type: 'string', format: 'date' }],
    ['a URL', z.url(), { type: 'string', format: 'uri', pattern: '^[A-Za-z][A-Za-z0-9+.-]*:' }],
    [
      'base64',
      z.base64(),
      {
        type: 'string',
        pattern: '^([0-9A-Za-z+/]{4})*([0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$',
      },
    ],
    [
      'base64 for URLs',
      z.base64url(),
      { type: 'string', pattern: '^([0-9A-Za-z_-]{4})*([0-9A-Za-z_-]{2,3})?$' },
    ],
    ['a beginning', z.string().startsWith('a/'), { type: 'string', pattern: '^a/.*' }],
    ['lower case', z.string().lowercase(), { type: 'string', pattern: '^[^A-Z]*$' }],
    [
      'a template',
      z.templateLiteral(['v', z.literal(['1', '2'])]),
      { type: 'string', pattern: '^v(1|2)$' },
    ],
    ['a number', z.number(), { type: 'number' }],
    [
      'bounds',
      z.number().gt(0).lte(10).multipleOf(2),
      { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 10, multipleOf: 2 },
    ],
    [
      'bounds before the format',
      z.number().min(1).max(9).int(),
      { type: 'integer', format: 'int64', minimum: 1, maximum: 9 },
    ],
    [
      'integers between fractions',
      z.int32().gt(0.5).lt(9.5),
      { type: 'integer', format: 'int32', minimum: 1, maximum: 9 },
    ],
    ['a number of 32 bits', z.float32(), { type: 'number', format: 'float' }],
    [
      'the tighter of two bounds',
      z.number().min(1).min(3).max(9).max(5),
      { type: 'number', minimum: 3, maximum: 5 },
    ],
    [
      'the exclusive of two equal bounds',
      z.number().min(1).gt(1).min(1),
      { type: 'number', minimum: 1, exclusiveMinimum: true },
    ],
    [
      'an integer, as far as a number is exact',
      z.int(),
      { type: 'integer', format: 'int64', minimum: -9007199254740991, maximum: 9007199254740991 },
    ],
    [
      'a 32-bit integer',
      z.int32().min(1).max(100),
      { type: 'integer', format: 'int32', minimum: 1, maximum: 100 },
    ],
    [
      'an unsigned integer',
      z.uint32(),
      { type: 'integer', format: 'int64', minimum: 0, maximum: 4294967295 },
    ],
    ['a double', z.float64(), { type: 'number', format: 'double' }],
    ['a boolean', z.boolean(), { type: 'boolean' }],
    ['choices', z.enum(['', 'A', 'B']), { type: 'string', enum: ['', 'A', 'B'] }],
    ['a literal', z.literal('a'), { type: 'string', enum: ['a'] }],
    ['whole numbers to choose from', z.literal([1, 2]), { type: 'integer', enum: [1, 2] }],
    ['other numbers to choose from', z.literal([1, 2.5]), { type: 'number', enum: [1, 2.5] }],
    [
      'choices in a union',
      z.union([z.literal('a'), z.enum(['b', 'a'])]),
      { type: 'string', enum: ['a', 'b'] },
    ],
    ['null beside a value', z.string().nullable(), { type: 'string', nullable: true }],
    ['null in a union', z.union([z.string(), z.null()]), { type: 'string', nullable: true }],
    ['an integer or a text', intOrString(), { 'x-kubernetes-int-or-string': true }],
    [
      'a bounded integer or a text of a form',
      z.union([z.string().regex(/^[a-z]+$/), z.int().min(1).max(65535)]),
      { minimum: 1, maximum: 65535, pattern: '^[a-z]+$', 'x-kubernetes-int-or-string': true },
    ],
    ['a default', z.string().default('x'), { type: 'string', default: 'x' }],
    [
      'a prefault',
      z.int32().min(1).prefault(2),
      { type: 'integer', format: 'int32', minimum: 1, maximum: 2147483647, default: 2 },
    ],
    [
      'a record',
      z.record(z.string(), z.boolean()),
      { type: 'object', additionalProperties: { type: 'boolean' } },
    ],
    ['anything', z.unknown(), { 'x-kubernetes-preserve-unknown-fields': true }],
    ['an empty object', z.object({}), { type: 'object' }],
    [
      'an object',
      z.object({ a: z.string(), b: z.string().optional(), c: z.string().default('') }),
      {
        type: 'object',
        properties: {
          a: { type: 'string' },
          b: { type: 'string' },
          c: { type: 'string', default: '' },
        },
        required: ['a'],
      },
    ],
    [
      'an object that keeps what it does not know',
      z.looseObject({ a: z.string() }),
      {
        type: 'object',
        properties: { a: { type: 'string' } },
        required: ['a'],
        'x-kubernetes-preserve-unknown-fields': true,
      },
    ],
    ['an object that refuses what it does not know', z.strictObject({}), { type: 'object' }],
    [
      'an embedded object',
      embeddedObject(),
      {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        'x-kubernetes-embedded-resource': true,
      },
    ],
    [
      'a list',
      z.array(z.string()).min(1).max(3),
      { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
    ],
    [
      'a list of one length',
      z.array(z.string()).length(2),
      { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
    ],
    [
      'a read-only list',
      z.array(z.string()).readonly(),
      { type: 'array', items: { type: 'string' } },
    ],
    [
      'a set',
      listSet(z.array(z.string())).max(2),
      { type: 'array', items: { type: 'string' }, maxItems: 2, 'x-kubernetes-list-type': 'set' },
    ],
    [
      'an atomic list',
      atomic(z.array(z.string())),
      { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
    ],
    [
      'an atomic object',
      atomic(z.object({})),
      { type: 'object', 'x-kubernetes-map-type': 'atomic' },
    ],
    [
      'a description',
      z.string().optional().describe('Why.'),
      { type: 'string', description: 'Why.' },
    ],
    [
      'the description of what is optional',
      z.string().describe('Why.').optional(),
      { type: 'string', description: 'Why.' },
    ],
  ] as [string, z.ZodType, StructuralSchema][]) {
    test(name, () => assert.deepEqual(convert(schema), expected));
  }

  test('a list by key, also when more is said afterwards', () => {
    assert.deepEqual(convert(listMap(z.array(member), 'name').describe('Ports.').optional()), {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          port: { type: 'integer', format: 'int32', minimum: -2147483648, maximum: 2147483647 },
        },
        required: ['name'],
      },
      description: 'Ports.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    });
  });

  test('conditions by the API conventions', () => {
    const converted = convert(conditions());
    assert.deepEqual(converted['x-kubernetes-list-map-keys'], ['type']);
    assert.deepEqual(converted.items?.required, [
      'type',
      'status',
      'reason',
      'message',
      'lastTransitionTime',
    ]);
    assert.deepEqual(converted.items.properties?.['status']?.enum, ['True', 'False', 'Unknown']);
  });

  test('a rule in CEL, also beside another and with its check', () => {
    const first = { rule: 'self.a <= self.b', message: 'a must not exceed b', fieldPath: '.a' };
    const second = { rule: 'self == oldSelf', message: 'cannot be changed' };
    const schema = withRule(
      withRule(z.object({ a: z.int32(), b: z.int32() }), { ...first, check: ({ a, b }) => a <= b }),
      second,
    );
    assert.deepEqual(convert(schema)['x-kubernetes-validations'], [first, second]);
    assert.equal(schema.safeParse({ a: 1, b: 1 }).success, true);
    assert.deepEqual(
      schema.safeParse({ a: 2, b: 1 }).error?.issues.map(({ message }) => message),
      ['a must not exceed b'],
    );
  });

  test('a member named like one that objects inherit', () => {
    const shape = Object.fromEntries([
      ['__proto__', z.string()],
      ['constructor', z.string()],
    ]);
    const converted = convert(z.object(shape));
    assert.deepEqual(Object.keys(converted.properties ?? {}).sort(), ['__proto__', 'constructor']);
  });
});

describe('objects told apart by a member', () => {
  const store = z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('s3'),
      bucket: z.string(),
      zone: z.string().optional(),
      size: z.string(),
    }),
    z.object({ kind: z.literal("nfs'x"), server: z.string(), size: z.string() }),
    z.object({ kind: z.enum(['none', 'tmp']), size: z.string() }),
  ]);

  test('stand side by side, with rules that name the member at fault', () => {
    assert.deepEqual(convert(store), {
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['s3', "nfs'x", 'none', 'tmp'] },
        bucket: { type: 'string' },
        zone: { type: 'string' },
        size: { type: 'string' },
        server: { type: 'string' },
      },
      required: ['kind', 'size'],
      'x-kubernetes-validations': [
        {
          rule: "!(self.kind == 's3') || has(self.bucket)",
          message: 'bucket is required when kind is "s3"',
          fieldPath: '.bucket',
          reason: 'FieldValueRequired',
        },
        {
          rule: "self.kind == 's3' || !has(self.bucket)",
          message: 'bucket may only be set when kind is "s3"',
          fieldPath: '.bucket',
          reason: 'FieldValueForbidden',
        },
        {
          rule: "self.kind == 's3' || !has(self.zone)",
          message: 'zone may only be set when kind is "s3"',
          fieldPath: '.zone',
          reason: 'FieldValueForbidden',
        },
        {
          rule: "!(self.kind == 'nfs\\'x') || has(self.server)",
          message: 'server is required when kind is "nfs\'x"',
          fieldPath: '.server',
          reason: 'FieldValueRequired',
        },
        {
          rule: "self.kind == 'nfs\\'x' || !has(self.server)",
          message: 'server may only be set when kind is "nfs\'x"',
          fieldPath: '.server',
          reason: 'FieldValueForbidden',
        },
      ],
    });
  });

  test('name several values in one rule, and members by their escaped names', () => {
    const converted = convert(
      z.discriminatedUnion('type', [
        z.object({ type: z.enum(['a', 'b']), 'x-y': z.string(), in: z.string() }),
        z.object({ type: z.literal('c') }),
      ]),
    );
    assert.deepEqual(
      converted['x-kubernetes-validations']?.map(({ rule, fieldPath }) => [rule, fieldPath]),
      [
        ["!(self.type in ['a', 'b']) || has(self.x__dash__y)", "['x-y']"],
        ["self.type in ['a', 'b'] || !has(self.x__dash__y)", "['x-y']"],
        ["!(self.type in ['a', 'b']) || has(self.__in__)", '.in'],
        ["self.type in ['a', 'b'] || !has(self.__in__)", '.in'],
      ],
    );
  });

  test('need no rule for what all may have, and may be told apart by numbers', () => {
    const converted = convert(
      z.discriminatedUnion('level', [
        z.object({ level: z.literal(1), note: z.string().optional() }),
        z.object({ level: z.literal(2), note: z.string().optional(), two: z.string().optional() }),
      ]),
    );
    assert.deepEqual(converted.properties?.['level'], { type: 'integer', enum: [1, 2] });
    assert.deepEqual(
      converted['x-kubernetes-validations']?.map(({ rule }) => rule),
      ['self.level == 2 || !has(self.two)'],
    );
    const alike = z.object({ level: z.literal(1), note: z.string() });
    assert.equal(
      'x-kubernetes-validations' in convert(z.discriminatedUnion('level', [alike])),
      false,
    );
  });

  test('need a discriminator that is always there', () => {
    for (const level of [z.literal(1).optional(), z.literal(null)]) {
      assert.throws(() => convert(z.discriminatedUnion('level', [z.object({ level })])), {
        code: 'NOT_EXPRESSIBLE',
        path: 'spec.level',
      });
    }
  });

  for (const [name, path, variant, message] of [
    [
      'one member with two schemas',
      'spec.size',
      z.object({ kind: z.literal('b'), size: z.int() }),
      /different schemas/,
    ],
    [
      'a default for one variant',
      'spec.only',
      z.object({ kind: z.literal('b'), only: z.string().default('x') }),
      /the other variants too/,
    ],
    [
      'unknown members in a variant',
      'spec',
      z.looseObject({ kind: z.literal('b') }),
      /keeps unknown members/,
    ],
    [
      'a check on a variant',
      'spec',
      z.object({ kind: z.literal('b') }).refine(() => true),
      /withRule on the union/,
    ],
    [
      'a name no rule can say',
      'spec.ä',
      z.object({ kind: z.literal('b'), ä: z.string() }),
      /use letters/,
    ],
  ] as const) {
    test(`refuse ${name}`, () => {
      const first = z.object({ kind: z.literal('a'), size: z.string() });
      assert.throws(
        () => convert(z.discriminatedUnion('kind', [first, variant])),
        (error) =>
          error instanceof CustomResourceError &&
          error.path === path &&
          message.test(error.message),
      );
    });
  }
});

describe('what a manifest has no words for is refused with the way out', () => {
  for (const [name, schema, message] of [
    ['transforms', z.string().transform(Number), /z\.pipe\(\).*convert in the reconciler/],
    ['preprocessing', z.preprocess((value) => value, z.string()), /runs no code/],
    ['catch', z.string().catch('x'), /runs no code/],
    ['custom types', z.custom<string>(), /runs no code/],
    ['refinements', z.string().refine(() => true), /use withRule/],
    ['refined objects', z.object({}).refine(() => true), /use withRule/],
    ['trimming', z.string().trim(), /demand the form with a pattern/],
    ['lower-casing', z.string().toLowerCase(), /demand the form with a pattern/],
    ['protocols of a URL', z.url({ protocol: /^https?$/ }), /regex\(\/\^https\?:\/\)/],
    ['host names of a URL', z.httpUrl(), /checked by code/],
    ['normalizing a URL', z.url({ normalize: true }), /does not change values/],
    ['look-ahead', z.string().regex(/^(?!x)/), /look-ahead, which an API server lacks/],
    ['back-references', z.string().regex(/(a)\1/), /back-reference/],
    ['dates', z.date(), /z\.iso\.datetime/],
    ['fractional bounds', z.number().min(0.5), /the bound 0.5 as a 64-bit integer.*withRule/],
    ['bounds beyond 64 bits', z.number().max(1e19), /the bound 10000000000000000000 as a 64-bit/],
    ['fractional factors', z.number().multipleOf(0.5), /multipleOf\(0.5\) as a 64-bit integer/],
    ['big integers', z.bigint(), /z\.string\(\) with a pattern/],
    ['null alone', z.null(), /nullable\(\) or optional\(\)/],
    ['never', z.never(), /nullable\(\) or optional\(\)/],
    ['tuples', z.tuple([z.string()]), /use z\.array\(\)/],
    ['sets', z.set(z.string()), /listSet/],
    ['maps', z.map(z.string(), z.string()), /z\.record/],
    ['intersections', z.intersection(z.object({}), z.object({})), /extend\(\)/],
    ['recursion', z.lazy(() => z.string()), /cannot be recursive/],
    ['local times', z.iso.datetime({ local: true }), /names no instant/],
    ['unions of types', z.union([z.string(), z.boolean()]), /one member per type/],
    ['unions of objects', z.union([z.object({}), z.string()]), /discriminatedUnion/],
    ['choices of several types', z.literal(['a', 1]), /choices of one type/],
    ['null among choices', z.enum(['a']).nullable(), /use optional\(\), or add a choice/],
    ['a default of null', z.string().nullable().default(null), /use optional\(\) instead/],
    ['a default that breaks the schema', z.string().min(3).default('x'), /breaks its own schema/],
    ['a default that changes', z.number().default(() => Math.random()), /changes each time/],
    ['known members and others', z.object({ a: z.string() }).catchall(z.string()), /z\.record\(\)/],
    ['restricted keys', z.record(z.string().min(2), z.string()), /use z\.string\(\) for the keys/],
    ['choices as keys', z.record(z.enum(['a']), z.string()), /z\.object\(\) for known keys/],
    ['sets of objects', listSet(z.array(z.object({})) as never), /use listMap/],
    ['sets with null', listSet(z.array(z.string().nullable()) as never), /take nullable\(\) away/],
  ] as [string, z.ZodType, RegExp][]) {
    test(name, () => {
      assert.throws(() => convert(schema), {
        name: 'CustomResourceError',
        code: 'NOT_EXPRESSIBLE',
        path: 'spec',
        message,
      });
    });
  }

  for (const [name, element, message] of [
    ['an optional key', z.object({ name: z.string().optional() }), /must be there/],
    ['a nullable key', z.object({ name: z.string().nullable() }), /cannot be null/],
    ['a key that is an object', z.object({ name: z.object({}) }), /must be a scalar/],
    ['a key that is not there', z.object({}), /does not have/],
  ] as [string, z.ZodObject, RegExp][]) {
    test(`a list by ${name}`, () => {
      // The key is checked by the compiler too, where the element's type is known.
      const list = listMap(z.array(element), 'name');
      assert.throws(() => convert(list), { code: 'NOT_EXPRESSIBLE', path: 'spec[].name', message });
    });
  }

  test('and tells the path of what is nested', () => {
    const schema = z.object({ a: z.record(z.string(), z.array(z.object({ b: z.date() }))) });
    assert.throws(() => convert(schema), { path: 'spec.a[*][].b' });
  });
});

test('the patterns of base64 take what Zod takes', () => {
  for (const [schema, alphabet] of [
    [z.base64(), 'AZaz09+/='],
    [z.base64url(), 'AZaz09-_='],
  ] as const) {
    const { pattern = '' } = convert(schema);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), maxLength: 9 }),
        (text) => {
          assert.equal(new RegExp(pattern).test(text), schema.safeParse(text).success, text);
        },
      ),
    );
  }
});

describe('lists know their own rules in parse', () => {
  test('an element twice', () => {
    assert.equal(listSet(z.array(z.string())).safeParse(['a', 'a']).success, false);
    assert.equal(listSet(z.array(z.string())).safeParse(['a', 'b']).success, true);
  });

  test('a key twice', () => {
    const list = listMap(z.array(member), 'name', 'port');
    assert.equal(list.safeParse([{ name: 'a' }, { name: 'a', port: 1 }]).success, true);
    assert.equal(list.safeParse([{ name: 'a' }, { name: 'a' }]).success, false);
  });

  test('a key that the element does not have is a compile error', () => {
    // @ts-expect-error -- the element has no such member
    assert.throws(() => convert(listMap(z.array(member), 'nope')), { path: 'spec[].nope' });
  });
});
