import { isNotFound } from '@kubewright/apimachinery';
import type { ServerResponse } from '../contracts.ts';
import { deleteObject } from './delete-object.ts';
import { parseDeleteOptions } from './delete-options.ts';
import { answerList, readPage } from './list.ts';
import { parseReadOptions } from './read-options.ts';
import type { Operation } from './services.ts';

/** DELETE of a collection: all that the selectors choose. Answers the list of what it has deleted, as it was. */
export async function deleteCollection(operation: Operation): Promise<ServerResponse> {
  const options = parseDeleteOptions(operation);
  const page = await readPage(
    operation,
    parseReadOptions(operation.request.query, operation.type, false),
  );
  for (const record of page.records) {
    try {
      await deleteObject(operation, record.name, record.namespace, options);
    } catch (error) {
      // Somebody else was faster: it is gone, which was the aim.
      if (!isNotFound(error)) throw error;
    }
  }
  return answerList(operation, page);
}
