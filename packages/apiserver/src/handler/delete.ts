import type { JsonObject, ResourceType, ServerResponse } from '../contracts.ts';
import { encodeAnswer } from './answer.ts';
import { answerUnstored } from './create.ts';
import { deleteRequested } from './delete-object.ts';
import { parseDeleteOptions } from './delete-options.ts';
import type { Operation } from './services.ts';

/** The `Status` that confirms a removal. */
function removalStatus(type: ResourceType, object: JsonObject): JsonObject {
  // Stored objects have metadata.
  const metadata = object['metadata'] as JsonObject;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata['name'] as unknown,
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.plural,
      uid: metadata['uid'] as unknown,
    },
  };
}

/** DELETE of an object. */
export async function deleteOne(operation: Operation): Promise<ServerResponse> {
  const { request, type, format } = operation;
  const result = await deleteRequested(operation, parseDeleteOptions(operation));
  if (result.kind === 'removed' && type.strategy.returnsDeletedObject !== true) {
    return encodeAnswer(200, removalStatus(type, result.object), request, {
      ...format,
      as: 'object',
    });
  }
  return answerUnstored(operation, result.object);
}
