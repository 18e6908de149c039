/**
 * Why the scheduler turned nodes down.
 *
 * - `resources`: something requested is used up, or no node has as much.
 * - `placement`: selectors, affinities, topology spread, host ports, a node asked for by name.
 * - `taint`: a taint without toleration, also one that stands for a condition of the node.
 * - `cordon`: the node takes no new pods for now.
 * - `volume`: a claim or volume is missing, unbound, elsewhere, in use, or too many are attached.
 * - `claim`: a ResourceClaim (dynamic resource allocation) cannot be met.
 * - `gang`: a scheduler that starts pods in groups waits for the rest of the group, or for the turn of its queue.
 * - `no-nodes`: there is no node at all.
 * - `other`: none of these; the text is all there is.
 */
export type RefusalKind =
  | 'resources'
  | 'placement'
  | 'taint'
  | 'cordon'
  | 'volume'
  | 'claim'
  | 'gang'
  | 'no-nodes'
  | 'other';

/** One reason of the scheduler, and how many nodes it turned down. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** Absent: the pod was turned down before any node was looked at. */
  readonly nodes?: number;
  /** As the scheduler wrote it, without the number. */
  readonly text: string;
  /** What there is too little of, for `resources`: `cpu`, `nvidia.com/gpu`, `pods`. */
  readonly resource?: string;
  /** Its key, for `taint`; absent where the scheduler does not say it (1.16, 1.36) or says a condition of the node instead. */
  readonly taintKey?: string;
}

/** What a scheduler said of a pod that it cannot place. */
export interface SchedulerMessage {
  /** Nodes in the cluster, when it says so. */
  readonly nodes?: number;
  /** In the order of the text; empty when it says nothing. */
  readonly refusals: readonly Refusal[];
}

const maxLength = 8192;
/** Of schedulers, then of the autoscaler, which looks at the nodes that it could add. */
const prefix =
  /(?:(?:\d+\/(\d+)|all) nodes are (?:un)?available|pod didn't trigger scale-up(?: \([^)]*\))?):\s*/i;
/** What follows is about victims for preemption, not about the pod; newer schedulers speak of claims before it. */
const epilogue =
  /(?:\.|^|,)?\s*(?:no new claims to deallocate\b|still not schedulable\b|preemption: ).*$/is;

/** The words of one reason, most telling first: volumes have node affinities, claims of either kind have names. */
const kinds: readonly (readonly [RefusalKind, RegExp])[] = [
  [
    'claim',
    /\bresource ?claims?\b|allocate all claims|\bresource driver\b|dynamic ?resource|device ?class/i,
  ],
  [
    'volume',
    /persistentvolume|\bvolumes?\b|volume(?:binding|zone|restrictions)|volumelimits|\bpvc\b|storage ?class|free (?:storage|space)|available disk|\bcsi\b|selectednode annotation/i,
  ],
  [
    'resources',
    /insufficient|exhausted|too many pods|enough resources?\b|resource fit failed|noderesources|no instance type (?:satisfied|met|has|which)|exceeds? limits|in backoff after failed scale-up|max (?:node group size|limit|cluster [\w, ]*limit) reached/i,
  ],
  ['taint', /\btaints?\b|tainttoleration|toleratesnodetaints/i],
  ['cordon', /\bwere unschedulable\b|nodeunschedulable/i],
  [
    'taint',
    /\bwere not ready\b|\bhad (?:memory|disk|pid) ?pressure\b|out of disk|network unavailable|\bwere unreachable\b|\bnode(?:notready|outofdisk|under\w+pressure|networkunavailable|unknowncondition)\b/i,
  ],
  [
    'placement',
    /affinity|selector|topology ?(?:spread|constraint)|requested (?:node|host) ?name|free ports|host ?ports?\b|nodeports|node labels|known values|incompatible requirements|filtered out|\bfargate\b/i,
  ],
  ['no-nodes', /no nodes available/i],
  [
    'gang',
    /pod ?group|\bgang\b|minavailable|minmember|possibly be assigned|sibling pods|coscheduling|on permit|at permit|\bworkload\b|\bqueued?\b/i,
  ],
];

/**
 * Reads what schedulers of Kubernetes 1.16 to 1.36 write and what others append to it, what those write that start pods in
 * groups, and what autoscalers say of a pod for which they add no node.
 *
 * The parts about preemption are left out. A text of another form is one reason of kind `other` or of the kind its words
 * tell. Texts are read up to 8 KiB.
 */
export function parseSchedulerMessage(text: string): SchedulerMessage {
  const bounded = text.slice(0, maxLength);
  const start = prefix.exec(bounded);
  const body = start === null ? bounded : bounded.slice(start.index + start[0].length);
  const reasons = body.replace(epilogue, '');
  // Taints of old carry a comma of their own: "had taint {a: }, that the pod didn't tolerate".
  const parts = start === null ? [reasons] : reasons.split(/,\s+(?=\d+ )/);
  const refusals = parts.map(refusalOf).filter((refusal) => refusal.text !== '');
  return {
    ...(start?.[1] === undefined ? {} : { nodes: Number(start[1]) }),
    refusals,
  };
}

function refusalOf(part: string): Refusal {
  const numbered = /^\s*(\d+) (.*)$/s.exec(part);
  const text = (numbered?.[2] ?? part)
    .replace(/\.\s.*$/s, '')
    .replace(/[\s.,;]+$/, '')
    .trim();
  const kind = kinds.find(([, words]) => words.test(text))?.[0] ?? 'other';
  const resource = kind === 'resources' ? resourceOf(text) : undefined;
  const taintKey = kind === 'taint' ? /\{\s*([^:}=\s]+)/.exec(text)?.[1] : undefined;
  return {
    kind,
    ...(numbered === null ? {} : { nodes: Number(numbered[1]) }),
    text,
    ...(resource === undefined ? {} : { resource }),
    ...(taintKey === undefined ? {} : { taintKey }),
  };
}

function resourceOf(text: string): string | undefined {
  if (/too many pods/i.test(text)) return 'pods';
  return /insufficient ([\w.\-/]+)/i.exec(text)?.[1] ?? /resource: ([\w.\-/]+)/i.exec(text)?.[1];
}

/** Taints of nodes that are set aside for the control plane: nobody expects an ordinary pod there. */
const controlPlaneTaints = new Set([
  'node-role.kubernetes.io/master',
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/controlplane',
  'node-role.kubernetes.io/etcd',
]);

/** Filters run in this order and stop at the first that says no: a node turned down by a late one has passed the early ones. */
const filterOrder: readonly RefusalKind[] = [
  'other',
  'no-nodes',
  'gang',
  'cordon',
  'taint',
  'placement',
  'resources',
  'claim',
  'volume',
];

/**
 * The reason a person should act on.
 *
 * A reason about the whole pod comes first. Nodes of the control plane do not count while there are others, nor do nodes
 * that the pod's selector leaves out on purpose while a node that it selects was turned down for something else. Of the
 * rest the one that turned down most nodes; among equals the one that was tested last, for that node came closest.
 */
export function decisiveRefusal(message: SchedulerMessage): Refusal | undefined {
  const wholePod = message.refusals.find(
    ({ nodes, kind }) => nodes === undefined && kind !== 'other',
  );
  if (wholePod !== undefined) return wholePod;
  let left = without(
    message.refusals,
    ({ taintKey }) => taintKey !== undefined && controlPlaneTaints.has(taintKey),
  );
  const tainted = left.find((refusal) => guards(refusal, left));
  if (tainted !== undefined) return tainted;
  if (left.some(({ kind }) => kind === 'resources' || kind === 'volume' || kind === 'claim')) {
    left = without(left, isSelectedOut);
  }
  return left.toSorted(
    (one, other) =>
      (other.nodes ?? 0) - (one.nodes ?? 0) ||
      filterOrder.indexOf(other.kind) - filterOrder.indexOf(one.kind),
  )[0];
}

function isSelectedOut({ kind, text }: Refusal): boolean {
  return (
    kind === 'placement' &&
    /node selector|node affinity|requested (?:node|host) ?name|node labels|prefilter result/i.test(
      text,
    )
  );
}

/** Whether this taint keeps the nodes that have the device which the other nodes lack: `nvidia.com/gpu`. */
function guards(taint: Refusal, refusals: readonly Refusal[]): boolean {
  return (
    taint.taintKey !== undefined &&
    refusals.some(({ resource }) => resource?.includes('/') && resource === taint.taintKey)
  );
}

function without(
  refusals: readonly Refusal[],
  isBackground: (refusal: Refusal) => boolean,
): readonly Refusal[] {
  const left = refusals.filter((refusal) => !isBackground(refusal));
  return left.length === 0 ? refusals : left;
}
