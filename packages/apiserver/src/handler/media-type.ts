import { failure } from '../status.ts';

/** How an answer shall look. */
export interface AnswerFormat {
  readonly encoding: 'json' | 'yaml';
  /** Server-side transformation asked for with `as=`. */
  readonly as: 'object' | 'table' | 'metadata';
}

const SERVED_TYPES = new Set([
  '*/*',
  'application/*',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
]);
const JSON_OBJECT: AnswerFormat = { encoding: 'json', as: 'object' };

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Splits an `Accept` header; order is preference, as in Kubernetes clients (quality values are not used by them). */
function parseAccept(header: string): MediaRange[] {
  return header
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [type = '', ...rest] = part.split(';').map((piece) => piece.trim());
      const parameters = new Map<string, string>();
      for (const piece of rest) {
        const equals = piece.indexOf('=');
        if (equals > 0) parameters.set(piece.slice(0, equals), piece.slice(equals + 1));
      }
      return { type: type.toLowerCase(), parameters };
    });
}

function transformation(range: MediaRange): AnswerFormat['as'] | undefined {
  const as = range.parameters.get('as');
  if (as === undefined) return 'object';
  const group = range.parameters.get('g') ?? 'meta.k8s.io';
  const version = range.parameters.get('v') ?? 'v1';
  if (group !== 'meta.k8s.io' || version !== 'v1') return undefined;
  if (as === 'Table') return 'table';
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  return undefined;
}

function formatOf(range: MediaRange): AnswerFormat | undefined {
  const as = transformation(range);
  if (as === undefined) return undefined;
  switch (range.type) {
    case '*/*':
    case 'application/*':
    case 'application/json':
    case 'application/vnd.kubernetes.protobuf':
      // Protobuf is not spoken here: its clients read JSON by the answer's content type.
      return { encoding: 'json', as };
    case 'application/yaml':
      return { encoding: 'yaml', as };
    default:
      return undefined;
  }
}

/**
 * Chooses how to answer: the first range of the `Accept` header that can be served; JSON when there is no header.
 *
 * @throws StatusError 406 when none can
 */
export function negotiate(accept: string | undefined): AnswerFormat {
  const ranges = parseAccept(accept ?? '');
  if (ranges.length === 0) return JSON_OBJECT;
  for (const range of ranges) {
    const format = formatOf(range);
    if (format !== undefined) return format;
  }
  const isKnown = ranges.some(({ type }) => SERVED_TYPES.has(type));
  throw isKnown
    ? failure(
        406,
        'NotAcceptable',
        'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      )
    : failure(
        406,
        'NotAcceptable',
        '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
        {},
      );
}

/** The media type of a `Content-Type` header without parameters, in lower case; `application/json` when absent. */
export function contentTypeOf(headers: Readonly<Record<string, string>>): string {
  const header = headers['content-type'];
  if (header === undefined || header.trim() === '') return 'application/json';
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}
