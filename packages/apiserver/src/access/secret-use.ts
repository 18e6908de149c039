import type { Clock, JsonObject, ObjectStore, TypeRegistry } from '../contracts.ts';
import { recordUpdateOfOnlyVersion } from '../apply/track-managers.ts';
import { objectAt, textAt } from '../registry/json-read.ts';

/** Label of a Secret with the day, in UTC, on which its token was used last. */
const LAST_USED_LABEL = 'kubernetes.io/legacy-token-last-used';

/** What {@link noteSecretUse} works on. */
export interface SecretUseOptions {
  readonly store: ObjectStore;
  readonly registry: TypeRegistry;
  readonly clock: Clock;
}

/** Marks a Secret whose token was used with the day; once a day. */
export function noteSecretUse(
  { store, registry, clock }: SecretUseOptions,
  namespace: string,
  name: string,
): void {
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  const labelsOf = (secret: JsonObject): JsonObject =>
    objectAt(objectAt(secret, 'metadata'), 'labels');
  const secret = store.get('secrets', namespace, name);
  if (secret === undefined || textAt(labelsOf(secret), LAST_USED_LABEL) === today) return;
  store.modify('secrets', namespace, name, (stored) => {
    const live = structuredClone(stored);
    const metadata = objectAt(stored, 'metadata');
    metadata['labels'] = { ...labelsOf(stored), [LAST_USED_LABEL]: today };
    const type = registry.find('', 'v1', 'secrets');
    if (type !== undefined) {
      recordUpdateOfOnlyVersion({
        type,
        object: stored,
        live,
        manager: 'kube-apiserver',
        subresource: '',
        nowMs: clock.now(),
      });
    }
    return stored;
  });
}
