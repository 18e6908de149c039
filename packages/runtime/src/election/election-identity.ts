import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** A name for this process that no other process ever has: `<host name>_<uuid>`, as in client-go. */
export function newIdentity(host: string = hostname()): string {
  return `${host}_${randomUUID()}`;
}
