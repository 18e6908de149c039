import { oncePer, type ContainerFacts, type Field, type Proof } from '../facts/index.ts';

/** Why a container is waiting, when its image is not there. */
const pullReasons: readonly (string | undefined)[] = [
  'ErrImagePull',
  'ImagePullBackOff',
  'RegistryUnavailable',
  'SignatureValidationFailed',
];

/** Holds when the image of the container could not be pulled. */
export function couldNotPull({ waitingReason }: ContainerFacts): Proof {
  return pullReasons.includes(waitingReason.text) && [waitingReason];
}

/** Holds when the pattern is in what the runtime said of the pull, other than in the names of images and addresses. */
export function saidOfPull(container: ContainerFacts, pattern: RegExp): Proof {
  if (couldNotPull(container) === false) return false;
  const found = causesOf(container).find(({ cause }) => pattern.test(cause));
  return found !== undefined && [found.said];
}

const causesOf = oncePer((container: ContainerFacts) =>
  pullTexts(container).map((said) => ({ said, cause: withoutNames(container, said) })),
);

/**
 * What was said of the pull. The status repeats the cause since Kubernetes 1.30; before, the back-off of the status hides
 * it, and only the Event of the pull has it. `Error: ErrImagePull` and the back-off Events say nothing.
 */
export function pullTexts(container: ContainerFacts): readonly Field[] {
  const events = container.messagesOf('Failed', 'FailedToPullImage', 'InspectFailed');
  return [container.waitingMessage, ...events];
}

const maxSearched = 8192;
const quotedName = /"[^"\s]*[/:][^"\s]*"/g;
const address = /https?:\/\/\S+/g;

/** An image may be called `shop/unauthorized`, and a tag may be 429: names say nothing of the cause. */
function withoutNames({ spec, status }: ContainerFacts, { text }: Field): string {
  if (text === undefined) return '';
  let cause = text.slice(0, maxSearched).replace(quotedName, ' ').replace(address, ' ');
  for (const image of [spec.at('image').text, status.at('image').text]) {
    if (image) cause = cause.replaceAll(image, ' ');
  }
  return cause;
}

/** The host that the image is pulled from, as container runtimes complete it. */
export function registryOf({ spec, status }: ContainerFacts): string {
  const image = spec.at('image').text ?? status.at('image').text ?? '';
  const [host, ...path] = image.split('/');
  const isHost = path.length > 0 && host !== undefined && /[.:]|^localhost$/.test(host);
  return isHost ? host : 'docker.io';
}

/** The image, to be said. */
export function imageOf({ spec, status }: ContainerFacts): string {
  return spec.at('image').text ?? status.at('image').text ?? 'of the container';
}
