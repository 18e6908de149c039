import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { isProcessImage, isScripted } from './images/image.ts';
import type { ImageStore } from './images/image-store.ts';
import { localPodAddresses, type PodAddresses } from './network/pod-addresses.ts';
import { LocalRuntime } from './runtime/local-runtime.ts';
import { MemoryGuard } from './runtime/memory-guard.ts';
import { ProcessLauncher } from './runtime/process-launcher.ts';
import { ScriptLauncher } from './runtime/script-launcher.ts';
import { Watchdog } from './runtime/watchdog.ts';
import { fillKubeletSettings, type KubeletSettings } from './settings.ts';

/** What a runtime on this machine needs. */
export interface StartLocalRuntimeOptions {
  readonly images: ImageStore;
  /** Folder for records and logs. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly settings?: KubeletSettings;
  /** Default: what fits this machine. */
  readonly addresses?: PodAddresses;
}

/**
 * Starts a runtime that runs process images as processes of this machine and plays scripted ones.
 * It watches over its processes from a second one, so that they end also when this one is killed.
 */
export async function startLocalRuntime(options: StartLocalRuntimeOptions): Promise<LocalRuntime> {
  const { images, clock, dataDir } = options;
  const settings = fillKubeletSettings(options.settings);
  const mark = `KUBEWRIGHT_NODE=${randomUUID()}`;
  const watchdog = new Watchdog(mark);
  const memoryGuard = new MemoryGuard(clock, settings.memorySamplePeriodMs);
  const processes = new ProcessLauncher({
    imageOf: (name) => {
      const image = images.get(name);
      return isProcessImage(image) ? image : undefined;
    },
    watchdog,
    memoryGuard,
    mark,
  });
  const scripts = new ScriptLauncher({
    imageOf: (name) => {
      const image = images.get(name);
      return isScripted(image) ? image : undefined;
    },
    clock,
  });
  const runtime = new LocalRuntime({
    clock,
    dataDir: join(dataDir, 'runtime'),
    launcherOf: (name) => (isScripted(images.get(name)) ? scripts : processes),
    addresses: options.addresses ?? localPodAddresses(),
    logRotation: { maxBytes: settings.logMaxBytes, maxFiles: settings.logMaxFiles },
    onStop: async () => {
      await memoryGuard.stop();
      await watchdog[Symbol.asyncDispose]();
    },
  });
  // Logs and records are for nobody else's eyes.
  await mkdir(join(dataDir, 'runtime'), { recursive: true, mode: 0o700 });
  watchdog.start();
  await runtime.start();
  return runtime;
}
