import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SharedLoopback, systemClock } from '../src/kubelet/index.ts';
import type {
  ContainerConfig,
  ContainerExit,
  ContainerLauncher,
  RunningContainer,
} from '../src/kubelet/runtime/contracts.ts';
import { LocalRuntime } from '../src/kubelet/runtime/local-runtime.ts';
import { ownUser } from '../src/kubelet/users/machine-users.ts';

/** A container that runs until it is killed. */
class PlayedContainer implements RunningContainer {
  readonly #exit = Promise.withResolvers<ContainerExit>();
  readonly exited: Promise<ContainerExit> = this.#exit.promise;
  readonly stdin: undefined;
  hasEnded = false;

  signal(): void {
    this.hasEnded = true;
    this.#exit.resolve({ exitCode: 137, oomKilled: false });
  }

  exec(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }

  resolvePort(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

test('a runtime that stops ends a container that is being started, and starts none any more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-runtime-'));
  try {
    const asked = Promise.withResolvers<undefined>();
    const launched = Promise.withResolvers<RunningContainer>();
    const launcher: ContainerLauncher = {
      userFor: () => Promise.resolve({ user: ownUser() }),
      launch: () => {
        asked.resolve(undefined);
        return launched.promise;
      },
    };
    const runtime = new LocalRuntime({
      clock: systemClock,
      dataDir: folder,
      launcherOf: () => launcher,
      addresses: new SharedLoopback(),
      logRotation: { maxBytes: 1_000_000, maxFiles: 2 },
    });
    await runtime.start();
    const config: ContainerConfig = {
      pod: { uid: 'uid-1', namespace: 'default', name: 'web' },
      name: 'app',
      restartCount: 0,
      image: 'app:1',
      definition: '',
      command: [],
      args: [],
      env: new Map(),
      user: { uid: undefined, gid: undefined, groups: [] },
      workingDir: undefined,
      rootDir: folder,
      shortRoot: folder,
      terminationMessageFile: join(folder, 'last-words'),
      fallbackToLogs: false,
      memoryLimitBytes: undefined,
      stdin: false,
      stdinOnce: false,
      tty: false,
      declaredPorts: [],
    };
    const [first, second] = [
      await runtime.createContainer(config),
      await runtime.createContainer({ ...config, name: 'other' }),
    ];
    const starting = runtime.startContainer(first.id);
    await asked.promise;

    const stopped = runtime.stop();
    const container = new PlayedContainer();
    launched.resolve(container);
    await Promise.all([starting, stopped]);

    assert.equal(container.hasEnded, true);
    await assert.rejects(runtime.startContainer(second.id), /the node is stopping/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
