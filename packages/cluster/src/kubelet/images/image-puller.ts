import type { Container, Pod, Stored } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import type { BackOffTable } from '../restart/back-off.ts';
import type { ContainerKind, StartFailure } from '../status/container-statuses.ts';
import { isProcessImage, isUnavailable } from './image.ts';
import type { ImageStore } from './image-store.ts';
import { canonicalImageName, parseImageReference } from './reference.ts';

/** Either the full name of an image that is there, or why the container cannot have it. */
export type ImageResult =
  | { readonly ok: true; readonly image: string }
  | {
      readonly ok: false;
      readonly failure: StartFailure;
      /** When the image may be asked for again, if that is not now. */
      readonly retryAtMs: number | undefined;
    };

/** What finding images needs. */
export interface ImagePullerOptions {
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly recorder: EventRecorder;
  readonly backOff: BackOffTable;
}

/**
 * Finds the image of a container and tells of it as a kubelet with containerd 2.2 does.
 * A node has the images it was given; every other name is one its registry does not know.
 */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  /** Why the last pull of an image failed, to be repeated while it is held back. */
  readonly #lastErrors = new Map<string, string>();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
  }

  /** The user that containers of an image run as unless their pod says otherwise; undefined when the image does not say. */
  uidOf(image: string): number | undefined {
    const known = this.#options.images.get(image);
    return isProcessImage(known) ? known.user?.uid : undefined;
  }

  /** Looks an image up as the container's pull policy says. */
  ensure(pod: Stored<Pod>, kind: ContainerKind, container: Container): ImageResult {
    const { images, recorder, clock, backOff } = this.#options;
    const where = { kind, container };
    const wanted = container.image ?? '';
    const reference = parseImageReference(wanted);
    if (typeof reference === 'string') {
      const message = `Failed to apply default image tag ${JSON.stringify(wanted)}: couldn't parse image name ${JSON.stringify(wanted)}: ${reference}`;
      recorder.pod(pod, 'Warning', 'InspectFailed', message, where);
      return refused('InvalidImageName', message);
    }
    const image = canonicalImageName(reference);
    const known = images.get(image);
    const present = known !== undefined && !isUnavailable(known);
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    if (present && policy !== 'Always') {
      recorder.pod(
        pod,
        'Normal',
        'Pulled',
        `Container image ${JSON.stringify(wanted)} already present on machine and can be accessed by the pod`,
        where,
      );
      return { ok: true, image };
    }
    if (policy === 'Never') {
      const message = `Container image ${JSON.stringify(wanted)} is not present with pull policy of Never`;
      recorder.pod(pod, 'Warning', 'ErrImageNeverPull', message, where);
      return refused('ErrImageNeverPull', message);
    }
    const key = `${pod.metadata.uid}_${wanted}`;
    const retryAtMs = backOff.waitUntilSinceRaise(key, clock.now());
    if (retryAtMs !== undefined) {
      const message = `Back-off pulling image ${JSON.stringify(wanted)}`;
      recorder.pod(pod, 'Normal', 'BackOff', message, where);
      const cause = this.#lastErrors.get(key);
      return refused(
        'ImagePullBackOff',
        cause === undefined ? message : `${message}: ErrImagePull: ${cause}`,
        retryAtMs,
      );
    }
    recorder.pod(pod, 'Normal', 'Pulling', `Pulling image ${JSON.stringify(wanted)}`, where);
    if (present) {
      recorder.pod(
        pod,
        'Normal',
        'Pulled',
        `Successfully pulled image ${JSON.stringify(wanted)} in 0s (0s including waiting). Image size: 0 bytes.`,
        where,
      );
      return { ok: true, image };
    }
    const error = isUnavailable(known) ? known.pullError : notFound(image);
    recorder.pod(
      pod,
      'Warning',
      'Failed',
      `Failed to pull image ${JSON.stringify(wanted)}: ${error}`,
      where,
    );
    const now = clock.now();
    backOff.raise(key, now, now);
    this.#lastErrors.set(key, error);
    return refused('ErrImagePull', error, backOff.waitUntilSinceRaise(key, now));
  }

  /** Forgets the images of a pod that is gone. */
  forget(podUid: string): void {
    this.#options.backOff.forget(podUid);
    for (const key of this.#lastErrors.keys()) {
      if (key.startsWith(podUid)) this.#lastErrors.delete(key);
    }
  }
}

function refused(reason: string, message: string, retryAtMs?: number): ImageResult {
  return { ok: false, failure: { reason, message }, retryAtMs };
}

/** The answer of containerd 2.2 when no registry has the image. */
function notFound(image: string): string {
  return `rpc error: code = NotFound desc = failed to pull and unpack image ${JSON.stringify(image)}: failed to resolve image: ${image}: not found`;
}
