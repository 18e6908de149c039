import {
  ConfigMap,
  Secret,
  type KubernetesObject,
  type Resource,
  type Transport,
} from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { Cache } from '../src/cache/index.ts';
import { createController, type ControllerOptions } from '../src/controller/index.ts';
import type { LogFields, Logger } from '../src/logging/logger.ts';
import { FakeClock, settle } from '../src/testing/index.ts';
import type { ListerWatcher } from '../src/watch/lister-watcher.ts';
import { FakeCollection } from './fake-collection.ts';
import { recordingInstruments } from './recording-instruments.ts';

/** One entry of a log: level, message and all fields. */
export type LogEntry = LogFields & { readonly level: string; readonly message: string };

/** A logger that keeps what it is told. */
export function recordingLogger(entries: LogEntry[], bound: LogFields = {}): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      entries.push({ ...bound, ...fields, level, message });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => recordingLogger(entries, { ...bound, ...fields }),
  };
}

/** A controller of ConfigMaps that may own Secrets, on collections in memory, with a clock that stands still. */
export function controllerUnderTest(
  options: Partial<ControllerOptions<ConfigMap>> & Pick<ControllerOptions<ConfigMap>, 'reconcile'>,
  transport: Transport = noTransport,
) {
  const maps = new FakeCollection(ConfigMap);
  const secrets = new FakeCollection(Secret);
  const source: ListerWatcher = {
    listStream: (resource, query) => collectionOf(resource).listStream(resource, query),
    watch: (resource, query) => collectionOf(resource).watch(resource, query),
  };
  function collectionOf<T extends KubernetesObject>(resource: Resource<T>): ListerWatcher {
    return resource.kind === 'Secret' ? secrets : maps;
  }
  const clock = new FakeClock();
  const log: LogEntry[] = [];
  const logger = recordingLogger(log);
  const instruments = recordingInstruments();
  const cache = new Cache({ client: source, clock, freezes: true });
  const client = new Client({ transport, namespace: 'default' });
  const host = { client, cache, logger, instruments, clock };
  const controller = createController(host, { name: 'maps', for: ConfigMap, ...options });
  const stop = new AbortController();
  const work = new AbortController();
  const cacheLife = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  let cacheEnded: Promise<void> = Promise.resolve();
  return {
    maps,
    secrets,
    clock,
    cache,
    log,
    instruments,
    controller,
    stop,
    work,
    get ended() {
      return ended;
    },
    async start(): Promise<void> {
      cacheEnded = cache.start(cacheLife.signal);
      ended = controller.start(stop.signal, work.signal);
      await settle();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort(new Error('the test is over'));
      work.abort(new Error('the test is over'));
      cacheLife.abort();
      await settle();
      await clock.advance(10_000);
      await Promise.allSettled([ended, cacheEnded]);
    },
  };
}

const noTransport: Transport = {
  request: () => Promise.reject(new Error('no server')),
  webSocket: () => Promise.reject(new Error('no server')),
  close: () => Promise.resolve(),
};
