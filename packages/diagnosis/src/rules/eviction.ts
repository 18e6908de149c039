import { parseQuantity } from '@kubewright/apimachinery';
import {
  oncePer,
  type ContainerFacts,
  type Field,
  type PodFacts,
  type Proof,
} from '../facts/index.ts';
import {
  parseEvictionMessage,
  type Consumer,
  type EvictedFor,
  type EvictionMessage,
} from '../messages/eviction-message.ts';
import type { Category, Remediation } from '../model/index.ts';
import { command } from './command.ts';
import { placedByVolumes } from './mount-texts.ts';
import { high, low, type Conclusion, type PodRule } from './rule.ts';
import { nodeOf } from './place.ts';

/** What a kubelet said when it ended or refused the pod, and where. */
interface Eviction extends EvictionMessage {
  readonly said: readonly Field[];
}

const shortages: readonly {
  readonly resource: EvictedFor;
  readonly category: Category;
  readonly advice: string;
}[] = [
  {
    resource: 'memory',
    category: 'EvictedMemory',
    advice:
      'Give its containers a memory request near what they use: pods above their request go first. Find what filled the node.',
  },
  {
    resource: 'disk',
    category: 'EvictedDisk',
    advice:
      'Find what filled the disk of the node: images, logs, emptyDir volumes (those are not in the kubelet’s figure). Give pods ephemeral-storage requests and limits.',
  },
  {
    resource: 'pids',
    category: 'EvictedPids',
    advice:
      'Find what makes so many processes on the node; the pod that was evicted may be innocent. Set podPidsLimit in the kubelet.',
  },
];

/** Modes 43 to 45: the kubelet ended the pod, or did not let it in, because the node ran low or the pod wrote too much. */
export const evictionRules: readonly PodRule[] = [
  {
    name: 'evicted-by-its-own-limit',
    category: 'EvictedDisk',
    mode: 44,
    when: {
      'the kubelet says that it wrote more than it may': (pod) => evictedAs(pod, 'own-limit'),
    },
    concludes: (pod) => ({
      summary: `It wrote more to disk than it may, so the kubelet ended it: ${evictionOf(pod)?.detail ?? ''}.`,
      confidence: high('the kubelet says which limit it was'),
      remediation: 'report-only',
      advice:
        'Raise the limit, or write less: rotate logs, clean up temporary files. A new pod ends the same way.',
      wouldChange: 'Pressure on the node at the same time.',
      ...placeOf(pod),
    }),
  },
  ...shortages.map(({ resource, category, advice }): PodRule => ({
    name: `evicted-at-admission-for-${resource}`,
    category,
    mode: 45,
    when: {
      [`the kubelet says that the node was low on ${resource} when the pod came`]: (pod) =>
        evictedAs(pod, 'admission', resource),
    },
    concludes: (pod) => ({
      summary: `Node ${nodeOf(pod)} was low on ${resource} when the pod came, so it was turned away and never ran.`,
      confidence: high('the kubelet names the condition of the node'),
      remediation: leftover(pod),
      advice,
      nextQuestion: questionFor(pod),
      ...placeOf(pod),
    }),
  })),
  ...shortages.map(({ resource, category, advice }): PodRule => ({
    name: `evicted-for-${resource}`,
    category,
    mode: 43,
    when: {
      [`the kubelet says that it evicted it because the node was low on ${resource}`]: (pod) =>
        evictedAs(pod, 'pressure', resource),
    },
    concludes: (pod) => pressureConclusion(pod, resource, advice),
  })),
  {
    name: 'evicted-for-an-unsaid-reason',
    category: 'EvictedMemory',
    mode: 43,
    when: {
      'the kubelet evicted it': (pod) => pod.reason.is('Evicted'),
    },
    concludes: (pod) => ({
      summary: 'It was evicted by its kubelet; why is not in evidence.',
      confidence: low('no message is left; memory is what nodes run out of most'),
      remediation: leftover(pod),
      advice: 'Look at the history of its node: memory, disk, process numbers.',
      nextQuestion: questionFor(pod),
      wouldChange: 'The message of the eviction, or a condition of the node at that time.',
      ...placeOf(pod),
    }),
  },
];

function pressureConclusion(pod: PodFacts, resource: EvictedFor, advice: string): Conclusion {
  const eviction = evictionOf(pod);
  const largest = largestOf(eviction?.consumers ?? []);
  const consumer =
    largest === undefined
      ? ''
      : `; container ${largest.container} used ${largest.used} and had requested ${largest.request}`;
  return {
    summary: `Node ${nodeOf(pod)} was low on ${eviction?.detail ?? resource}, so the kubelet ended this pod${consumer}.`,
    confidence: high('the kubelet says so'),
    remediation: leftover(pod),
    advice,
    nextQuestion: questionFor(pod),
    ...placeOf(pod),
  };
}

function evictedAs(pod: PodFacts, kind: EvictionMessage['kind'], resource?: EvictedFor): Proof {
  const eviction = evictionOf(pod);
  if (eviction?.kind !== kind) return false;
  return (resource === undefined || eviction.resource === resource) && eviction.said;
}

/**
 * The kubelet's words, where they are kept: in the pod's own message while it is Failed; in the condition
 * DisruptionTarget, also when its containers ended well and the pod counts as Succeeded; in the Event.
 */
const evictionOf = oncePer((pod: PodFacts): Eviction | undefined => {
  const disrupted = pod.condition('DisruptionTarget');
  const places: readonly (readonly [Field, Field])[] = [
    [pod.reason, pod.message],
    [disrupted.at('reason'), disrupted.at('message')],
    ...pod.events
      .filter(({ reason }) => reason.text === 'Evicted')
      .map(({ reason, message }): readonly [Field, Field] => [reason, message]),
  ];
  for (const [reason, message] of places) {
    if (reason.is('Evicted', 'TerminationByKubelet') === false) continue;
    const parsed = parseEvictionMessage(message.text ?? '');
    if (parsed !== undefined) return { ...parsed, said: [reason, message] };
  }
  return undefined;
});

/** A pod that has ended is only in the way; one that still runs is not for us to delete. */
function leftover(pod: PodFacts): Remediation {
  return pod.phase.text === 'Failed' || pod.phase.text === 'Succeeded' ? 'cleanup-safe' : 'none';
}

/** The container that the kubelet names, or that mounts the volume it names; else the only one. */
function placeOf(pod: PodFacts): { readonly container?: ContainerFacts } {
  const eviction = evictionOf(pod);
  const blamed = eviction?.container ?? largestOf(eviction?.consumers ?? [])?.container;
  const container = pod.containers.find(({ name }) => name === blamed);
  if (container !== undefined) return { container };
  const volume = eviction?.volume;
  const names = pod.view.at('spec', 'volumes').items.map((each) => each.at('name'));
  return placedByVolumes(
    pod,
    names.filter(({ text }) => volume !== undefined && text === volume),
  );
}

function largestOf(consumers: readonly Consumer[]): Consumer | undefined {
  return consumers.toSorted((one, other) => bytesOf(other.used) - bytesOf(one.used))[0];
}

function bytesOf(quantity: string): number {
  try {
    return parseQuantity(quantity).toNumber();
  } catch {
    // A figure in a form of its own cannot be compared.
    return 0;
  }
}

function questionFor(pod: PodFacts): string {
  return `What used it up? ${command('kubectl', 'describe', 'node', pod.nodeName.text)}`;
}
