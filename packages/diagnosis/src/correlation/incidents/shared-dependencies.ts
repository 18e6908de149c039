import type { Category, Finding } from '../../model/index.ts';
import { groupBy } from '../snapshot-index.ts';
import { workloadsIn, type FailingMember } from '../picture.ts';
import { count, explain, type Detector } from './incident.ts';

/** Fewest workloads that must say the same before it is not their own fault. */
const fewestWorkloads = 3;

/** Log signatures whose target is something that others use too. */
const aboutOthers: ReadonlySet<string> = new Set([
  'connection-refused',
  'connection-timeout',
  'name-not-resolved',
  'tls-failure',
  'authentication-failed',
  'database-not-ready',
]);

/** Failures to pull that are the registry's. */
const ofRegistries: ReadonlySet<Category> = new Set([
  'RegistryUnreachable',
  'ImagePullRateLimited',
  'ImagePullUnauthorized',
]);

/** What several members may have in common. */
interface Signature {
  readonly key: string;
  /** Ends the sentence "all of them fail at …". */
  readonly at: string;
  readonly isNamed: boolean;
}

/**
 * Mode 60: many workloads fail in the same way at the same time. What they share is to blame, and everything that acts
 * on pods should wait: it cannot help, and it adds load.
 */
export const sharedDependencies: Detector = (open) => {
  const failing = open.filter(({ finding }) => finding.severity !== 'info');
  const signed = failing.flatMap((member) =>
    signaturesOf(member).map((signature) => ({ member, signature })),
  );
  const groups = [...groupBy(signed, ({ signature }) => signature.key).values()]
    .map((group) => ({
      signature: group[0]?.signature,
      members: group.map(({ member }) => member),
    }))
    .filter(({ members }) => workloadsIn(members) >= fewestWorkloads)
    .sort((one, other) => other.members.length - one.members.length);
  const taken = new Set<FailingMember>();
  return groups.flatMap(({ signature, members }) => {
    const left = members.filter((member) => !taken.has(member));
    if (signature === undefined || workloadsIn(left) < fewestWorkloads) return [];
    for (const member of left) taken.add(member);
    const nodes = new Set(left.map(({ node }) => node)).size;
    return explain(left, {
      category: 'SharedDependencyFailure',
      summary: `${count(workloadsIn(left), 'workload')} fail at the same thing, ${signature.at}: ${count(left.length, 'pod')} on ${count(nodes, 'node')}.`,
      confidence: signature.isNamed
        ? { level: 'high', because: 'they name the same thing themselves' }
        : { level: 'medium', because: 'they end with the same words, which name nothing' },
      holds: 'cluster',
      remediation: 'none',
      advice: `Look at ${signature.at} and the way to it (DNS, network policies, credentials) before any of the pods. Do not restart them meanwhile: they come back when it does.`,
    });
  });
};

function signaturesOf({ finding, view }: FailingMember): readonly Signature[] {
  if (ofRegistries.has(finding.category)) {
    const images = view
      .at('spec', 'containers')
      .items.concat(view.at('spec', 'initContainers').items);
    const image = images
      .find((each) => each.at('name').text === finding.container)
      ?.at('image').text;
    const host = registryOf(image);
    return host === undefined
      ? []
      : [
          {
            key: `registry ${finding.category} ${host}`,
            at: `the registry ${host}`,
            isNamed: true,
          },
        ];
  }
  return [...targetsOf(finding), ...wordsOf(finding)];
}

function targetsOf({ logs = [] }: Finding): readonly Signature[] {
  return logs.flatMap(({ signature, target }): readonly Signature[] =>
    target !== undefined && aboutOthers.has(signature)
      ? [{ key: `target ${target}`, at: target, isNamed: true }]
      : [],
  );
}

/** The words with which a program ended, without what differs from one run to the next. */
function wordsOf({ category, logs = [], evidence }: Finding): readonly Signature[] {
  if (category !== 'AppError' && category !== 'LivenessProbeFailure') return [];
  const lines = logs.flatMap(({ lines: telling }) => telling.slice(0, 1));
  const messages = evidence.flatMap(({ path, value }) =>
    path.endsWith('.terminated.message') && typeof value === 'string' ? [value] : [],
  );
  const [words] = [...lines, ...messages].map(withoutPlaces).filter((text) => text.length >= 12);
  return words === undefined
    ? []
    : [
        {
          key: `words ${words}`,
          at: `what they say last ("${words.slice(0, 80)}")`,
          isNamed: false,
        },
      ];
}

/** A line without times, numbers, addresses and names of pods. */
function withoutPlaces(text: string): string {
  return text
    .slice(0, 300)
    .replace(/\b[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4}\b/gi, '*')
    .replace(/[\w.:-]*\d[\w.:-]*/g, '*')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Host of an image, as docker and containerd read it. */
function registryOf(image: string | undefined): string | undefined {
  if (image === undefined) return undefined;
  const [host = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(host) || host === 'localhost');
  return isHost ? host : 'docker.io';
}
