import { all, firstMatch, type ContainerFacts, type Field, type Proof } from '../facts/index.ts';
import type { ObjectRef } from '../model/index.ts';
import { kubectl } from './command.ts';
import { high, low, type ContainerRule } from './rule.ts';

/* Modes 27 to 31: the kubelet cannot make the configuration of a container; the runtime is not asked yet. */
/** `secret "db" not found`, of old kubelets `secrets "db" not found`. */
const noObject = /\b(secret|configmap)s? "([^"]+)" (?:not found|is forbidden)/i;
const noKey =
  /couldn't find key (\S+) in (Secret|ConfigMap) (\S+)|references? non-?existent (?:config|secret) key|environment variable key "([^"]+)" not found in file "([^"]+)"/i;
const rootUser = /runAsNonRoot|non-root|runAsUser breaks|non-numeric user/i;
/** The kubelet's own copy is not there yet: it asks again. */
const notSynced =
  /failed to sync (?:secret|configmap) cache|not yet been read at least once|object "[^"]*"\/"[^"]*" not registered/i;
const noPath =
  /subPath|^stat .*(?:no such file|not a directory)|no such file or directory|not a directory|missing value for|cannot find volume|failed to create .*director|hostPath/i;

const transient: ContainerRule = {
  name: 'config-sync-transient',
  category: 'ConfigSyncTransient',
  mode: 30,
  when: {
    "the kubelet's copy of a ConfigMap or Secret is not there yet": (container) =>
      said(container, notSynced),
  },
  concludes: (container) => ({
    summary: `Container ${container.name} waits until the kubelet has read its ConfigMaps and Secrets.`,
    confidence: high('the kubelet says so, and asks again by itself'),
    severity: 'info',
    remediation: 'none',
    advice: 'Wait some seconds. If it stays, the kubelet does not reach the API server.',
    wouldChange: 'That it lasts for minutes.',
  }),
};

const missingKey: ContainerRule = {
  name: 'missing-config-key',
  category: 'MissingConfigKey',
  mode: 28,
  when: {
    'a key is not in its ConfigMap, Secret or file': (container) => said(container, noKey),
  },
  shows: references,
  concludes: (container) => {
    const [, inObject, kind, name, inFile, file] = found(container, noKey);
    const key = inObject ?? inFile;
    const where =
      file !== undefined
        ? `file ${file}`
        : kind === undefined
          ? 'a ConfigMap or Secret'
          : `${kind} ${name ?? ''}`;
    return {
      summary: `Container ${container.name} cannot start: ${where} has no key ${key ?? 'of the name it asks for'}.`,
      confidence: high('the kubelet says so'),
      remediation: 'report-only',
      advice:
        'Add the key, or correct its name in the pod template; if the template changed last, roll it back.',
      nextQuestion:
        file === undefined
          ? `Which keys does it have? ${kubectl(container.pod, 'describe', kind?.toLowerCase() ?? 'configmap', name?.split('/').at(-1))}`
          : 'What does the init container write into that file?',
      cause: kind === undefined ? undefined : refOf(container, kind, name?.split('/').at(-1) ?? ''),
    };
  },
};

const missingObject: ContainerRule = {
  name: 'missing-config-object',
  category: 'MissingConfigObject',
  mode: 27,
  when: {
    'a ConfigMap or Secret is not there': (container) => said(container, noObject),
  },
  shows: references,
  concludes: (container) => {
    const [, kindSaid, name = ''] = found(container, noObject);
    const kind = kindSaid?.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap';
    const namespace = container.pod.namespace;
    return {
      summary: `Container ${container.name} cannot start: ${kind} ${name} does not exist in its namespace${namespace === undefined ? '' : ` ${namespace}`}.`,
      confidence: high('the kubelet says so'),
      remediation: 'report-only',
      advice:
        'Create it, or correct its name in the pod template. The container then starts by itself within a minute; deleting the pod does not help.',
      nextQuestion: `Is it in another namespace? ${kubectl({ namespace: undefined }, 'get', kind.toLowerCase(), '-A', '--field-selector', `metadata.name=${name}`)}`,
      cause: refOf(container, kind, name),
    };
  },
};

const runAsNonRoot: ContainerRule = {
  name: 'run-as-non-root',
  category: 'RunAsNonRootViolation',
  mode: 29,
  when: {
    'its user would be root, or cannot be told from root': (container) => said(container, rootUser),
  },
  shows: (container) => [
    container.spec.at('securityContext', 'runAsNonRoot'),
    container.spec.at('securityContext', 'runAsUser'),
    container.pod.view.at('spec', 'securityContext', 'runAsNonRoot'),
    container.pod.view.at('spec', 'securityContext', 'runAsUser'),
    container.spec.at('image'),
  ],
  concludes: (container) => {
    const named = said(container, /non-numeric user/i) !== false;
    return {
      summary: named
        ? `Container ${container.name} cannot start: runAsNonRoot is set, and its image names a user that cannot be told from root.`
        : `Container ${container.name} cannot start: runAsNonRoot is set, but it would run as root.`,
      confidence: high('the kubelet says so'),
      remediation: 'report-only',
      advice: named
        ? 'Set runAsUser to the number of that user, or give the image a numeric USER.'
        : 'Set runAsUser to a user that is not 0, or give the image a numeric USER. If a new image changed its user, roll it back.',
      nextQuestion: 'Which USER does the image have, and did the last revision change it?',
    };
  },
};

const missingPath: ContainerRule = {
  name: 'volume-path-missing',
  category: 'VolumeMountFailure',
  mode: 31,
  when: {
    'a path that it mounts is not there, or is not what it should be': (container) =>
      said(container, noPath),
  },
  shows: ({ spec, pod }) => [spec.at('volumeMounts'), pod.nodeName],
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: a path that it mounts (subPath or hostPath) cannot be used.`,
    confidence: high('the kubelet says so'),
    remediation: 'report-only',
    advice:
      'Check the subPath, and the file or directory behind it: on the node for a hostPath, in the volume else. A subPath cannot lead through a file, and a subPathExpr needs its variable.',
    nextQuestion: `Is it so on one node only? ${kubectl(container.pod, 'get', 'pods', '-o', 'wide')}`,
  }),
};

const otherwise: ContainerRule = {
  name: 'config-error',
  category: 'CreateContainerError',
  mode: 32,
  when: {
    'its configuration cannot be made': cannotBeMade,
  },
  shows: ({ waitingMessage }) => [waitingMessage],
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: its configuration cannot be made (${container.waitingMessage.text?.slice(0, 200) ?? 'no text'}).`,
    confidence: low('the kubelet says that it fails; why is not one of the known texts'),
    remediation: 'report-only',
    advice: 'Read the text of the kubelet: something that the pod template names does not fit.',
    nextQuestion: `What do its Events say? ${kubectl(container.pod, 'describe', 'pod', container.pod.name)}`,
  }),
};

export const configurationRules: readonly ContainerRule[] = [
  transient,
  missingKey,
  missingObject,
  runAsNonRoot,
  missingPath,
  otherwise,
];

/** Holds when the kubelet cannot make the configuration of the container. */
function cannotBeMade({ waitingReason }: ContainerFacts): Proof {
  // The second is the word of Kubernetes before 1.8.
  return waitingReason.is('CreateContainerConfigError', 'VerifyNonRootError');
}

/** The status says it, or, where it was cut, the Event of the last attempt. */
function texts(container: ContainerFacts): readonly Field[] {
  const { waitingMessage } = container;
  return waitingMessage.isPresent ? [waitingMessage] : container.messagesOf('Failed').slice(0, 1);
}

function said(container: ContainerFacts, pattern: RegExp): Proof {
  return all(cannotBeMade(container), firstMatch(texts(container), pattern));
}

function found(container: ContainerFacts, pattern: RegExp): readonly (string | undefined)[] {
  const [text] = texts(container);
  return pattern.exec(text?.text ?? '') ?? [];
}

function references({ spec }: ContainerFacts): readonly Field[] {
  return [spec.at('envFrom'), spec.at('env')];
}

function refOf({ pod }: ContainerFacts, kind: string, name: string): ObjectRef {
  return { kind, ...(pod.namespace === undefined ? {} : { namespace: pod.namespace }), name };
}
