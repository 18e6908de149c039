import type { ServerResponse } from '../contracts.ts';
import { badRequest, expired, failure } from '../status.ts';
import type { SortedRecords } from '../storage/sorted-records.ts';
import type { StoredRecord } from '../storage/stored-record.ts';
import {
  acceptsGzip,
  answerBytes,
  BASE_HEADERS,
  compressStream,
  encodeAnswer,
  wantsPretty,
} from './answer.ts';
import { decodeContinueToken, encodeContinueToken } from './continue-token.ts';
import { partialMetadata, tableOf } from './presentation.ts';
import {
  isSelective,
  parseReadOptions,
  parseRevision,
  revisionSyntaxMessage,
  selects,
  selectsByContent,
  tooLargeRevision,
  type ReadOptions,
} from './read-options.ts';
import { namespaceOf, type Operation } from './services.ts';
import { VersionReader } from '../storage/version-reader.ts';

/** One page of a collection at one revision. */
export interface ListPage {
  readonly records: readonly StoredRecord[];
  /** Knows all of the records. */
  readonly reader: VersionReader;
  readonly revision: number;
  /** Token for the next page; undefined on the last. */
  readonly continue: string | undefined;
  /** Objects after this page; known without selectors only. */
  readonly remaining: number | undefined;
}

const EXPIRED_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';

interface Snapshot {
  readonly records: SortedRecords;
  readonly revision: number;
  readonly after: string | undefined;
  readonly limit: number;
}

function snapshotAt(operation: Operation, revision: number): SortedRecords | undefined {
  return operation.services.store.collection(operation.type.storageKey).at(revision);
}

function continuedSnapshot(operation: Operation, options: ReadOptions): Snapshot {
  const { store } = operation.services;
  const token = decodeContinueToken(options.continue);
  if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const { after } = token;
  const { limit } = options;
  if (token.revision < 0) {
    const { records } = store.collection(operation.type.storageKey);
    return { records, revision: store.revision, after, limit };
  }
  const records = snapshotAt(operation, Math.min(token.revision, store.revision));
  if (records === undefined) {
    const refusal = failure(410, 'Expired', EXPIRED_TOKEN);
    refusal.status.metadata = { continue: encodeContinueToken({ revision: -1, after }) };
    throw refusal;
  }
  return { records, revision: token.revision, after, limit };
}

function snapshot(operation: Operation, options: ReadOptions): Snapshot {
  if (options.continue !== '') return continuedSnapshot(operation, options);
  const { store } = operation.services;
  const { records } = store.collection(operation.type.storageKey);
  const text = options.resourceVersion;
  const latest = { records, revision: store.revision, after: undefined };
  if (text === '') return { ...latest, limit: options.limit };
  const revision = parseRevision(text);
  if (revision === undefined) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: ${revisionSyntaxMessage(text)}`,
    );
  }
  // "Any" is answered from memory, all of it: the limit is not looked at.
  if (revision === 0) return { ...latest, limit: 0 };
  if (revision > store.revision) throw tooLargeRevision(revision, store.revision);
  const isExact =
    options.resourceVersionMatch === 'Exact' ||
    // Before resourceVersionMatch existed, a limit meant "exactly this version"; it still does.
    (options.resourceVersionMatch === '' && options.limit > 0);
  if (!isExact) return { ...latest, limit: options.limit };
  const past = snapshotAt(operation, revision);
  if (past === undefined) {
    throw expired('The resourceVersion for the provided list is too old.');
  }
  return { records: past, revision, after: undefined, limit: options.limit };
}

/**
 * Reads one page.
 *
 * @throws StatusError 400, 410, 422 or 504, by the rules of resourceVersion and continue; 500 when a webhook does not
 * convert the objects
 */
export async function readPage(operation: Operation, options: ReadOptions): Promise<ListPage> {
  const { records, revision, after, limit } = snapshot(operation, options);
  const candidates = records.slice(namespaceOf(operation), after);
  const reader = new VersionReader(operation.type);
  if (selectsByContent(options)) await reader.announce(candidates);
  const page = choosePage(candidates, reader, options, limit);
  if (!selectsByContent(options)) await reader.announce(page.records);
  const { isCut, looked } = page;
  const last = candidates[looked - 1];
  const hasMore = isCut && last !== undefined;
  return {
    records: page.records,
    reader,
    revision,
    continue: hasMore ? encodeContinueToken({ revision, after: last.orderKey }) : undefined,
    remaining: hasMore && !isSelective(options) ? candidates.length - looked : undefined,
  };
}

interface ChosenRecords {
  readonly records: readonly StoredRecord[];
  /** How many candidates were looked at; there are more when the page is cut. */
  readonly looked: number;
  readonly isCut: boolean;
}

function choosePage(
  candidates: readonly StoredRecord[],
  reader: VersionReader,
  options: ReadOptions,
  limit: number,
): ChosenRecords {
  const selective = isSelective(options);
  if (limit === 0) {
    return {
      records: selective
        ? candidates.filter((record) => selects(options, reader, record))
        : candidates,
      looked: candidates.length,
      isCut: false,
    };
  }
  const page: StoredRecord[] = [];
  let looked = 0;
  for (const record of candidates) {
    if (page.length === limit) break;
    looked += 1;
    if (!selective || selects(options, reader, record)) page.push(record);
  }
  return { records: page, looked, isCut: looked < candidates.length };
}

function listMetadata(page: ListPage): Record<string, unknown> {
  return {
    resourceVersion: String(page.revision),
    ...(page.continue === undefined ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
}

/** Bytes are handed on in pieces of about this size. */
const CHUNK_BYTES = 64 * 1024;
const COMMA = Buffer.from(',');
const BRACE = Buffer.from('{');

function* itemPieces(operation: Operation, page: ListPage): Generator<Uint8Array> {
  const { type } = operation;
  const head = {
    kind: type.listKind,
    apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
    metadata: {
      ...listMetadata(page),
      // Lists of custom resources always say where they go on.
      ...(type.origin === 'custom' ? { continue: page.continue ?? '' } : {}),
    },
  };
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`);
  let isFirst = true;
  for (const record of page.records) {
    if (!isFirst) yield COMMA;
    isFirst = false;
    if (type.origin === 'custom') {
      yield page.reader.bytes(record);
    } else if (type.fromStorage === undefined) {
      yield BRACE;
      yield record.bytes.subarray(record.typePrefixBytes);
    } else {
      const { kind: _, apiVersion: __, ...item } = page.reader.object(record);
      yield Buffer.from(JSON.stringify(item));
    }
  }
  yield Buffer.from(']}');
}

function* inChunks(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    pending.push(piece);
    bytes += piece.byteLength;
    if (bytes >= CHUNK_BYTES) {
      yield Buffer.concat(pending);
      pending = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(pending);
}

// Synchronous pieces behind an asynchronous face: the transport awaits between them, so a long list does not hold the
// event loop.
async function* streamed(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Lists up to this many objects are answered as one piece with a content length. */
const STREAMED_FROM_ITEMS = 100;

/** Encodes a page of objects in the look that the client asked for. */
export function answerList(operation: Operation, page: ListPage): ServerResponse {
  const { request, format } = operation;
  const objects = () => page.records.map((record) => page.reader.object(record));
  if (format.as === 'table') {
    return encodeAnswer(200, tableOf(operation, objects(), listMetadata(page)), request, format);
  }
  if (format.as === 'metadata') {
    const list = {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: listMetadata(page),
      // As the real server, which has no empty list here.
      items: page.records.length === 0 ? null : objects().map(partialMetadata),
    };
    return encodeAnswer(200, list, request, format);
  }
  const pieces = inChunks(itemPieces(operation, page));
  const headers = { ...BASE_HEADERS, 'content-type': 'application/json' };
  const isLong = page.records.length > STREAMED_FROM_ITEMS;
  if (isLong && format.encoding === 'json' && !wantsPretty(request)) {
    const body = streamed(pieces);
    const answer = { status: 200, headers, body };
    return acceptsGzip(request) ? compressStream(answer, body) : answer;
  }
  return answerBytes(200, Buffer.concat([...pieces]), request, format);
}

/** GET of a collection. */
export async function list(operation: Operation): Promise<ServerResponse> {
  const options = parseReadOptions(operation.request.query, operation.type, false);
  return answerList(operation, await readPage(operation, options));
}
