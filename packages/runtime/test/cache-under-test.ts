import { ConfigMap, type Stored } from '@kubewright/apimachinery';
import { Cache, type CacheOptions, type EventHandler } from '../src/cache/index.ts';
import { FakeClock, settle } from '../src/testing/index.ts';
import { FakeCollection } from './fake-collection.ts';
import { recordingInstruments } from './recording-instruments.ts';

/** A cache on a collection of ConfigMaps, with a clock that stands still. */
export function cacheUnderTest(options: Partial<CacheOptions> = {}) {
  const maps = new FakeCollection(ConfigMap);
  const clock = new FakeClock();
  const instruments = recordingInstruments();
  const cache = new Cache({ client: maps, clock, instruments, freezes: true, ...options });
  const life = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    maps,
    clock,
    cache,
    instruments,
    life,
    async start(): Promise<void> {
      running = cache.start(life.signal);
      await settle();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      life.abort();
      await running;
    },
  };
}

/** A ConfigMap of a namespace with one value, and labels. */
export function map(key: string, value = '', labels: Record<string, string> = {}): ConfigMap {
  const [namespace = '', name = ''] = key.split('/');
  return { metadata: { namespace, name, labels }, data: { value } };
}

/** What happened to the ConfigMaps of a cache, one line an event. */
export function journal(): { readonly lines: string[]; readonly handler: EventHandler<ConfigMap> } {
  const lines: string[] = [];
  const text = ({
    metadata,
    data,
  }: Pick<Stored<ConfigMap>, 'data'> & { metadata: object }): string => {
    const { namespace, name } = metadata as { namespace?: string; name?: string };
    return `${namespace ?? ''}/${name ?? ''}=${data?.['value'] ?? ''}`;
  };
  return {
    lines,
    handler: {
      added: (object, { isInitial }) => {
        lines.push(`${isInitial ? 'found' : 'added'} ${text(object)}`);
      },
      updated: (old, object) => {
        lines.push(`updated ${text(old)} to ${text(object)}`);
      },
      deleted: (object, { isFinalState }) => {
        lines.push(`${isFinalState ? 'deleted' : 'missed'} ${text(object)}`);
      },
    },
  };
}
