import { firstMatch, type ContainerFacts, type Field, type Proof } from '../facts/index.ts';

/** Why a container is waiting, when the runtime could not make or start it. */
const startReasons: readonly (string | undefined)[] = [
  'RunContainerError',
  'CreateContainerError',
  'ContainerCannotRun',
  'StartError',
  'RunInitContainerError',
];

/** Holds when the runtime could not make or start it, now or the last time. */
export function couldNotStart(container: ContainerFacts): Proof {
  const { waitingReason, ended } = container;
  if (startReasons.includes(waitingReason.text)) return [waitingReason];
  if (ended !== undefined) return ended.neverBegan && [ended.reason];
  return waitingReason.text === 'CrashLoopBackOff' && neverStarted(container);
}

/** Of what is in a crash loop and has no last life the newest Event that tells of an attempt tells which kind it was. */
function neverStarted({ events }: ContainerFacts): Proof {
  const attempt = events.find(
    ({ reason, message }) =>
      reason.text === 'Started' ||
      (reason.text === 'Failed' &&
        message.matches(/failed to (?:start|create) container|OCI runtime|create failed/i) !==
          false),
  );
  return attempt?.reason.text === 'Failed' && [attempt.message];
}

/** Holds when the pattern is in what the runtime said when it could not make or start the container. */
export function saidAtStart(container: ContainerFacts, pattern: RegExp): Proof {
  return couldNotStart(container) !== false && firstMatch(startTexts(container), pattern);
}

/** What the runtime said: the status first, which is of this container and of now; then Events. */
export function startTexts(container: ContainerFacts): readonly Field[] {
  const { waitingReason, waitingMessage, ended } = container;
  const texts = startReasons.includes(waitingReason.text) ? [waitingMessage] : [];
  if (ended?.neverBegan === true) texts.push(ended.message);
  return [...texts, ...container.messagesOf('Failed')];
}
