import { Field, isPlainlyWell, refOf } from '../facts/index.ts';

import type { AnyEvent, Moment, ObjectRef, Observation } from '../model/index.ts';
import type { AnyObject, SnapshotIndex } from './snapshot-index.ts';

/** Most siblings that one pod is shown with: enough to tell whether others are well. */
const maxSiblings = 8;
/** Most Events about a node or another related object that one pod is shown with, newest of the snapshot last. */
const maxRelatedEvents = 50;
/** Most nodes that an unplaced pod is shown with. */
const maxNodes = 50;

/** What the snapshot knows about one pod: its Events and logs, its node, its owners, what its volumes name, some siblings. */
export function observePod(pod: AnyObject, index: SnapshotIndex, moment: Moment): Observation {
  const view = Field.root(pod);
  const namespace = view.textAt('metadata', 'namespace');
  const name = view.textAt('metadata', 'name') ?? '';
  const own = [
    ...index.eventsAbout({ kind: 'Pod', ...placed(namespace), name }),
    ...index.unattributedEvents,
  ];
  // Nothing around it can matter then, and most pods are.
  if (isPlainlyWell({ pod, events: own, ...moment })) return { pod, events: own, ...moment };
  const owners = ownersOf(view, namespace, index);
  const related = [
    ...nodesOf(view, index),
    ...owners,
    ...owners.flatMap((owner) => index.scalersOf(refOf(owner))),
    ...namedBySpec(view, namespace, index),
    ...siblingsOf(pod, view, index),
  ];
  const around = [...related.map(refOf), ...namedOnly(view, namespace, related)];
  const events = [...own, ...eventsAround(around, index)];
  return { pod, events, related, logs: index.logsOf(namespace, name), ...moment };
}

/** What the snapshot knows about an owner: its Events, its pods, and what limits its namespace. */
export function observeOwner(owner: AnyObject, index: SnapshotIndex, moment: Moment): Observation {
  const view = Field.root(owner);
  const namespace = view.at('metadata', 'namespace').text;
  const owners = ownersOf(view, namespace, index);
  return {
    owner,
    events: index.eventsAbout(refOf(owner)),
    related: [
      ...index.ownedBy(view.at('metadata', 'uid').text).slice(0, maxSiblings),
      ...owners,
      ...[owner, ...owners].flatMap((each) => index.scalersOf(refOf(each))),
      ...index.inNamespace('ResourceQuota', namespace),
      ...index.inNamespace('LimitRange', namespace),
    ],
    ...moment,
  };
}

function nodesOf(pod: Field, index: SnapshotIndex): readonly AnyObject[] {
  const name = pod.textAt('spec', 'nodeName');
  if (name === undefined) return index.taintedNodes.slice(0, maxNodes);
  return present(index.find('Node', undefined, name));
}

/** The controller, and the controller of that. */
function ownersOf(
  object: Field,
  namespace: string | undefined,
  index: SnapshotIndex,
  depth = 2,
): readonly AnyObject[] {
  if (depth === 0) return [];
  const reference = object.at('metadata', 'ownerReferences').itemWhere('controller', true);
  const owner = index.find(reference.textAt('kind') ?? '', namespace, reference.textAt('name'));
  if (owner === undefined) return [];
  return [owner, ...ownersOf(Field.root(owner), namespace, index, depth - 1)];
}

/** Claims with their volumes and attachments, Secrets, ConfigMaps and resource claims. */
function namedBySpec(
  pod: Field,
  namespace: string | undefined,
  index: SnapshotIndex,
): readonly AnyObject[] {
  const found: AnyObject[] = [];
  const add = (kind: string, name: string | undefined): void => {
    found.push(...present(index.find(kind, namespace, name)));
  };
  for (const volume of pod.at('spec', 'volumes').items) {
    add('Secret', volume.textAt('secret', 'secretName'));
    add('ConfigMap', volume.textAt('configMap', 'name'));
    const claim = index.find(
      'PersistentVolumeClaim',
      namespace,
      volume.textAt('persistentVolumeClaim', 'claimName'),
    );
    if (claim !== undefined) found.push(claim, ...volumesOf(claim, index));
  }
  for (const claim of pod.at('spec', 'resourceClaims').items) {
    add('ResourceClaim', claim.at('resourceClaimName').text);
  }
  for (const secret of pod.at('spec', 'imagePullSecrets').items)
    add('Secret', secret.at('name').text);
  add('ServiceAccount', pod.at('spec', 'serviceAccountName').text);
  return found;
}

function volumesOf(claim: AnyObject, index: SnapshotIndex): readonly AnyObject[] {
  const spec = Field.root(claim).at('spec');
  const name = spec.at('volumeName').text;
  return [
    ...present(index.find('PersistentVolume', undefined, name)),
    ...(name === undefined ? [] : index.attachmentsOf(name)),
    ...present(index.find('StorageClass', undefined, spec.at('storageClassName').text)),
  ];
}

function siblingsOf(pod: AnyObject, view: Field, index: SnapshotIndex): readonly AnyObject[] {
  const reference = view.at('metadata', 'ownerReferences').itemWhere('controller', true);
  const siblings: AnyObject[] = [];
  for (const sibling of index.ownedBy(reference.textAt('uid'))) {
    if (siblings.length === maxSiblings) break;
    if (sibling !== pod) siblings.push(sibling);
  }
  return siblings;
}

/** Its node and its controller, where they were not seen: who reads pods and Events need not be allowed to read nodes. */
function namedOnly(
  pod: Field,
  namespace: string | undefined,
  seen: readonly AnyObject[],
): readonly ObjectRef[] {
  const controller = pod.at('metadata', 'ownerReferences').itemWhere('controller', true);
  const named = [
    { kind: 'Node', name: pod.textAt('spec', 'nodeName') },
    { kind: controller.textAt('kind'), ...placed(namespace), name: controller.textAt('name') },
  ];
  return named.flatMap(({ kind, name, ...rest }) => {
    if (kind === undefined || name === undefined) return [];
    const isSeen = seen.some((object) => {
      const ref = refOf(object);
      return ref.kind === kind && ref.name === name;
    });
    return isSeen ? [] : [{ kind, name, ...rest }];
  });
}

function eventsAround(refs: readonly ObjectRef[], index: SnapshotIndex): readonly AnyEvent[] {
  return refs.flatMap((ref) =>
    // What happened to another pod is no Event about this one.
    ref.kind === 'Pod' ? [] : index.eventsAbout(ref).slice(-maxRelatedEvents),
  );
}

function present(object: AnyObject | undefined): readonly AnyObject[] {
  return object === undefined ? [] : [object];
}

function placed(namespace: string | undefined): Pick<ObjectRef, 'namespace'> {
  return namespace === undefined ? {} : { namespace };
}
