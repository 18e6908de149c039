import { modifyAsServer, type ServerWriteOptions } from '../apply/modify-as-server.ts';
import type { JsonObject } from '../contracts.ts';
import { objectAt, textAt } from '../registry/json-read.ts';

/** Label of a Secret with the day, in UTC, on which its token was used last. */
const LAST_USED_LABEL = 'kubernetes.io/legacy-token-last-used';

/** Marks a Secret whose token was used with the day; once a day. */
export function noteSecretUse(options: ServerWriteOptions, namespace: string, name: string): void {
  const today = new Date(options.clock.now()).toISOString().slice(0, 10);
  const labelsOf = (secret: JsonObject): JsonObject =>
    objectAt(objectAt(secret, 'metadata'), 'labels');
  const secret = options.store.get('secrets', namespace, name);
  if (secret === undefined || textAt(labelsOf(secret), LAST_USED_LABEL) === today) return;
  const kind = { group: '', version: 'v1', plural: 'secrets', subresource: '' };
  modifyAsServer(options, { ...kind, namespace, name }, (stored) => {
    const metadata = objectAt(stored, 'metadata');
    metadata['labels'] = { ...labelsOf(stored), [LAST_USED_LABEL]: today };
  });
}
