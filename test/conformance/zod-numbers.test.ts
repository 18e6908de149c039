import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { isInvalid } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import * as z from 'zod';
import { describeOnEachServer } from './on-each-server.ts';

const numbers = z.object({
  any: z.number().optional(),
  float: z.float32().optional(),
  double: z.float64().optional(),
  between: z.number().gt(0).lt(10).optional(),
  // Beyond 64 bits a server knows no multiples.
  even: z.number().min(-1e15).max(1e15).multipleOf(2).optional(),
  integer: z.int().optional(),
  bounded: z.number().min(1).max(9).int().optional(),
  within: z.int32().gt(0.5).lt(9.5).optional(),
  unsigned: z.uint32().optional(),
});

const values = [
  0, 1, -1, 0.5, 2, 2.5, 9, 9.5, 10, 1e10, -1e10, 2147483648, 4294967296, 1e20, -1e20, 1e38, 1e39,
  1e300,
];

const NumberHolder = defineCustomResource({
  group: 'numbers.example.com',
  kind: 'NumberHolder',
  plural: 'numberholders',
  scope: 'Namespaced',
  versions: [defineVersion({ name: 'v1', storage: true, spec: numbers })],
});

describeOnEachServer('numbers of a schema in Zod', {}, (environment) => {
  let client: Client;
  let namespace: string;
  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    await environment().install(NumberHolder.manifest());
  });

  async function isAccepted(spec: z.infer<typeof numbers>): Promise<boolean> {
    const object = { metadata: { generateName: 'x-', namespace }, spec };
    try {
      await client.create(NumberHolder.resource, object, { dryRun: true });
      return true;
    } catch (error) {
      if (isInvalid(error)) return false;
      throw error;
    }
  }

  for (const field of Object.keys(numbers.shape)) {
    test(`are taken and refused by the server as by Zod: ${field}`, async () => {
      const accepted = await Promise.all(values.map((value) => isAccepted({ [field]: value })));
      assert.deepEqual(
        values.filter((_, index) => accepted[index]),
        values.filter((value) => numbers.safeParse({ [field]: value }).success),
      );
    });
  }
});
