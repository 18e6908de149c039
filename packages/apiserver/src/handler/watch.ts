import { createFieldSelector, StatusError } from '@kubewright/apimachinery';
import type { JsonObject, ServerResponse } from '../contracts.ts';
import { badRequest, expired, unclassifiedError } from '../status.ts';
import type { LogEntry } from '../storage/event-log.ts';
import type { StoredRecord } from '../storage/stored-record.ts';
import { LogCursor } from '../watch/log-cursor.ts';
import { WatchEncoder } from '../watch/watch-encoder.ts';
import { pause } from '../watch/pause.ts';
import type { WatchCut } from '../watch/watch-registry.ts';
import { BASE_HEADERS } from './answer.ts';
import {
  parseReadOptions,
  parseRevision,
  revisionSyntaxMessage,
  tooLargeRevision,
  type ReadOptions,
} from './read-options.ts';
import { namespaceOf, type Operation } from './services.ts';

/** Time between bookmarks, in milliseconds, as in the real server. */
const BOOKMARK_INTERVAL_MS = 60_000;
/** A watch that ends by its timeout gets a last bookmark this long before. */
const BOOKMARK_BEFORE_END_MS = 2_000;
/** Without `timeoutSeconds` a watch ends after 30 to 60 minutes, spread so that not all come back at once. */
const MIN_WATCH_MS = 30 * 60_000;
/** Pause before objects that could not be converted are tried again, in milliseconds. */
const CONVERSION_RETRY_MS = 1_000;
/** Objects of the initial state told in one piece. */
const INITIAL_BATCH = 200;

function statusOf(error: StatusError): JsonObject {
  // A Status is a plain object like any other.
  return error.status;
}

function startRevision(options: ReadOptions): number {
  if (options.resourceVersion === '') return 0;
  const revision = parseRevision(options.resourceVersion);
  if (revision === undefined) {
    const text = options.resourceVersion;
    throw unclassifiedError(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${revisionSyntaxMessage(text)}`,
    );
  }
  return revision;
}

/** A watch as it was agreed on when its request was answered; reading it comes later. */
interface WatchPlan {
  readonly operation: Operation;
  readonly options: ReadOptions;
  readonly encoder: WatchEncoder;
  readonly endMs: number;
  readonly start:
    /** Goes on after the cursor; `state` is told first. */
    | {
        readonly kind: 'follow';
        readonly cursor: LogCursor;
        readonly state: readonly StoredRecord[] | undefined;
      }
    /** The revision is forgotten, or not reached; the answer has begun before that is known. */
    | { readonly kind: 'refuse'; readonly error: StatusError };
}

function durationMs({ timeoutSeconds }: ReadOptions): number {
  return timeoutSeconds === undefined || timeoutSeconds <= 0
    ? MIN_WATCH_MS * (1 + Math.random())
    : timeoutSeconds * 1000;
}

function planStart(
  operation: Operation,
  options: ReadOptions,
  revision: number,
): WatchPlan['start'] {
  const { services, type } = operation;
  const { store, clock } = services;
  const { log, records } = store.collection(type.storageKey);
  if (options.sendInitialEvents === true && revision > store.revision) {
    return { kind: 'refuse', error: tooLargeRevision(revision, store.revision) };
  }
  const sendsState = options.sendInitialEvents ?? revision === 0;
  if (!sendsState && revision > 0 && revision < log.compactedRevision) {
    const error = expired(`too old resource version: ${revision} (${log.compactedRevision})`);
    return { kind: 'refuse', error };
  }
  const from = sendsState || revision === 0 ? store.revision : revision;
  return {
    kind: 'follow',
    cursor: new LogCursor(store, type.storageKey, clock, from),
    // Records never change: this is the state at the cursor, however late it is read.
    state: sendsState ? records.slice(namespaceOf(operation)) : undefined,
  };
}

async function* events(plan: WatchPlan): AsyncGenerator<Uint8Array> {
  const { operation, options, encoder, endMs, start } = plan;
  const { services, type, request } = operation;
  const { clock } = services;
  if (start.kind === 'refuse') {
    yield encoder.error(statusOf(start.error));
    return;
  }
  using entry = services.watches.enter(type.storageKey);
  const signals = [request.signal, entry.signal];
  const { cursor, state } = start;
  const checkCut = (): void => {
    if (entry.signal.reason === ('reset' satisfies WatchCut)) throw new Error('the watch was cut');
  };
  if (state !== undefined) {
    for (let index = 0; index < state.length; index += INITIAL_BATCH) {
      const records = state.slice(index, index + INITIAL_BATCH);
      if (!(await announced(plan, records, signals))) {
        checkCut();
        return;
      }
      const lines = encoder.initial(records);
      if (lines.byteLength > 0) yield lines;
    }
    if (options.allowWatchBookmarks) yield encoder.bookmark(cursor.revision, true);
  }

  const lastBookmarkMs = endMs - BOOKMARK_BEFORE_END_MS;
  let bookmarkMs = nextBookmark(clock.now(), lastBookmarkMs);
  for (;;) {
    const step = await cursor.next(Math.min(bookmarkMs, endMs), signals);
    switch (step.kind) {
      case 'changes': {
        if (!(await announced(plan, recordsOf(step.entries), signals))) {
          checkCut();
          return;
        }
        const lines = encoder.changes(step.entries);
        if (lines !== undefined) yield lines;
        break;
      }
      case 'quiet':
        break;
      case 'behind':
        // As in the real server a reader that cannot keep up is let go; it resumes from what it has seen.
        return;
      case 'aborted':
        checkCut();
        if (!request.signal.aborted) yield* rest(plan, cursor, signals);
        return;
      default:
        step satisfies never;
    }
    const now = clock.now();
    if (now >= endMs) return;
    if (now >= bookmarkMs) {
      // A watch from a version that is yet to come is told of none before it.
      const isReached = cursor.revision <= services.store.revision;
      if (options.allowWatchBookmarks && isReached) yield encoder.bookmark(cursor.revision, false);
      bookmarkMs = nextBookmark(now, lastBookmarkMs);
    }
  }
}

function recordsOf(entries: readonly LogEntry[]): StoredRecord[] {
  return entries.flatMap(({ record, previous }) =>
    previous === undefined ? [record] : [record, previous],
  );
}

/** What happened before a watch was ended, so that nobody misses the last change of a kind that goes. */
async function* rest(
  plan: WatchPlan,
  cursor: LogCursor,
  signals: readonly AbortSignal[],
): AsyncGenerator<Uint8Array> {
  const end = plan.operation.services.store.revision;
  while (cursor.revision < end) {
    const step = await cursor.next(0, []);
    if (step.kind !== 'changes') return;
    if (!(await announced(plan, recordsOf(step.entries), signals))) return;
    const lines = plan.encoder.changes(step.entries);
    if (lines !== undefined) yield lines;
  }
}

/**
 * Has records converted that are to be told. While the webhook fails the watch waits for it, as the real server's does:
 * it says nothing, and goes on when the webhook works again. False when the watch is over before.
 */
async function announced(
  { operation, encoder, endMs }: WatchPlan,
  records: readonly StoredRecord[],
  signals: readonly AbortSignal[],
): Promise<boolean> {
  const { clock } = operation.services;
  for (;;) {
    try {
      await encoder.announce(records);
      return true;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (signals.some((signal) => signal.aborted) || clock.now() >= endMs) return false;
      await pause({ clock, delayMs: CONVERSION_RETRY_MS, signals });
    }
  }
}

/** When the next bookmark is due: at the interval, or shortly before the end when that comes first. */
function nextBookmark(nowMs: number, lastBookmarkMs: number): number {
  const regularMs = nowMs + BOOKMARK_INTERVAL_MS;
  return nowMs < lastBookmarkMs ? Math.min(regularMs, lastBookmarkMs) : regularMs;
}

/** The options of a watch whose path names one object: only that one is told. @throws StatusError 400 when they choose others */
function ofNamedObject(
  options: ReadOptions,
  { isWatchPath, name }: Operation['info'],
): ReadOptions {
  if (!isWatchPath || name === '') return options;
  const path = 'metadata.name';
  const { requirements } = options.fieldSelector;
  const isChosen = requirements.some(
    (wanted) => wanted.path === path && wanted.operator === '=' && wanted.value === name,
  );
  if (requirements.length > 0 && !isChosen) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  }
  if (isChosen) return options;
  const fieldSelector = createFieldSelector([{ path, operator: '=', value: name }]);
  return { ...options, fieldSelector };
}

/** GET of a collection with `watch=true`, or of its old path. */
export function watch(operation: Operation): ServerResponse {
  const options = ofNamedObject(
    parseReadOptions(operation.request.query, operation.type, true),
    operation.info,
  );
  const revision = startRevision(options);
  // What the watch tells begins with its answer, not with the first look at it.
  const plan: WatchPlan = {
    operation,
    options,
    encoder: new WatchEncoder(operation, options),
    endMs: operation.services.clock.now() + durationMs(options),
    start: planStart(operation, options, revision),
  };
  return {
    status: 200,
    headers: { ...BASE_HEADERS, 'content-type': 'application/json' },
    body: events(plan),
  };
}
