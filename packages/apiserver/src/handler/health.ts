import type { ServerResponse } from '../contracts.ts';
import { BASE_HEADERS } from './answer.ts';

/** A text that is no answer of the API itself. */
export function plainText(status: number, text: string): ServerResponse {
  return {
    status,
    headers: {
      ...BASE_HEADERS,
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    },
    body: Buffer.from(text),
  };
}

/** Checks that hold as long as there is somebody to ask, by the names that a real server gives them. */
const ALIVE = ['ping', 'log', 'etcd'];
/** Checks that hold when the server is ready. */
const READY = ['etcd-readiness', 'informer-sync', 'shutdown'];

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  healthz: ALIVE,
  livez: ALIVE,
  readyz: [...ALIVE, ...READY],
};

/**
 * Answers `/healthz`, `/livez` and `/readyz`, as a whole (`?verbose` names each check, `?exclude=` leaves one out) and
 * check by check (`/livez/ping`); undefined for other paths.
 */
export function answerHealth(
  path: string,
  query: URLSearchParams,
  isReady: boolean,
): ServerResponse | undefined {
  const [, root = '', check, ...rest] = path.split('/');
  const checks = CHECKS[root];
  if (checks === undefined) return undefined;
  const holds = (name: string): boolean => isReady || !READY.includes(name);
  if (check !== undefined) {
    if (rest.length > 0 || !checks.includes(check)) return undefined;
    return holds(check)
      ? plainText(200, 'ok')
      : plainText(500, `internal server error: ${check} failed: reason withheld\n`);
  }
  const excluded = new Set(query.getAll('exclude'));
  const lines = checks.map((name) => {
    if (excluded.has(name)) return `[+]${name} excluded: ok\n`;
    return holds(name) ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`;
  });
  const hasFailed = lines.some((line) => line.startsWith('[-]'));
  if (hasFailed) return plainText(500, `${lines.join('')}${root} check failed\n`);
  return plainText(200, query.has('verbose') ? `${lines.join('')}${root} check passed\n` : 'ok');
}
