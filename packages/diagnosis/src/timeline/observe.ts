import { diagnose } from '../engine/diagnose.ts';
import { stateOf } from '../engine/state-of.ts';
import { OwnerFacts, PodFacts, type ContainerFacts } from '../facts/index.ts';
import type { Finding, Observation } from '../model/index.ts';
import {
  isOpen,
  maxEpisodes,
  maxPods,
  type Episode,
  type History,
  type SeenPod,
} from './history.ts';
import { isSameFailure, saysMore } from './same-failure.ts';

/** What comes back within this time, in milliseconds, had not healed: the kubelet forgets its back-off then. */
const relapseMs = 10 * 60_000;
/** A pod that was not looked at for this long, in milliseconds, while others were, is gone. */
const forgottenMs = 60 * 60_000;
/** Most names of one episode. */
const maxNames = 8;

/** One look at one pod, or at an owner without pods. */
interface Sight {
  readonly at: string;
  readonly uid: string;
  /** What fails; what is only worth knowing is left out. */
  readonly findings: readonly Finding[];
  readonly pod: PodFacts | undefined;
  readonly isWell: boolean;
  /** It was deleted: what it shows now says nothing about the failure. */
  readonly isLeaving: boolean;
}

/**
 * The history with one more observation: of the pod it is about, or of another pod of the same owner, in the order of
 * time.
 *
 * Guarantees: pure, never throws; the same observation again changes nothing, and one that is older than what is known
 * is left out; gaps are bridged by what pods remember of themselves (restart counts, how the last life ended).
 *
 * @param history - undefined before the first observation.
 * @param findings - Those of `diagnose`, when they are known already.
 *
 * @example
 * ```ts
 * import { observe, type History } from '@kubewright/diagnosis';
 *
 * let history: History | undefined;
 * history = observe(history, { pod, events, now: new Date() });
 * const [failure] = history.episodes.filter(({ state }) => state === 'failing');
 * console.log(failure?.category, 'since', failure?.began);
 * ```
 */
export function observe(
  history: History | undefined,
  observation: Observation,
  findings: readonly Finding[] = diagnose(observation),
): History {
  const sight = sightOf(observation, findings);
  if (sight === undefined || (history !== undefined && sight.at < history.seen)) {
    return history ?? emptyAt(observation.now);
  }
  const known = history ?? emptyAt(observation.now);
  const before = known.pods.find(({ uid }) => uid === sight.uid);
  const pods = withPod(known.pods, sight, before);
  const context = { sight, before, pods, history: known };
  const matched = sight.isLeaving ? known.episodes : matchAll(known.episodes, context);
  return bounded({
    seen: sight.at,
    pods,
    episodes: matched.map((episode) => settle(episode, context)),
    forgotten: known.forgotten,
  });
}

/** The history after a pod was deleted and is gone. */
export function observeGone(history: History, uid: string, now: Date): History {
  const at = now.toISOString();
  if (at < history.seen) return history;
  const pods = history.pods.filter((pod) => pod.uid !== uid);
  const episodes = history.episodes.map((episode) =>
    episode.pods.includes(uid) ? withoutPods(episode, [uid], pods, at) : episode,
  );
  return { ...history, seen: at, pods, episodes };
}

interface Context {
  readonly sight: Sight;
  readonly before: SeenPod | undefined;
  readonly pods: readonly SeenPod[];
  readonly history: History;
}

function emptyAt(now: Date): History {
  return { seen: timestamp(now), pods: [], episodes: [], forgotten: 0 };
}

function timestamp(now: Date): string {
  return Number.isNaN(now.getTime()) ? new Date(0).toISOString() : now.toISOString();
}

function sightOf(observation: Observation, all: readonly Finding[]): Sight | undefined {
  const at = timestamp(observation.now);
  const findings = all.filter(({ severity }) => severity !== 'info');
  if (observation.pod !== undefined) {
    const pod = new PodFacts(observation);
    const state = stateOf(observation, all);
    const isWell = findings.length === 0 && (state !== 'Starting' || all.length > 0);
    const isLeaving = pod.deletionTimestamp.isPresent;
    return { at, uid: pod.uid ?? pod.name, findings, pod, isWell: isWell && !isLeaving, isLeaving };
  }
  if (observation.owner === undefined) return undefined;
  const owner = new OwnerFacts(observation);
  const uid = owner.view.at('metadata', 'uid').text ?? `${owner.kind}/${owner.name}`;
  return { at, uid, findings, pod: undefined, isWell: findings.length === 0, isLeaving: false };
}

/** The episodes with what was seen: continued, or begun. */
function matchAll(episodes: readonly Episode[], context: Context): readonly Episode[] {
  let result = episodes;
  for (const finding of context.sight.findings) {
    const container = context.sight.pod?.containers.find(({ name }) => name === finding.container);
    const end = container?.ended?.end;
    const same = result.findLast(
      (episode) =>
        isSameFailure(episode, finding, end) && (isOpen(episode) || cameBack(episode, context)),
    );
    result =
      same === undefined
        ? [...result, begun(finding, container, context)]
        : result.map((each) =>
            each === same ? continued(each, finding, container, context) : each,
          );
  }
  return result;
}

/** Whether it is so soon after the end of an episode that it had not ended. */
function cameBack({ ended }: Episode, { sight }: Context): boolean {
  return ended !== undefined && Date.parse(sight.at) - Date.parse(ended) < relapseMs;
}

function begun(
  finding: Finding,
  container: ContainerFacts | undefined,
  { sight, before, history }: Context,
): Episode {
  const made = sight.pod?.view.at('metadata', 'creationTimestamp').timeMs;
  const wellAt = before?.isWell === true ? before.seen : undefined;
  const others = history.pods.filter(({ isWell }) => isWell).map(({ seen }) => seen);
  const beganAfter = wellAt ?? (made === undefined ? others.at(-1) : new Date(made).toISOString());
  const since = finding.since === undefined ? sight.at : new Date(finding.since).toISOString();
  const began = since < sight.at ? since : sight.at;
  const end = container?.ended?.end;
  return {
    category: finding.category,
    names: [finding.category],
    container: finding.container,
    confidence: finding.confidence.level,
    state: stateNow(container),
    began,
    // A status tells times by the second, a look by the millisecond.
    ...(beganAfter === undefined || beganAfter > began ? {} : { beganAfter }),
    seen: sight.at,
    ...(end === undefined ? {} : { end }),
    restarts: restartsSince(before, container),
    relapses: 0,
    pods: [sight.uid],
    podCount: 1,
  };
}

function continued(
  { ended: _ended, ...episode }: Episode,
  finding: Finding,
  container: ContainerFacts | undefined,
  { sight, before }: Context,
): Episode {
  const isNew = !episode.pods.includes(sight.uid);
  const end = container?.ended?.end;
  const hadHealed = episode.state === 'healed';
  return {
    ...episode,
    ...(saysMore(episode, finding)
      ? { category: finding.category, confidence: finding.confidence.level }
      : {}),
    names: [...new Set([...episode.names, finding.category])].slice(-maxNames),
    state: stateNow(container),
    seen: sight.at,
    ...(end === undefined ? {} : { end }),
    restarts: episode.restarts + restartsSince(before, container),
    relapses: episode.relapses + (hadHealed ? 1 : 0),
    pods: isNew ? [...episode.pods, sight.uid].slice(-maxPods) : episode.pods,
    podCount: episode.podCount + (isNew && !hadHealed ? 1 : 0),
  };
}

function stateNow(container: ContainerFacts | undefined): 'failing' | 'recovering' {
  return container?.isServing === true ? 'recovering' : 'failing';
}

/** Restarts that were not counted yet: since the pod was seen last, or all that it remembers. */
function restartsSince(before: SeenPod | undefined, container: ContainerFacts | undefined): number {
  if (container === undefined) return 0;
  const counted = before?.restarts[container.name] ?? 0;
  return Math.max(0, container.restarts - counted);
}

/** Whether the episode is over, by what this pod and the others show. */
function settle(episode: Episode, { sight, pods, history }: Context): Episode {
  if (!isOpen(episode)) {
    // Another pod does the work of those that are gone.
    return episode.state === 'gone' && sight.isWell ? { ...episode, state: 'healed' } : episode;
  }
  const stale = history.pods.filter(
    ({ uid, seen }) => uid !== sight.uid && Date.parse(sight.at) - Date.parse(seen) > forgottenMs,
  );
  const over = stale.map(({ uid }) => uid);
  const left = over.length === 0 ? episode : withoutPods(episode, over, pods, sight.at);
  if (left.seen === sight.at || !left.pods.includes(sight.uid) || sight.isLeaving) return left;
  if (isReplaced(left, sight)) return withoutPods(left, [sight.uid], pods, sight.at, 'replaced');
  return isHealed(left, sight) ? withoutPods(left, [sight.uid], pods, sight.at) : left;
}

/** Whether something else is wrong where the episode was; what is wrong with the pod may hide what its containers do. */
function isReplaced({ container }: Episode, { findings }: Sight): boolean {
  return container === null
    ? findings.some((finding) => finding.container !== null)
    : findings.some((finding) => finding.container === container);
}

function isHealed({ container }: Episode, { isWell, findings, pod }: Sight): boolean {
  if (isWell) return true;
  const own = pod?.containers.find(({ name }) => name === container);
  return own?.isServing === true && findings.every((finding) => finding.container !== null);
}

function withoutPods(
  episode: Episode,
  over: readonly string[],
  pods: readonly SeenPod[],
  at: string,
  how: 'healed' | 'replaced' = 'healed',
): Episode {
  const left = episode.pods.filter((uid) => !over.includes(uid));
  if (left.length === episode.pods.length || left.length > 0 || !isOpen(episode)) {
    return { ...episode, pods: left };
  }
  const isGone = how === 'healed' && !pods.some(({ isWell }) => isWell);
  return { ...episode, pods: left, state: isGone ? 'gone' : how, ended: at };
}

function withPod(
  pods: readonly SeenPod[],
  { uid, at, isWell, pod }: Sight,
  before: SeenPod | undefined,
): readonly SeenPod[] {
  const restarts = Object.fromEntries(
    (pod?.containers ?? []).map((container) => [container.name, container.restarts]),
  );
  const others = pods.filter(
    (each) => each !== before && Date.parse(at) - Date.parse(each.seen) <= forgottenMs,
  );
  return [...others, { uid, seen: at, isWell, restarts }].slice(-maxPods);
}

/** Drops the oldest episodes that are over, then the oldest. */
function bounded(history: History): History {
  const { episodes } = history;
  const surplus = episodes.length - maxEpisodes;
  if (surplus <= 0) return history;
  const droppable = [...episodes.filter((each) => !isOpen(each)), ...episodes.filter(isOpen)];
  const dropped = new Set(droppable.slice(0, surplus));
  return {
    ...history,
    episodes: episodes.filter((each) => !dropped.has(each)),
    forgotten: history.forgotten + dropped.size,
  };
}
