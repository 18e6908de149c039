/** One request of a scenario. The requests of a scenario build on each other. */
export interface BehaviourCase {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** Makes or clears ground: the answer is not compared. */
  readonly isSetup?: boolean | undefined;
  /** Repeated until it is answered with this code. */
  readonly untilStatus?: number | undefined;
}

/** An answer, made comparable: what differs at each run is replaced by its name. */
export interface BehaviourAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly warning?: string | undefined;
  readonly body: unknown;
}

export const JSON_TYPE = 'application/json';
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const APPLY = 'application/apply-patch+yaml';

/** Marks a request that makes or clears ground. */
export const SETUP = { isSetup: true } as const;

type Extra = Pick<BehaviourCase, 'isSetup'>;

export function get(path: string, headers: { readonly accept?: string } = {}): BehaviourCase {
  return { method: 'GET', path, ...headers };
}

export function post(path: string, body: unknown, extra: string | Extra = {}): BehaviourCase {
  return typeof extra === 'string'
    ? { method: 'POST', path, body, contentType: extra }
    : { method: 'POST', path, body, ...extra };
}

/** A create that is tried and not done. */
export function dry(path: string, body: unknown): BehaviourCase {
  return post(`${path}?dryRun=All`, body);
}

export function put(path: string, body: unknown): BehaviourCase {
  return { method: 'PUT', path, body };
}

export function patch(path: string, body: unknown, contentType: string = MERGE): BehaviourCase {
  return { method: 'PATCH', path, body, contentType };
}

export function remove(path: string, body?: unknown, extra: Extra = {}): BehaviourCase {
  return { method: 'DELETE', path, ...(body === undefined ? {} : { body }), ...extra };
}

/** Waits for the server to have done something by itself. */
export function until(untilStatus: number, path: string): BehaviourCase {
  return { method: 'GET', path, untilStatus, isSetup: true };
}

/** The body as it is sent. */
export function bodyText(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}

/** What a request is called in a report. */
export function caseTitle(request: BehaviourCase, index: number): string {
  const kind = request.contentType?.replace(/^application\//, '') ?? '';
  const body = bodyText(request.body)?.replace(/\s+/g, ' ').slice(0, 90) ?? '';
  return `${String(index)} ${request.method} ${request.path} ${kind} ${body}`
    .replace(/ +/g, ' ')
    .trim();
}

const VOLATILE = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'time',
  'deletionTimestamp',
  'continue',
  'token',
]);

function normalizeText(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/10\.(89|96)\.\d+\.\d+(\/\d+)?/g, '<service address>')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<suffix>')
    .replace(/(-gen-)[a-z0-9]{5}/g, '$1<suffix>')
    .replace(/"resourceVersion\\?":\\?"\d+\\?"/g, '"resourceVersion":"<revision>"')
    .replace(/(resource version: \d+, current: )\d+/g, '$1<revision>')
    .replace(/in record \(\d+\)/g, 'in record (<revision>)')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>');
}

/**
 * Lists whose order is chance: managers stand by time, and whether two writes fall into one second is chance; a real
 * server names the conflicts of an apply in any order.
 */
function isUnordered(key: string, items: readonly unknown[]): boolean {
  return (
    key === 'managedFields' ||
    (key === 'causes' && JSON.stringify(items[0] ?? '').includes('FieldManagerConflict'))
  );
}

/** Whether it tells only by which certificate the sender of a request was known. */
function isCredential(extra: unknown): boolean {
  return (
    typeof extra === 'object' &&
    extra !== null &&
    Object.keys(extra).join() === 'authentication.kubernetes.io/credential-id'
  );
}

function normalize(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => normalize(item, key));
    return isUnordered(key, items)
      ? items.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
      : items;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(
      members
        .filter(([name, member]) => name !== 'extra' || !isCredential(member))
        .map(([name, member]) => [name, normalize(member, name)]),
    );
  }
  if (typeof value !== 'string') {
    // Node ports are chosen at random.
    return key === 'nodePort' ? '<node port>' : value;
  }
  if (VOLATILE.has(key)) return value === '' ? '' : `<${key}>`;
  return normalizeText(value);
}

/** Makes an answer comparable with another one of the same request. */
export function comparable(answer: {
  readonly status: number;
  readonly contentType: string;
  readonly warning: string | undefined;
  readonly text: string;
}): BehaviourAnswer {
  let body: unknown;
  try {
    body = normalize(JSON.parse(answer.text));
  } catch {
    body = normalizeText(answer.text);
  }
  return {
    status: answer.status,
    contentType: answer.contentType,
    ...(answer.warning === undefined ? {} : { warning: normalizeText(answer.warning) }),
    body,
  };
}
