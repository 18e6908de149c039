import { isJsonObject } from '@kubewright/apimachinery';
import type { ClientContext } from '../api/client-context.ts';
import { DecodeError } from '../decode/decode-error.ts';

/** Version of an API server. */
export interface ServerVersion {
  /** The first number, 1. */
  readonly major: number;
  /** Vendors append a plus sign (`30+`), which is left out here. */
  readonly minor: number;
  /** The whole, such as `v1.36.3`. */
  readonly gitVersion: string;
  /** Such as `linux/amd64`; the empty string when the server does not say. */
  readonly platform: string;
}

/** Asks the server for its version. */
export async function readServerVersion(
  { caller }: ClientContext,
  signal?: AbortSignal,
): Promise<ServerVersion> {
  const attempt = 'read the version of the API server';
  const answer = await caller.json({
    method: 'GET',
    path: '/version',
    pathPattern: '/version',
    verb: 'get',
    attempt,
    signal,
  });
  if (!isJsonObject(answer) || typeof answer['gitVersion'] !== 'string') {
    throw new DecodeError('MALFORMED', `${attempt}: the answer has no gitVersion`);
  }
  return {
    major: leadingNumber(answer['major']),
    minor: leadingNumber(answer['minor']),
    gitVersion: answer['gitVersion'],
    platform: typeof answer['platform'] === 'string' ? answer['platform'] : '',
  };
}

function leadingNumber(value: unknown): number {
  return typeof value === 'string' ? Number(/^\d+/.exec(value)?.[0] ?? 0) : 0;
}
