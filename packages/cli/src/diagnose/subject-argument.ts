import { CommandError } from '../command-error.ts';

/** What is to be diagnosed, as it was named on the command line. */
export interface SubjectArgument {
  /** Kind as an object carries it. */
  readonly kind: string;
  /** Name of the object. */
  readonly name: string;
}

/** The words for kinds that own pods, as kubectl takes them. */
const kindWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Pod: ['po', 'pod', 'pods'],
    Deployment: ['deploy', 'deployment', 'deployments', 'deployments.apps', 'deployment.apps'],
    ReplicaSet: ['rs', 'replicaset', 'replicasets', 'replicasets.apps', 'replicaset.apps'],
    StatefulSet: ['sts', 'statefulset', 'statefulsets', 'statefulsets.apps', 'statefulset.apps'],
    DaemonSet: ['ds', 'daemonset', 'daemonsets', 'daemonsets.apps', 'daemonset.apps'],
    Job: ['job', 'jobs', 'jobs.batch', 'job.batch'],
    CronJob: ['cj', 'cronjob', 'cronjobs', 'cronjobs.batch', 'cronjob.batch'],
    ReplicationController: ['rc', 'replicationcontroller', 'replicationcontrollers'],
    Node: ['no', 'node', 'nodes'],
  }).flatMap(([kind, words]) => words.map((word) => [word, kind] as const)),
);

/**
 * Reads `pod/web`, `deployment/web deploy/api`, `pod web other` or `web` (a pod).
 *
 * @throws CommandError when a word is no kind that can be diagnosed.
 */
export function parseSubjects(words: readonly string[]): SubjectArgument[] {
  const [first, ...names] = words;
  if (first === undefined) return [];
  if (!first.includes('/') && names.length > 0 && names.every((name) => !name.includes('/'))) {
    const kind = kindWords.get(first.toLowerCase());
    if (kind !== undefined) return names.map((name) => ({ kind, name }));
  }
  return words.map(parseSubject);
}

function parseSubject(word: string): SubjectArgument {
  const slash = word.indexOf('/');
  if (slash < 0) {
    if (kindWords.has(word.toLowerCase())) {
      throw new CommandError(`which ${word}? Name it: ${word}/NAME`, { code: 'usage' });
    }
    return { kind: 'Pod', name: word };
  }
  const [kindWord, name] = [word.slice(0, slash), word.slice(slash + 1)];
  const kind = kindWords.get(kindWord.toLowerCase());
  if (kind === undefined) {
    throw new CommandError(
      `"${kindWord}" is nothing that can be diagnosed: pod, deployment, replicaset, statefulset, daemonset, job, cronjob or node`,
      { code: 'usage' },
    );
  }
  if (name === '') throw new CommandError(`"${word}" names no ${kindWord}`, { code: 'usage' });
  return { kind, name };
}
