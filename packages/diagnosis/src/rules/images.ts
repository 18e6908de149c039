import { any, type ContainerFacts, type Field } from '../facts/index.ts';
import { command, kubectl } from './command.ts';
import { couldNotPull, imageOf, registryOf, saidOfPull } from './pull-texts.ts';
import { high, low, medium, type ContainerRule } from './rule.ts';

/*
 * Modes 20 to 26: the image cannot be had. What the registry or the network said decides; the words are those of docker,
 * containerd and CRI-O. They are asked in an order in which the outer clauses cannot mislead: `failed to authorize`
 * stands before `dial tcp … i/o timeout`, and `not found` before the name of a host.
 */
const rateLimited =
  /toomanyrequests|\b429\b|too many requests|rate ?limit|rate exceeded|throttl|pull QPS exceeded/i;
const diskFull = /no space left on device|disk quota exceeded|not enough space on the disk/i;
const broken =
  /unexpected commit digest|failed size validation|short read|unexpected EOF|filesystem layer verification failed|invalid (?:tar header|checksum)|digest mismatch|did not match|flate: corrupt|gzip: invalid|archive\/tar|unexpected media type/i;
/** What the node makes of layers that have arrived; `not found` is a layer here, and not the image. */
const cannotUnpack =
  /failed to prepare extraction snapshot|parent snapshot|failed to stat parent|get reader from content store|content digest \S+ not found|missing parent\b|failed to (?:register|extract|apply) layer|processing tar file|applying layer|read-only file system|input\/output error|structure needs cleaning|not enough IDs available/i;
const network =
  /x509|certificate|no such host|dial tcp|i\/o timeout|tls[: ]|TLS handshake|connection (?:refused|reset|timed out)|deadline exceeded|Client\.Timeout|server misbehaving|temporary failure in name resolution|no route to host|network is unreachable|(?:request|context) cancell?ed|stream error|proxyconnect|HTTP response to HTTPS client|first record does not look|failed to do request|pinging container registry/i;
const serverError =
  /\b5(?:0[0-4]|2\d|30)\b|internal server error|bad gateway|service unavailable|gateway time-?out|\bEOF\b/i;
const unauthorized =
  /\b40[13]\b|unauthori[sz]ed|forbidden|authentication (?:is )?required|pull access denied|no pull access|insufficient_scope|authori[sz]ation failed|no basic auth credentials|access to the (?:requested )?resource is (?:denied|not authori[sz]ed)|(?<!permission )\bdenied\b|incorrect username or password|invalid username\/password|bad credentials|unauthenticated|not authori[sz]ed to|access ?denied|not have permission|token has expired|invalid token|error getting credentials/i;
const otherPlatform =
  /no (?:match for platform|matching manifest)|cannot be used on this platform|no image found in .* for architecture|image architecture mismatch/i;
const notFound = new RegExp(
  String.raw`\bnot found\b|manifest[ _]unknown|name[ _]unknown|no such (?:image|manifest)|was deleted or has expired|\b404\b|does not exist|manifest invalid|tag .* is not found|${otherPlatform.source}`,
  'i',
);
/** CRI-O asks for the registry in front of a name that several could have. */
const shortName = /short.?name\b.*(?:enforc|ambiguous|did not resolve)|returns ambiguous list/i;
const invalidName = new RegExp(
  `invalid reference format|couldn't parse image|must be lowercase|${shortName.source}`,
  'i',
);
const signature = /signature|policy|rejected/i;

const invalidImageName: ContainerRule = {
  name: 'invalid-image-name',
  category: 'InvalidImageName',
  mode: 26,
  when: {
    'the kubelet or the runtime cannot read the name of the image': (container) =>
      any(container.waitingReason.is('InvalidImageName'), saidOfPull(container, invalidName)),
  },
  shows: showsImage,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: ${quoted(container)} is not the name of an image.`,
    confidence: high('the kubelet says so'),
    remediation: 'report-only',
    advice:
      'A name has no https:// in front, no capital letters in its path and no empty tag, and some runtimes want its registry. Look at what the template filled in.',
    nextQuestion: `What does the owner's template say? ${kubectl(container.pod, 'get', 'pod', container.pod.name, '-o', 'yaml')}`,
  }),
};

const neverPull: ContainerRule = {
  name: 'image-never-pull',
  category: 'ImageNeverPull',
  mode: 26,
  when: {
    'the image is not on the node, and it may not be pulled': ({ waitingReason }) =>
      waitingReason.is('ErrImageNeverPull'),
  },
  shows: showsImage,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: image ${quoted(container)} is not on its node, and imagePullPolicy Never forbids to pull it.`,
    confidence: high('the kubelet says so'),
    remediation: 'report-only',
    advice: 'Load the image onto the node, or set imagePullPolicy to IfNotPresent.',
    nextQuestion: `Which nodes have the image? ${command('kubectl', 'describe', 'node', container.pod.nodeName.text)}`,
  }),
};

const inspectError: ContainerRule = {
  name: 'image-inspect-error',
  category: 'ImageInspectError',
  mode: 26,
  when: {
    'the runtime cannot use the image that it has': (container) =>
      any(
        container.waitingReason.is('ImageInspectError'),
        container.waitingReason.is('SignatureValidationFailed'),
        saidOfPull(
          container,
          /SignatureValidationFailed|signature .*(?:required|invalid|not)|source image rejected|rejected by policy/i,
        ),
      ),
  },
  shows: showsImage,
  concludes: (container) => {
    const signed = saidOfPull(container, signature) !== false;
    const short = container.waitingMessage.matches(shortName) !== false;
    return {
      summary: signed
        ? `Container ${container.name} cannot start: the signature policy of its node refuses image ${quoted(container)}.`
        : short
          ? `Container ${container.name} cannot start: the runtime of its node cannot tell which registry image ${quoted(container)} is of.`
          : `Container ${container.name} cannot start: the runtime of its node cannot read image ${quoted(container)}.`,
      confidence: high('the runtime says so'),
      remediation: 'report-only',
      advice: signed
        ? 'Sign the image as the policy of the nodes wants it, or correct the policy.'
        : short
          ? 'Write the registry in front of the name, such as docker.io/library/alpine.'
          : 'Look at the container runtime of the node: its storage may be damaged. Removing the image there and pulling it again often helps.',
      nextQuestion: `Does the same image work on another node? ${command('kubectl', 'get', 'pods', '-A', '-o', 'wide')}`,
    };
  },
};

const pullRateLimited: ContainerRule = {
  name: 'image-pull-rate-limited',
  category: 'ImagePullRateLimited',
  mode: 22,
  when: {
    'the registry, or the kubelet, says that there are too many pulls': (container) =>
      saidOfPull(container, rateLimited),
  },
  shows: showsImage,
  concludes: (container) => ({
    summary: `Container ${container.name} waits for image ${quoted(container)}: ${registryOf(container)} allows no more pulls for now.`,
    confidence: high('the answer of the registry says so'),
    remediation: 'none',
    advice:
      'Wait: deleting pods makes more pulls. Log in with imagePullSecrets, or pull through a mirror of your own.',
    nextQuestion: `Which pods pull from there? ${command('kubectl', 'get', 'events', '-A', '--field-selector', 'reason=Pulling')}`,
  }),
};

const nodeDiskFull: ContainerRule = {
  name: 'image-pull-node-disk-full',
  category: 'ImagePullNodeDiskFull',
  mode: 24,
  when: {
    'the node has no room for the image': (container) => saidOfPull(container, diskFull),
  },
  shows: showsImage,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: the disk of its node is full, so that image ${quoted(container)} cannot be unpacked.`,
    confidence: high('the runtime says so'),
    remediation: 'report-only',
    advice:
      'Free the disk of the node (unused images, logs), or give it more. Its other pods are in danger too.',
    nextQuestion: `Is the node under disk pressure? ${command('kubectl', 'describe', 'node', container.pod.nodeName.text)}`,
  }),
};

const brokenPull: ContainerRule = {
  name: 'image-pull-broken',
  category: 'ImagePullBackOff',
  mode: 24,
  when: {
    'what arrives is not what the registry promised': (container) => saidOfPull(container, broken),
  },
  shows: showsImage,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: image ${quoted(container)} arrives damaged from ${registryOf(container)}.`,
    confidence: high('the runtime compared it with its digest'),
    remediation: 'report-only',
    advice:
      'Push the image again. If it pulls well on other nodes, the store of this node, or a proxy on its way, is damaged.',
    nextQuestion: 'Can the image be pulled elsewhere, past the proxies of this node?',
  }),
};

const storeDamaged: ContainerRule = {
  name: 'image-store-damaged',
  category: 'ImagePullBackOff',
  mode: 24,
  when: {
    'the node cannot unpack what arrived': (container) => saidOfPull(container, cannotUnpack),
  },
  shows: showsImage,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: its node cannot unpack image ${quoted(container)}.`,
    confidence: high('the runtime says so'),
    remediation: 'report-only',
    advice:
      'The image is in the registry. If it starts on other nodes, the image store of this one is damaged: remove the image there and pull it again, or replace the node.',
    nextQuestion: `Does the same image start on another node? ${command('kubectl', 'get', 'pods', '-A', '-o', 'wide')}`,
  }),
};

const registryUnreachable: ContainerRule = {
  name: 'registry-unreachable',
  category: 'RegistryUnreachable',
  mode: 23,
  when: {
    'the registry does not answer, or not as it should': (container) =>
      any(container.waitingReason.is('RegistryUnavailable'), saidOfPull(container, network)),
  },
  rejectedWhen: {
    'the registry answered, and says so itself': (container) => saidOfPull(container, unauthorized),
  },
  shows: showsImage,
  concludes: unreachable,
};

const registryFails: ContainerRule = {
  name: 'registry-fails',
  category: 'RegistryUnreachable',
  mode: 23,
  when: {
    'the registry answers with an error of its own': (container) =>
      saidOfPull(container, serverError),
  },
  unless: {
    'the registry knows the image, or its reader, and says so': (container) =>
      any(saidOfPull(container, unauthorized), saidOfPull(container, notFound)),
  },
  shows: showsImage,
  concludes: unreachable,
};

const pullUnauthorized: ContainerRule = {
  name: 'image-pull-unauthorized',
  category: 'ImagePullUnauthorized',
  mode: 21,
  when: {
    'the registry refuses the reader': (container) => saidOfPull(container, unauthorized),
  },
  shows: showsPullSecrets,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: ${registryOf(container)} refuses to give image ${quoted(container)} to this pod${withSecrets(container)}.`,
    confidence: high('the registry says so'),
    remediation: 'report-only',
    advice:
      'Check imagePullSecrets of the pod and of its service account, and whether the secret is still valid. Registries hide what is not there in the same way: check the name too.',
    nextQuestion: `Which pull secrets does it have? ${kubectl(container.pod, 'get', 'pod', container.pod.name, '-o', 'jsonpath={.spec.imagePullSecrets}')}`,
    wouldChange: 'That the image does not exist: the answer would be the same.',
  }),
};

const pullSecretMissing: ContainerRule = {
  name: 'pull-secret-missing',
  category: 'ImagePullUnauthorized',
  mode: 21,
  when: {
    'the image could not be pulled': couldNotPull,
    'the kubelet did not find a pull secret': (container) =>
      container.messagesOf('FailedToRetrieveImagePullSecret')[0]?.isThere() ?? false,
  },
  unless: {
    'the registry says that the image is not there': (container) => saidOfPull(container, notFound),
  },
  shows: showsPullSecrets,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: a pull secret for image ${quoted(container)} does not exist in its namespace.`,
    confidence: medium(
      'the kubelet did not find the secret; the answer of the registry is not in evidence',
    ),
    remediation: 'report-only',
    advice: 'Create the pull secret in the namespace of the pod, or correct its name.',
    nextQuestion: `Which secrets are there? ${kubectl(container.pod, 'get', 'secrets')}`,
    wouldChange: 'An answer of the registry that says something else.',
  }),
};

const imageNotFound: ContainerRule = {
  name: 'image-not-found',
  category: 'ImageNotFound',
  mode: 20,
  when: {
    'the registry has no such image': (container) => saidOfPull(container, notFound),
  },
  shows: showsImage,
  concludes: (container) => {
    const elsewhere = saidOfPull(container, otherPlatform) !== false;
    return {
      summary: elsewhere
        ? `Container ${container.name} cannot start: image ${quoted(container)} is not made for the CPU architecture of its node.`
        : `Container ${container.name} cannot start: image ${quoted(container)} does not exist in ${registryOf(container)}.`,
      confidence: high('the registry says so'),
      remediation: 'report-only',
      advice: elsewhere
        ? 'Build the image for the architecture of the node, or keep the pod to nodes of another one.'
        : 'A typo in name or tag, or a tag that was never pushed or was deleted. Correct it, or roll back: the old revision still has its image.',
      nextQuestion: elsewhere
        ? `Which architecture has the node? ${command('kubectl', 'get', 'node', container.pod.nodeName.text, '-L', 'kubernetes.io/arch')}`
        : 'Which tags does the registry have?',
    };
  },
};

const backOffOnly: ContainerRule = {
  name: 'image-pull-back-off',
  category: 'ImagePullBackOff',
  mode: 25,
  when: {
    'the image could not be pulled': couldNotPull,
  },
  shows: showsImage,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot pull image ${quoted(container)} from ${registryOf(container)}${unknownCause(container)}.`,
    confidence: low('what was said of the pull is none of the known answers'),
    // It may be a limit of pulls, which each new pod makes worse.
    remediation: 'none',
    advice:
      'The next attempt names the cause in an Event. Check name and tag, pull secrets, and whether the node reaches the registry.',
    nextQuestion: `What does the last attempt say? ${kubectl(container.pod, 'describe', 'pod', container.pod.name)}`,
    wouldChange: 'An Event "Failed to pull image" with the answer of the registry.',
  }),
};

/** What was said of the name, of the node, of the way, of the reader, of the image; then what is left. */
export const imageRules: readonly ContainerRule[] = [
  invalidImageName,
  neverPull,
  inspectError,
  pullRateLimited,
  nodeDiskFull,
  brokenPull,
  storeDamaged,
  registryUnreachable,
  registryFails,
  pullUnauthorized,
  pullSecretMissing,
  imageNotFound,
  backOffOnly,
];

function unreachable(container: ContainerFacts): ReturnType<ContainerRule['concludes']> {
  return {
    summary: `Container ${container.name} cannot pull image ${quoted(container)}: ${registryOf(container)} does not answer as it should.`,
    confidence: high('the runtime reports what came of its request'),
    remediation: 'none',
    advice:
      'Wait for the registry, or mend the way to it: name resolution, proxy, certificate authority, the registry itself. Many nodes at once: the registry or the network; one node: that node.',
    nextQuestion: `Do other nodes reach it? ${command('kubectl', 'get', 'events', '-A', '--field-selector', 'reason=Failed')}`,
    wouldChange: 'That the host in the name of the image is a typo.',
  };
}

/** What the status says, when it says more than that it waits. */
function unknownCause({ waitingReason, waitingMessage }: ContainerFacts): string {
  const said = waitingReason.text === 'ErrImagePull' ? waitingMessage.text : undefined;
  return said === undefined ? '; the cause is not in evidence' : `: ${said.slice(0, 250)}`;
}

function showsImage({ spec, waitingReason, waitingMessage }: ContainerFacts): readonly Field[] {
  return [waitingReason, waitingMessage, spec.at('image'), spec.at('imagePullPolicy')];
}

function showsPullSecrets(container: ContainerFacts): readonly Field[] {
  const missing = container.messagesOf('FailedToRetrieveImagePullSecret').slice(0, 1);
  const secrets = container.pod.view.at('spec', 'imagePullSecrets');
  return [...showsImage(container), secrets, ...missing];
}

function withSecrets({ pod }: ContainerFacts): string {
  const { length } = pod.view.at('spec', 'imagePullSecrets').items;
  return length === 0 ? ', which has no pull secrets of its own' : '';
}

function quoted(container: ContainerFacts): string {
  return `"${imageOf(container).slice(0, 200)}"`;
}
