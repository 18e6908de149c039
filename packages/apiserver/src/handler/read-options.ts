import {
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
  type StatusError,
  type FieldSelector,
  type Selector,
} from '@kubewright/apimachinery';
import type { ResourceType } from '../contracts.ts';
import { forbidden, type FieldError } from '../field-error.ts';
import { badRequest, failure, invalidError } from '../status.ts';
import type { StoredRecord } from '../storage/stored-record.ts';
import type { VersionReader } from '../storage/version-reader.ts';
import { booleanParameter } from './request-info.ts';

/** The query of a list, watch or deletecollection. */
export interface ReadOptions {
  readonly labelSelector: Selector;
  readonly fieldSelector: FieldSelector;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  /** As sent; the empty string when absent. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

/** An integer parameter; undefined when absent. @throws StatusError 400 */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

function selectors(query: URLSearchParams): Pick<ReadOptions, 'labelSelector' | 'fieldSelector'> {
  try {
    return {
      labelSelector: parseLabelSelector(query.get('labelSelector') ?? ''),
      fieldSelector: parseFieldSelector(query.get('fieldSelector') ?? ''),
    };
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

function checkFieldPaths(selector: FieldSelector, type: ResourceType): void {
  const known = [
    'metadata.name',
    ...(type.scope === 'Namespaced' ? ['metadata.namespace'] : []),
    ...type.selectableFields.keys(),
  ];
  for (const { path } of selector.requirements) {
    if (known.includes(path)) continue;
    // Built-in kinds with fields of their own answer with another sentence than those without.
    const isPlain = type.origin === 'builtin' && type.selectableFields.size === 0;
    throw badRequest(
      isPlain
        ? `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`
        : `field label not supported: ${path}`,
    );
  }
}

function optionErrors(query: URLSearchParams, isWatch: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const match = query.get('resourceVersionMatch') ?? '';
  const resourceVersion = query.get('resourceVersion') ?? '';
  const hasInitialEvents = query.has('sendInitialEvents');
  const field = 'resourceVersionMatch';
  const refuse = (detail: string, at: string = field) => errors.push(forbidden(at, detail));
  const unsupported = (choices: string) =>
    errors.push({
      type: 'FieldValueNotSupported',
      field,
      message: `Unsupported value: ${JSON.stringify(match)}: supported values: ${choices}`,
    });
  if (isWatch) {
    if (match !== '') {
      if (!hasInitialEvents) {
        refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
      }
      if (match !== 'NotOlderThan') unsupported('"NotOlderThan"');
    } else if (hasInitialEvents) {
      refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    }
    if ((query.get('continue') ?? '') !== '') {
      refuse('resourceVersionMatch is forbidden when continue is provided');
    }
    return errors;
  }
  if (match !== '') {
    if (resourceVersion === '') {
      refuse('resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if ((query.get('continue') ?? '') !== '') {
      refuse('resourceVersionMatch is forbidden when continue is provided');
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      unsupported('"Exact", "NotOlderThan", ""');
    } else if (match === 'Exact' && resourceVersion === '0') {
      refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (hasInitialEvents) refuse('sendInitialEvents is forbidden for list', 'sendInitialEvents');
  return errors;
}

/**
 * Reads the query of a list or watch.
 *
 * @throws StatusError 400 for values that cannot be read, 422 for ones that contradict each other
 */
export function parseReadOptions(
  query: URLSearchParams,
  type: ResourceType,
  isWatch: boolean,
): ReadOptions {
  const limit = integerParameter(query, 'limit') ?? 0;
  const timeoutSeconds = integerParameter(query, 'timeoutSeconds');
  const chosen = selectors(query);
  checkFieldPaths(chosen.fieldSelector, type);
  const errors = optionErrors(query, isWatch);
  if (errors.length > 0) {
    throw invalidError({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  }
  const match = query.get('resourceVersionMatch') ?? '';
  return {
    ...chosen,
    limit: Math.max(0, limit),
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    // Other values were refused above.
    resourceVersionMatch: match as ReadOptions['resourceVersionMatch'],
    sendInitialEvents: query.has('sendInitialEvents')
      ? booleanParameter(query, 'sendInitialEvents')
      : undefined,
    allowWatchBookmarks: booleanParameter(query, 'allowWatchBookmarks'),
    timeoutSeconds,
  };
}

/** A resourceVersion as a number; undefined when it is none. */
export function parseRevision(text: string): number | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** The message of Go's number parser, which the API passes on. */
export function revisionSyntaxMessage(text: string): string {
  return `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
}

/** 504 for a resourceVersion that the server has not reached. */
export function tooLargeRevision(requested: number, current: number): StatusError {
  return failure(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${requested}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
}

/** Whether the selectors of a request choose this version of an object. */
export function selects(
  options: Pick<ReadOptions, 'labelSelector' | 'fieldSelector'>,
  reader: VersionReader,
  record: StoredRecord,
): boolean {
  if (!options.labelSelector.matches(record.labels)) return false;
  if (options.fieldSelector.requirements.length === 0) return true;
  return options.fieldSelector.matches((path) => reader.field(record, path));
}

/** Whether the selectors look into objects: a reader has to know each candidate then. */
export function selectsByContent({ fieldSelector }: Pick<ReadOptions, 'fieldSelector'>): boolean {
  return fieldSelector.requirements.some(({ path }) => !path.startsWith('metadata.'));
}

/** Whether any selector was given. */
export function isSelective(
  options: Pick<ReadOptions, 'labelSelector' | 'fieldSelector'>,
): boolean {
  return (
    options.labelSelector.requirements.length > 0 || options.fieldSelector.requirements.length > 0
  );
}
