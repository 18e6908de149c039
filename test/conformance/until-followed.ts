import { CustomResourceDefinition } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilAnswer } from './until-answer.ts';

interface Table {
  readonly columnDefinitions: readonly { readonly name: string }[];
}

let columns = 0;

/**
 * Waits until the server serves the objects of a definition as that is now. It follows its definitions some moments later and in their
 * order, so a column that is added to them last tells.
 */
export async function untilFollowed(
  client: Client,
  definition: { readonly name: string },
): Promise<void> {
  columns += 1;
  const column = { name: `Follows${String(columns)}`, type: 'string', jsonPath: '.metadata.name' };
  const { spec } = await client.patch(CustomResourceDefinition, definition, {
    type: 'json',
    operations: [{ op: 'add', path: '/spec/versions/0/additionalPrinterColumns', value: [column] }],
  });
  const { group, names, versions } = spec;
  await untilAnswer(
    () =>
      client.rawJson<Table>({
        method: 'GET',
        path: `/apis/${group}/${versions[0]?.name ?? ''}/${names.plural}?limit=1`,
        headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      }),
    ({ columnDefinitions }) => columnDefinitions.some(({ name }) => name === column.name),
  );
}
