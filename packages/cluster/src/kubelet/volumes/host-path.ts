import type { Stats } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostPathVolumeSource } from '@kubewright/apimachinery';
import { VolumeError } from './volume-content.ts';

/** What a path must be, and how the kubelet calls it (Kubernetes: "hostPath volume types"). */
const kinds: Readonly<Record<string, readonly [name: string, holds: (info: Stats) => boolean]>> = {
  Directory: ['directory', (info) => info.isDirectory()],
  File: ['file', (info) => info.isFile()],
  Socket: ['socket file', (info) => info.isSocket()],
  CharDevice: ['character device', (info) => info.isCharacterDevice()],
  BlockDevice: ['block device', (info) => info.isBlockDevice()],
};

/**
 * Makes what `type` says is to be made, and holds the path to the rest of it.
 *
 * @throws {@link VolumeError} when the path is not what the type demands.
 */
export async function checkHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined && type === 'DirectoryOrCreate') {
    await mkdir(path, { recursive: true });
    return;
  }
  if (info === undefined && type === 'FileOrCreate') {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
    return;
  }
  const kind = kinds[type.replace(/OrCreate$/, '')];
  if (kind === undefined) return;
  const [name, holds] = kind;
  if (info === undefined || !holds(info)) {
    throw new VolumeError(`hostPath type check failed: ${path} is not a ${name}`);
  }
}
