import { firstMatch, type Field, type ObservedEvent, type PodFacts } from '../facts/index.ts';
import { command } from './command.ts';
import { nodeOf, placedInSole } from './place.ts';
import { high, low, type PodRule } from './rule.ts';
import { placedAt, waitsTooLong, standingEvents, waits } from './starting.ts';

/** Mode 37: the pod has a node, but its sandbox (the network, the cgroup, the runtime) is not made. */
export const sandboxRules: readonly PodRule[] = [
  {
    name: 'sandbox-not-created',
    category: 'SandboxCreationFailure',
    mode: 37,
    when: {
      ...waits,
      'the kubelet says that it cannot make the sandbox': (pod) =>
        firstMatch(sandboxMessages(pod), /./),
    },
    concludes: (pod) => {
      const message = mostTelling(sandboxMessages(pod));
      const trouble = troubleIn(message);
      return {
        summary: `Node ${nodeOf(pod)} cannot make its sandbox: ${trouble.summary}.`,
        confidence: high('the kubelet says so'),
        remediation: 'report-only',
        advice: trouble.advice,
        nextQuestion: `Do other pods start there? ${command('kubectl', 'get', 'pods', '-A', '-o', 'wide', '--field-selector', `spec.nodeName=${nodeOf(pod)}`)}`,
        wouldChange: 'If no node can, it is the network of the cluster and not this node.',
        sinceMs: placedAt(pod).timeMs,
        ...placedInSole(pod),
      };
    },
  },
  {
    name: 'sandbox-stuck-silently',
    category: 'SandboxCreationFailure',
    mode: 37,
    when: {
      ...waits,
      'it waits longer than that takes': waitsTooLong,
      'nothing tells of an image': (pod) =>
        pod.events.every(({ reason }) => !/pull/i.test(reason.text ?? '')) && [],
    },
    shows: (pod) => [pod.condition('PodReadyToStartContainers').at('status')],
    concludes: (pod) => ({
      summary: `No container has started since it was given node ${nodeOf(pod)}; what keeps it is not in evidence.`,
      confidence: low('no Event is left; only the time that has passed speaks'),
      remediation: 'report-only',
      advice:
        'Look at the kubelet, the network plugin and the runtime of the node. A pod that nobody takes on has no startTime.',
      nextQuestion: `What does the kubelet say now? ${command('kubectl', 'describe', 'pod', ...(pod.namespace === undefined ? [] : ['-n', pod.namespace]), pod.name)}`,
      wouldChange: 'An image that is still pulled; its Event may have expired.',
      sinceMs: placedAt(pod).timeMs,
      ...placedInSole(pod),
    }),
  },
];

/** What the kubelet says of sandboxes, newest first, in the words of Kubernetes 1.9 to 1.36. */
function sandboxMessages(pod: PodFacts): readonly Field[] {
  const failed = standingEvents(
    pod,
    'FailedCreatePodSandBox',
    'FailedCreatePodContainer',
    'FailedPodSandBoxStatus',
  ).map(({ message }) => message);
  const unready = standingEvents(pod, 'NetworkNotReady')
    .filter((seen) => !isOfNewNode(pod, seen))
    .map(({ message }) => message);
  const synced = standingEvents(pod, 'FailedSync').map(({ message }) => message);
  return [
    ...failed,
    ...unready,
    ...synced.filter((message) => message.matches(/sandbox/i) !== false),
  ];
}

/** So long a node that has just come up takes to get its network, in milliseconds. */
const networkMs = 60_000;

/** The pod came to the node before its network did, and has not waited for it long. */
function isOfNewNode(pod: PodFacts, { lastMs }: ObservedEvent): boolean {
  const placedMs = placedAt(pod).timeMs;
  return (
    placedMs !== undefined &&
    lastMs !== undefined &&
    lastMs - placedMs < networkMs &&
    waitsTooLong(pod) === false
  );
}

/** A lost race or a deadline says less than the reason of the network plugin. */
function mostTelling(messages: readonly Field[]): string {
  const texts = messages.flatMap(({ text }) => text ?? []);
  return (
    texts.find((text) => !/is reserved for|deadline exceeded|code = Canceled/i.test(text)) ??
    texts[0] ??
    ''
  );
}

const troubles: readonly (readonly [RegExp, string, string])[] = [
  [
    /no ip addresses available|no available ip|failed to assign an ip|insufficient.*\bips?\b|ip pool.*exhausted|no more ips/i,
    'the addresses for pods are used up',
    'Free addresses: pods that ended but are still there, a range that is too small, addresses that the plugin has lost. Fewer pods on the node help at once.',
  ],
  [
    /oom-killed|memory limit too low/i,
    'the memory limit of the pod is too low even for the sandbox',
    'Raise the memory limit: some megabytes are the least that a container can be started with.',
  ],
  [
    /no runtime for "[^"]*" is configured|runtimehandler "[^"]*" not supported|unknown runtime|runtimeclass/i,
    'the runtime that its RuntimeClass names is not on this node',
    'Install that runtime on the node, or select the nodes that have it (scheduling of the RuntimeClass).',
  ],
  [
    /failed to (?:get|pull) sandbox image|pause image|pulling image .*pause/i,
    'the image of the sandbox itself cannot be pulled',
    'Look at the registry that the runtime of the node is set up with for its sandbox (pause) image.',
  ],
  [
    /failed to find plugin|cni config uninitialized|no networks found|cni plugin not initialized|networkpluginnotready|nodename: no such file|failed to load cni/i,
    'its network plugin is not set up',
    'Look at the network plugin’s pod on this node: it does not run, or has not written its files yet.',
  ],
  [
    /\bcni\b|network for (?:pod|sandbox)|networkplugin|set ?up network|plugin type=/i,
    'its network plugin fails',
    'Look at the log of the network plugin on this node.',
  ],
  [
    /no space left|too many open files|cannot allocate memory|resource temporarily unavailable/i,
    'the node has run out of something',
    'Look at the disk, the memory and the process numbers of the node.',
  ],
  [
    /deadline exceeded|is reserved for|connection refused|transport is closing|rpc error: code = unavailable/i,
    'its container runtime does not answer in time',
    'Look at the container runtime of the node: it is overloaded, hangs on storage, or does not run.',
  ],
];

function troubleIn(message: string): { readonly summary: string; readonly advice: string } {
  const known = troubles.find(([words]) => words.test(message.slice(0, 8192)));
  if (known !== undefined) return { summary: known[1], advice: known[2] };
  return {
    summary: message.replace(/\s+/g, ' ').slice(0, 300) || 'it does not say why',
    advice: 'Read the message: the container runtime or the network plugin of the node refuses.',
  };
}
