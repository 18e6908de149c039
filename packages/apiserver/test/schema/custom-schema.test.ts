import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StatusError } from '@kubewright/apimachinery';
import type { JsonObject } from '../../src/contracts.ts';
import type { FieldError } from '../../src/field-error.ts';
import { CustomSchema } from '../../src/schema/custom-schema.ts';
import { compileStructuralSchema } from '../../src/schema/structural-schema.ts';
import { readRecorded } from '../recorded/read-recorded.ts';

interface Recording {
  readonly group: string;
  readonly kind: string;
  readonly schema: JsonObject;
  readonly cases: readonly {
    readonly object: JsonObject;
    readonly stored?: JsonObject;
    readonly causes?: readonly FieldError[];
    readonly unknown?: readonly string[];
    readonly message?: string;
  }[];
}

// The shape in which the answers were written down.
const RECORDINGS = readRecorded('custom-validation.json') as Recording[];

const NO_RULES = { check: () => [] };

/** Members of an object are visited in no fixed order by the real server. */
function sorted(errors: readonly FieldError[]): string[] {
  return errors.map(({ type, field, message }) => `${type} ${field}: ${message}`).sort();
}

/** What the path of names, metadata and kinds before the schema decides, is tested with the write path. */
function isAboutSchema(recorded: Recording['cases'][number]): boolean {
  const text = JSON.stringify(recorded.causes ?? []);
  return (
    !/"field":"(metadata|kind)/.test(text) &&
    !(recorded.message ?? '').startsWith('the ') &&
    typeof recorded.object['kind'] === 'string'
  );
}

for (const { kind, schema, cases } of RECORDINGS) {
  describe(`objects of the recorded kind ${kind}`, () => {
    const custom = new CustomSchema({
      version: 'v1',
      kind,
      schema: compileStructuralSchema(schema),
      source: schema,
      rules: NO_RULES,
    });
    for (const recorded of cases.filter(isAboutSchema)) {
      const { apiVersion: _, kind: __, ...said } = recorded.object;
      test(`${JSON.stringify(said)} gets the answer of the real server`, () => {
        const object = structuredClone(recorded.object);
        if (recorded.message !== undefined) {
          assert.throws(
            () => custom.decode(object),
            (error) => error instanceof StatusError && error.message === recorded.message,
          );
          return;
        }
        const { unknownFields } = custom.decode(object);
        if (recorded.unknown !== undefined) {
          assert.deepEqual(unknownFields, recorded.unknown);
          return;
        }
        custom.applyDefaults(object);
        // The status of a new object is dropped before it is checked.
        delete object['status'];
        assert.deepEqual(sorted(custom.validate(object, undefined)), sorted(recorded.causes ?? []));
        if (recorded.stored !== undefined) {
          const { apiVersion: ___, kind: ____, metadata: _____, ...stored } = object;
          assert.deepEqual(stored, recorded.stored);
        }
      });
    }
  });
}
