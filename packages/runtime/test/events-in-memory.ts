import type { EventsV1Event } from '@kubewright/apimachinery';
import type { EventClient } from '../src/events/index.ts';
import { failure } from './status-failure.ts';

/** Events with the rules of the server that a recorder meets: names are taken once, unknown ones cannot be patched. */
export class EventsInMemory {
  readonly byName = new Map<string, EventsV1Event>();
  /** Verbs in the order they arrived. */
  readonly requests: string[] = [];
  /** Called before each request is carried out; may throw or wait. */
  before: (verb: 'create' | 'patch', signal?: AbortSignal) => Promise<void> | void = () =>
    undefined;
  /** Called when it was carried out, before the answer; may throw. */
  after: (verb: 'create' | 'patch') => void = () => undefined;

  get all(): EventsV1Event[] {
    return [...this.byName.values()];
  }

  readonly client = {
    create: async (
      _resource: unknown,
      event: EventsV1Event,
      options?: { signal?: AbortSignal },
    ) => {
      this.requests.push('create');
      await this.before('create', options?.signal);
      const name = event.metadata.name ?? '';
      if (this.byName.has(name)) throw failure(409, 'AlreadyExists');
      this.byName.set(name, structuredClone(event));
      this.after('create');
      return event;
    },
    patch: async (
      _resource: unknown,
      ref: { name: string },
      patch: { body: Partial<EventsV1Event> },
      options?: { signal?: AbortSignal },
    ) => {
      this.requests.push('patch');
      await this.before('patch', options?.signal);
      const event = this.byName.get(ref.name);
      if (event === undefined) throw failure(404, 'NotFound');
      Object.assign(event, structuredClone(patch.body));
      this.after('patch');
      return event;
    },
    // Safe: Events are written by these two only.
  } as unknown as EventClient;
}
