import type { JsonObject } from '../contracts.ts';
import { unclassifiedError } from '../status.ts';

/** Most bytes that etcd takes in one request, which the database of a real server sets: 1.5 MiB. */
const MAX_STORED_BYTES = 1.5 * 1024 * 1024;

/**
 * Refuses what a real server's database would not take, in its words.
 *
 * @param atMostBytes a bound of its size that is cheap to know; below the limit nothing is measured
 * @throws StatusError 500
 */
export function checkStoredSize(object: JsonObject, atMostBytes: number): void {
  if (atMostBytes <= MAX_STORED_BYTES / 2) return;
  const bytes = Buffer.byteLength(JSON.stringify(object));
  if (bytes > MAX_STORED_BYTES) throw unclassifiedError('etcdserver: request is too large');
}
