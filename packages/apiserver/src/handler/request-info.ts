import { badRequest } from '../status.ts';

/** What a URL asks for, before anyone has looked whether it exists. */
export interface RequestInfo {
  /** True for `/api/v1/...` and `/apis/<group>/<version>/...` below a resource name. */
  readonly isResource: boolean;
  /** As authorizers see it: `get`, `list`, `watch`, `create`, …; the lower-case method for other paths. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** What follows the subresource; always empty for resources served here. */
  readonly rest: readonly string[];
  readonly namespace: string;
  /** `/namespaces/<name>/` stands before the resource, even where the name is empty. */
  readonly isInNamespace: boolean;
  /** The old form of a watch, `/api/v1/watch/...`. */
  readonly isWatchPath: boolean;
  readonly name: string;
  /** Decoded path. */
  readonly path: string;
}

/** A path from which nobody can tell what it is about; it is answered before anyone is asked who they are. */
export class UnreadablePathError extends Error {
  override readonly name = 'UnreadablePathError';

  /** @param url as it was asked for, with its query */
  constructor(url: string) {
    // As the real server writes it: the text is made for browsers.
    const shown = url.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    super(
      `Internal Server Error: ${JSON.stringify(shown)}: failed to create RequestInfo: ` +
        `unable to determine kind and namespace from url, ${shown}`,
    );
  }
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Below `namespaces/<name>` these belong to the namespace itself and are not resources in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** How a query parameter reads as a boolean: present and neither `false` nor `0`. */
export function booleanParameter(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '' && value.toLowerCase() !== 'false' && value !== '0';
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest(`invalid URL escape in path ${JSON.stringify(path)}`);
  }
}

function segmentsOf(path: string): string[] {
  const segments = path.split('/');
  const isNamed = (segment: string) => segment !== '';
  return segments.slice(segments.findIndex(isNamed), segments.findLastIndex(isNamed) + 1);
}

/**
 * Reads a URL the way authorization and routing need it. Escapes are decoded before the path is split, so an escaped
 * slash cannot smuggle a second segment past the authorizer. Slashes at the end count for nothing; an empty segment in
 * between is a name that is empty.
 *
 * @throws StatusError 400 for a malformed escape
 * @throws UnreadablePathError for a watch of nothing
 */
export function parseRequestInfo(
  method: string,
  rawPath: string,
  query: URLSearchParams,
): RequestInfo {
  const path = decodePath(rawPath);
  const segments = segmentsOf(path);
  const nonResource: RequestInfo = {
    isResource: false,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    resource: '',
    subresource: '',
    rest: [],
    namespace: '',
    isInNamespace: false,
    isWatchPath: false,
    name: '',
    path,
  };
  const [root, first = '', second = ''] = segments;
  const isCore = root === 'api';
  if (!isCore && root !== 'apis') return nonResource;
  const group = isCore ? '' : first;
  const version = isCore ? first : second;
  let parts = segments.slice(isCore ? 2 : 3);
  if (parts.length === 0 || (!isCore && group === '')) return nonResource;

  const isWatchPath = parts[0] === 'watch';
  if (isWatchPath) {
    const text = query.toString();
    if (parts.length === 1) throw new UnreadablePathError(text === '' ? path : `${path}?${text}`);
    parts = parts.slice(1);
  }

  let namespace = '';
  let isInNamespace = false;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1] ?? '';
    isInNamespace = parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? '');
    if (isInNamespace) parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = '', ...rest] = parts;
  const isCollection = name === '';
  let verb = isWatchPath ? 'watch' : (VERBS[method] ?? method.toLowerCase());
  if (verb === 'get' && isCollection) verb = booleanParameter(query, 'watch') ? 'watch' : 'list';
  if (verb === 'delete' && isCollection) verb = 'deletecollection';
  const info = {
    isResource: true,
    group,
    version,
    resource,
    subresource,
    rest,
    namespace,
    isInNamespace,
    isWatchPath,
    path,
  };
  if (isWatchPath) return { ...info, verb, name };
  if (isCollection && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) {
    // A selection of one name counts as that name, so a role for one object allows to list and watch it.
    const selected = /^metadata\.name==?([^,=!]+)$/.exec(query.get('fieldSelector') ?? '');
    return { ...info, verb, name: selected?.[1] ?? '' };
  }
  return { ...info, verb, name };
}
