import type { ServerResponse } from '../contracts.ts';
import { notFound, unclassifiedError } from '../status.ts';
import type { StoredRecord } from '../storage/stored-record.ts';
import { answerBytes, encodeAnswer } from './answer.ts';
import { present, servesStoredBytes } from './presentation.ts';
import { parseRevision, revisionSyntaxMessage, tooLargeRevision } from './read-options.ts';
import { namespaceOf, type Operation } from './services.ts';
import { readRecord } from '../storage/version-reader.ts';

/** The stored object that a request names. @throws StatusError 404 */
export function findRequested(operation: Operation): StoredRecord {
  const { services, info, type } = operation;
  const record = services.store.find(type.storageKey, namespaceOf(operation), info.name);
  if (record === undefined) throw notFound(type, info.name);
  return record;
}

/** A stored record as the answer to a request, from its bytes where possible. */
export async function answerRecord(
  operation: Operation,
  record: StoredRecord,
  status: number,
): Promise<ServerResponse> {
  const { type, request, format } = operation;
  if (servesStoredBytes(type, format.as)) {
    return answerBytes(status, record.bytes, request, format);
  }
  const object = await readRecord(type, record);
  return encodeAnswer(status, present(operation, object), request, format);
}

/** GET of one object. */
export async function get(operation: Operation): Promise<ServerResponse> {
  const text = operation.request.query.get('resourceVersion') ?? '';
  if (text !== '') {
    const revision = parseRevision(text);
    if (revision === undefined) {
      const message = `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${revisionSyntaxMessage(text)}`;
      throw unclassifiedError(message);
    }
    const current = operation.services.store.revision;
    if (revision > current) throw tooLargeRevision(revision, current);
  }
  return answerRecord(operation, findRequested(operation), 200);
}
