import { createHash } from 'node:crypto';
import { mkdir, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod, Stored, Volume } from '@kubewright/apimachinery';
import { claimNameOfVolume } from '../../controllers/volumes/pod-claims.ts';
import { isShared, openForPassing, openToAll, shareWithGroup } from '../users/file-ownership.ts';
import { writeAtomically } from './atomic-directory.ts';
import { claimedFolder, type ClaimSources } from './claimed-folder.ts';
import { checkHostPath } from './host-path.ts';
import { VolumeError, volumeFiles, type VolumeSources } from './volume-content.ts';

/** What the volumes of a node's pods are made of. */
export interface PodVolumesOptions {
  /** Folder of the node; pods get `pods/<uid>` in it. */
  readonly dataDir: string;
  /** Folder for short paths to the roots of containers. */
  readonly shortDir: string;
  readonly sourcesFor: (pod: Stored<Pod>) => VolumeSources;
  readonly claims: ClaimSources;
}

/** Hexadecimal digits of a short path's name: enough for the containers of one node. */
const shortNameLength = 10;

/** A volume that could not be set up. */
export interface MountFault {
  readonly volume: string;
  readonly message: string;
}

/**
 * The volumes of pods, as folders of this machine.
 *
 * `emptyDir` lives as long as its pod, a claim as long as its volume; `hostPath` is the path itself.
 * Kinds that need a driver or a network are refused with a text that says so.
 */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  /** Volumes (`<pod's uid>/<name>`) whose permissions were set; a pod may change them afterwards. */
  readonly #shared = new Set<string>();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** Makes the folders of volumes; must be called first. Pods of other users may pass through, not look around. */
  async prepare(): Promise<void> {
    const { dataDir, shortDir } = this.#options;
    for (const folder of [dataDir, join(dataDir, 'pods'), shortDir]) {
      await mkdir(folder, { recursive: true });
      await openForPassing(folder);
    }
  }

  /** Folder of a pod. */
  podDir(podUid: string): string {
    return join(this.#options.dataDir, 'pods', podUid);
  }

  /** The short path of a container's root. */
  shortRootOf(podUid: string, container: string): string {
    const digest = createHash('sha256').update(`${podUid}/${container}`).digest('hex');
    return join(this.#options.shortDir, digest.slice(0, shortNameLength));
  }

  /** Where a volume's content is; its own path for `hostPath` and claims. */
  async pathOf(pod: Stored<Pod>, volume: Volume): Promise<string> {
    if (volume.hostPath !== undefined) return volume.hostPath.path;
    const claimName = claimNameOfVolume(pod, volume);
    if (claimName !== undefined) {
      return claimedFolder(pod.metadata.namespace ?? 'default', claimName, this.#options.claims);
    }
    return join(this.podDir(pod.metadata.uid), 'volumes', volume.name);
  }

  /** Sets all volumes of a pod up, or renews their content; gives back those that failed. */
  async setUp(pod: Stored<Pod>): Promise<readonly MountFault[]> {
    const faults: MountFault[] = [];
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        await this.#setUpVolume(pod, volume);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        faults.push({ volume: volume.name, message });
      }
    }
    return faults;
  }

  /** Removes the folder of a pod with all that was written into its own volumes. */
  async tearDown(podUid: string): Promise<void> {
    for (const key of this.#shared) if (key.startsWith(`${podUid}/`)) this.#shared.delete(key);
    const folder = this.podDir(podUid);
    await rm(folder, { recursive: true, force: true });
    const { shortDir } = this.#options;
    for (const name of await readdir(shortDir).catch(() => [])) {
      const path = join(shortDir, name);
      const target = await readlink(path).catch(() => '');
      if (target.startsWith(`${folder}/`)) await rm(path, { force: true });
    }
  }

  async #setUpVolume(pod: Stored<Pod>, volume: Volume): Promise<void> {
    const files = await volumeFiles(volume, pod, this.#options.sourcesFor(pod));
    const path = await this.pathOf(pod, volume);
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    if (files !== undefined) {
      await writeAtomically(path, files);
      if (fsGroup !== undefined) await shareWithGroup(path, fsGroup, false);
    } else if (volume.hostPath !== undefined) {
      await checkHostPath(volume.hostPath);
    } else if (volume.emptyDir !== undefined) {
      if ((await mkdir(path, { recursive: true })) !== undefined) await openToAll(path);
      await this.#share(pod, volume, path);
    } else if (claimNameOfVolume(pod, volume) !== undefined) {
      await this.#share(pod, volume, path);
    } else {
      const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
      throw new VolumeError(
        `no volume plugin matched: ${kind} volumes are not supported by this node`,
      );
    }
  }

  /** Does what `fsGroup` asks for, once for each mount: afterwards the permissions are the pod's own affair. */
  async #share(pod: Stored<Pod>, volume: Volume, path: string): Promise<void> {
    const { fsGroup, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
    const key = `${pod.metadata.uid}/${volume.name}`;
    if (fsGroup === undefined || this.#shared.has(key)) return;
    const isRight = fsGroupChangePolicy === 'OnRootMismatch' && (await isShared(path, fsGroup));
    if (!isRight) await shareWithGroup(path, fsGroup, true);
    this.#shared.add(key);
  }
}
