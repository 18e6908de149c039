import { all, any, firstMatch, type ContainerFacts, type Proof } from '../facts/index.ts';
import { command, kubectl } from './command.ts';
import { high, medium, type ContainerRule } from './rule.ts';
import { startTexts } from './start-texts.ts';

/* Mode 32: the runtime cannot make the container; it is not about its program. */
const busy = /context deadline exceeded|is reserved for|already in use by container|timed? ?out/i;
const noPath =
  /failed to (?:mkdir|stat) |error while creating mount source path|invalid mount config|mounting .* no such file|not a directory|ImageVolumeMountFailed/i;

const runtimeBusy: ContainerRule = {
  name: 'create-container-timeout',
  category: 'CreateContainerError',
  mode: 32,
  when: {
    'the runtime is late: the last attempt still holds the name': (container) =>
      said(container, busy),
  },
  concludes: (container) => ({
    summary: `Container ${container.name} cannot be made: the container runtime of its node is late, and the last attempt still holds the name.`,
    confidence: medium(
      'the runtime ran out of time, which an overloaded node or hanging storage does',
    ),
    remediation: 'report-only',
    advice:
      'Look at the node: load, disk, storage that hangs. It often ends by itself; if it stays, a new pod on another node starts.',
    nextQuestion: `Do other pods of the node start? ${command('kubectl', 'get', 'pods', '-A', '--field-selector', `spec.nodeName=${container.pod.nodeName.text ?? ''}`)}`,
    wouldChange: 'The same text on every node.',
  }),
};

const badPath: ContainerRule = {
  name: 'create-container-path',
  category: 'VolumeMountFailure',
  mode: 31,
  when: {
    'a path that it mounts cannot be used': (container) =>
      any(said(container, noPath), container.waitingReason.is('ImageVolumeMountFailed')),
  },
  shows: ({ spec, pod }) => [spec.at('volumeMounts'), pod.nodeName],
  concludes: (container) => ({
    summary: `Container ${container.name} cannot be made: a path that it mounts cannot be used on its node.`,
    confidence: high('the runtime says so'),
    remediation: 'report-only',
    advice:
      'Check the hostPath and subPath of its mounts, and images that are volumes: what is there on the node, and whether it may be used so.',
    nextQuestion: `Is it so on one node only? ${kubectl(container.pod, 'get', 'pods', '-o', 'wide')}`,
  }),
};

const otherwise: ContainerRule = {
  name: 'create-container-error',
  category: 'CreateContainerError',
  mode: 32,
  when: {
    'the container cannot be made': cannotBeMade,
  },
  shows: (container) => startTexts(container).slice(0, 2),
  concludes: (container) => ({
    summary: `The runtime cannot make container ${container.name}: ${startTexts(container)[0]?.text?.slice(0, 250) ?? 'no text'}.`,
    confidence: high('the runtime says so'),
    remediation: 'report-only',
    advice:
      'Read the text: an image without a command or with a user that it does not have, a seccomp profile that is not on the node, a device.',
    nextQuestion: `Do other pods of the same image start? ${kubectl(container.pod, 'get', 'pods', '-o', 'wide')}`,
  }),
};

export const createRules: readonly ContainerRule[] = [runtimeBusy, badPath, otherwise];

function cannotBeMade({ waitingReason }: ContainerFacts): Proof {
  return waitingReason.is('CreateContainerError');
}

function said(container: ContainerFacts, pattern: RegExp): Proof {
  return all(cannotBeMade(container), firstMatch(startTexts(container), pattern));
}
