import { lstat, mkdir, rm, stat, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { Container, Pod, Stored, Volume, VolumeMount } from '@kubewright/apimachinery';
import { ContainerConfigError } from '../environment/container-environment.ts';
import { expandVariables } from '../environment/expand.ts';
import type { PodVolumes } from './pod-volumes.ts';

/** Where a container sees its files. */
export interface ContainerRoot {
  /** The folder that stands for `/`. */
  readonly rootDir: string;
  /** A short path of the same folder, told to the process as `KUBEWRIGHT_ROOT`. */
  readonly shortRoot: string;
  /** The file of its last words; told as `KUBEWRIGHT_TERMINATION_LOG`. */
  readonly terminationMessageFile: string;
}

/**
 * Builds the folder that stands for a container's `/`: each volume mount is a link to its volume.
 *
 * Processes know the folder by a short path: the address of a Unix socket may have no more than 107 bytes.
 * A process cannot be given a mount namespace without privileges, so a mount at `/etc/app` is found at
 * `$KUBEWRIGHT_ROOT/etc/app`. `readOnly` is not enforced.
 *
 * @throws ContainerConfigError when a mount names no volume of the pod or its sub-path is not there.
 */
export async function buildContainerRoot(
  pod: Stored<Pod>,
  container: Container,
  variables: ReadonlyMap<string, string>,
  volumes: PodVolumes,
): Promise<ContainerRoot> {
  const folder = join(volumes.podDir(pod.metadata.uid), 'containers', container.name);
  const rootDir = join(folder, 'root');
  await mkdir(join(rootDir, 'tmp'), { recursive: true });
  // A mount inside another one comes after it.
  const mounts = [...(container.volumeMounts ?? [])].sort(
    (left, right) => left.mountPath.length - right.mountPath.length,
  );
  for (const mount of mounts) {
    const volume = pod.spec?.volumes?.find((entry) => entry.name === mount.name);
    if (volume === undefined) {
      throw new ContainerConfigError(
        `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
      );
    }
    const target = await targetOf(pod, volume, mount, container, variables, volumes);
    const link = join(rootDir, normalize(`/${mount.mountPath}`));
    await mkdir(dirname(link), { recursive: true });
    await replaceByLink(link, target);
  }
  const messagePath = container.terminationMessagePath ?? '/dev/termination-log';
  const shortRoot = volumes.shortRootOf(pod.metadata.uid, container.name);
  await replaceByLink(shortRoot, rootDir);
  return {
    rootDir,
    shortRoot,
    terminationMessageFile: join(rootDir, normalize(`/${messagePath}`)),
  };
}

async function targetOf(
  pod: Stored<Pod>,
  volume: Volume,
  mount: VolumeMount,
  container: Container,
  variables: ReadonlyMap<string, string>,
  volumes: PodVolumes,
): Promise<string> {
  const path = await volumes.pathOf(pod, volume);
  const subPath =
    mount.subPathExpr === undefined ? mount.subPath : expandSubPath(mount.subPathExpr, variables);
  if (subPath === undefined || subPath === '') return path;
  if (isAbsolute(subPath) || subPath.split('/').includes('..')) {
    throw new ContainerConfigError(
      `error: unable to provision SubPath \`${subPath}\`: must not contain '..'`,
    );
  }
  if (volume.hostPath !== undefined && (await stat(path).catch(() => undefined)) === undefined) {
    throw new ContainerConfigError(`stat ${path}: no such file or directory`);
  }
  const target = join(path, subPath);
  if ((await stat(target).catch(() => undefined)) === undefined) {
    try {
      await mkdir(target, { recursive: true });
    } catch (error) {
      throw new ContainerConfigError(
        `failed to prepare subPath for volumeMount "${mount.name}" of container "${container.name}"`,
        { cause: error },
      );
    }
  }
  return target;
}

function expandSubPath(expression: string, variables: ReadonlyMap<string, string>): string {
  const missing = [...expression.matchAll(/\$\(([^)]+)\)/g)].find(
    (match) => !variables.has(match[1] ?? ''),
  );
  if (missing !== undefined) {
    throw new ContainerConfigError(`missing value for ${missing[1] ?? ''}`);
  }
  return expandVariables(expression, variables);
}

async function replaceByLink(link: string, target: string): Promise<void> {
  const present = await lstat(link).catch(() => undefined);
  if (present !== undefined) await rm(link, { recursive: true, force: true });
  await symlink(target, link);
}
