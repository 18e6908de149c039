import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** A name for this process that no other process ever has: `<host name>_<uuid>`, as in client-go. */
export function newIdentity(host: string = hostname()): string {
  return `${host}_${randomUUID()}`;
}

/** The field manager as which a candidate makes a lease: like no other candidate's, and short enough for the server (128 bytes). */
export function creatorName(identity: string): string {
  return `leader-election-${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`;
}
