import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileRules } from '../../src/cel/compile-rules.ts';
import type { JsonObject } from '../../src/contracts.ts';
import type { FieldError } from '../../src/field-error.ts';
import { CustomSchema } from '../../src/schema/custom-schema.ts';
import { compileStructuralSchema } from '../../src/schema/structural-schema.ts';
import { readRecorded } from '../recorded/read-recorded.ts';

interface Compilations {
  /** The schema that most rules stand on. */
  readonly spec: JsonObject;
  readonly cases: readonly {
    readonly rule?: JsonObject;
    readonly schema?: JsonObject;
    readonly causes?: readonly FieldError[];
  }[];
}

interface Evaluations {
  readonly schema: JsonObject;
  readonly cases: readonly {
    readonly object: JsonObject;
    readonly old?: JsonObject;
    readonly causes: readonly FieldError[];
  }[];
}

// The shapes in which the answers were written down.
const COMPILATIONS = readRecorded('rule-compilation.json') as Compilations;
const EVALUATIONS = readRecorded('rule-evaluation.json') as Evaluations;

/** Rules that a real server accepts, or refuses for another reason, and that are refused here as not available. */
const NOT_AVAILABLE = /format\.|transformList|all\(i, v|all\(k, v|lists\.range/;

function describeError({ type, field, message }: FieldError): string {
  const text = message
    // The real server numbers the types of objects.
    .replace(/selfType\d+/g, 'object')
    // Where the parser gives up is the same, what it would have liked to see is not.
    .replace(/(ERROR: <input>:\d+:\d+: Syntax error): [\s\S]*/, '$1');
  return `${type} ${field}: ${text}`;
}

function sorted(errors: readonly FieldError[]): string[] {
  return errors.map(describeError).sort();
}

function schemaOf(rule: JsonObject | undefined, schema: JsonObject | undefined): JsonObject {
  return (
    schema ?? {
      type: 'object',
      properties: { spec: { ...COMPILATIONS.spec, 'x-kubernetes-validations': [rule] } },
    }
  );
}

describe('a rule in a definition', () => {
  for (const { rule, schema, causes } of COMPILATIONS.cases) {
    const what = JSON.stringify(rule ?? schema);
    const compile = () =>
      compileRules(
        compileStructuralSchema(schemaOf(rule, schema)),
        'spec.validation.openAPIV3Schema',
      );
    if (NOT_AVAILABLE.test(what)) {
      test(`${what} is refused, as this server cannot evaluate it`, () => {
        assert.match(JSON.stringify(compile().errors), /not available in this API server/);
      });
    } else {
      test(`${what.slice(0, 160)} is judged as by the real server`, () => {
        assert.deepEqual(sorted(compile().errors), sorted(causes ?? []));
      });
    }
  }
});

describe('an object under rules', () => {
  const schema = compileStructuralSchema(EVALUATIONS.schema);
  const { checker } = compileRules(schema, '');
  const custom = new CustomSchema({
    version: 'v1',
    kind: 'Rule',
    schema,
    source: EVALUATIONS.schema,
    rules: checker,
  });
  for (const { object, old, causes } of EVALUATIONS.cases) {
    const shown = JSON.stringify({ ...object, apiVersion: undefined, kind: undefined });
    const verb = old === undefined ? 'created' : 'updated';
    test(`${shown.slice(0, 160)} is judged as by the real server when ${verb}`, () => {
      const copy = structuredClone(object);
      custom.decode(copy);
      custom.applyDefaults(copy);
      assert.deepEqual(sorted(custom.validate(copy, old)), sorted(causes));
    });
  }
});

describe('the cost of rules', () => {
  const list = {
    type: 'object',
    properties: {
      spec: {
        type: 'array',
        maxItems: 850,
        items: { type: 'integer' },
        'x-kubernetes-validations': [
          { rule: 'self.all(a, self.all(b, a != b || a == b))' },
          { rule: 'self.all(a, self.all(b, a == b || a != b))' },
        ],
      },
    },
  };

  test('ends an evaluation that loops too often', () => {
    const { errors, checker } = compileRules(compileStructuralSchema(list), '');
    assert.deepEqual(errors, []);
    const numbers = Array.from({ length: 850 }, (_, index) => index);
    const [error] = checker.check({ spec: numbers }, undefined);
    assert.match(error?.message ?? '', /actual cost limit exceeded/);
  });

  test('starts over with each write', () => {
    const { checker } = compileRules(compileStructuralSchema(list), '');
    const numbers = Array.from({ length: 600 }, (_, index) => index);
    assert.deepEqual(checker.check({ spec: numbers }, undefined), []);
    assert.deepEqual(checker.check({ spec: numbers }, undefined), []);
  });
});

describe('functions that Kubernetes adds', () => {
  const check = (rule: string, value: string): boolean => {
    const schema = compileStructuralSchema({
      type: 'object',
      properties: {
        spec: { type: 'string', maxLength: 50, 'x-kubernetes-validations': [{ rule }] },
      },
    });
    const { errors, checker } = compileRules(schema, '');
    assert.deepEqual(errors, []);
    return checker.check({ spec: value }, undefined).length === 0;
  };
  const holds: readonly (readonly [string, string])[] = [
    ['quantity(self).isGreaterThan(quantity("100m"))', '1'],
    ['quantity(self) == quantity("1000m")', '1'],
    ['quantity(self).add(quantity("500m")).compareTo(quantity("1500m")) == 0', '1'],
    ['quantity(self).sub(1).sign() == 0', '1'],
    ['quantity(self).asInteger() == 1024', '1Ki'],
    ['!isQuantity(self)', 'abc'],
    [
      'url(self).getHost() == "example.com:80" && url(self).getPort() == "80"',
      'https://example.com:80/a?x=1',
    ],
    ['url(self).getQuery()["x"] == ["1"]', 'https://example.com/a?x=1'],
    ['!isURL(self)', 'no url'],
    ['ip(self).family() == 6 && ip(self).isLoopback()', '::1'],
    ['cidr(self).containsIP("10.1.2.3") && !cidr(self).containsIP(ip("11.0.0.1"))', '10.0.0.0/8'],
    ['cidr(self).masked().prefixLength() == 8', '10.1.0.0/8'],
    ['cidr(self).containsCIDR("10.2.0.0/16")', '10.0.0.0/8'],
    ['semver(self).isLessThan(semver("1.10.0")) && semver(self).minor() == 9', '1.9.0-rc.1'],
    ['self.find("[0-9]+") == "12"', 'ab12cd3'],
    ['self.findAll("[0-9]").size() == 3 && self.findAll("[0-9]", 2).size() == 2', 'ab12cd3'],
    ['["a", "b"].isSorted() && ["a", "c", "b"].max() == "c"', ''],
    ['self.split(",")[1] == "b" && ["a", "b"].indexOf("b") == 1', 'a,b,c'],
    ['sets.contains(["a", "b"], [self]) && !sets.intersects([self], ["z"])', 'a'],
    ['sets.equivalent(["a", self], ["b", "a", "a"])', 'b'],
    ['[1, 2, 3].sum() == 6 && [3, 1].min() == 1 && [2, 1].sort() == [1, 2]', ''],
    ['self.matches("^a+$")', 'aaa'],
    ['self.lowerAscii() == "ab" && self.charAt(0) == "A" && self.size() == 2', 'AB'],
    ['timestamp(self) > timestamp("2020-01-01T00:00:00Z")', '2021-01-01T00:00:00Z'],
    ['duration(self) == duration("90s")', '1m30s'],
  ];
  for (const [rule, value] of holds) {
    test(`${rule} holds for ${JSON.stringify(value)}`, () => {
      assert.ok(check(rule, value));
    });
  }
});
