import type { DeepReadonly, KubernetesObject } from '@kubewright/apimachinery';
import { scalerKinds } from '../desired-state/keepers.ts';
import { Field, listed, ObservedEvent, refOf } from '../facts/index.ts';

import type { AnyEvent, ContainerLog, ObjectRef, Snapshot } from '../model/index.ts';

/** Any object of a snapshot. */
export type AnyObject = DeepReadonly<KubernetesObject>;

/**
 * A snapshot by what is asked of it: objects by name, by uid, by owner and by kind; Events and logs by what they are about.
 * It is made once and looked at for each subject, so that a snapshot takes time in proportion to its size.
 */
export class SnapshotIndex {
  readonly pods: readonly AnyObject[];
  readonly #byName = new NamedLists<AnyObject>();
  readonly #byKind = new Map<string, AnyObject[]>();
  readonly #byOwner = new Map<string, AnyObject[]>();
  readonly #events = new NamedLists<AnyEvent>();
  readonly #logs = new NamedLists<ContainerLog>();
  readonly #unattributed: AnyEvent[] = [];
  readonly #byNamespace = new Map<string, ReadonlyMap<string, readonly AnyObject[]>>();
  #scalers: ReadonlyMap<string, readonly { readonly object: AnyObject }[]> | undefined;
  #taintedNodes: readonly AnyObject[] | undefined;
  #attachments: ReadonlyMap<string, readonly AnyObject[]> | undefined;

  constructor(snapshot: Snapshot) {
    this.pods = listed(snapshot.pods);
    for (const object of listed(snapshot.objects)) this.#add(object, refOf(object));
    for (const pod of this.pods) this.#add(pod, { ...refOf(pod), kind: 'Pod' });
    for (const event of listed(snapshot.events)) this.#addEvent(event);
    for (const log of listed(snapshot.logs)) {
      const pod = Field.root(log).at('pod');
      this.#logs.add('Pod', pod.at('namespace').text, pod.at('name').text ?? '', log);
    }
  }

  find(
    kind: string,
    namespace: string | undefined,
    name: string | undefined,
  ): AnyObject | undefined {
    return name === undefined ? undefined : this.#byName.get(kind, namespace, name)[0];
  }

  ofKind(kind: string): readonly AnyObject[] {
    return this.#byKind.get(kind) ?? [];
  }

  /** Objects whose owner has this uid; pods among them. */
  ownedBy(uid: string | undefined): readonly AnyObject[] {
    return uid === undefined ? [] : (this.#byOwner.get(uid) ?? []);
  }

  eventsAbout({ kind, namespace, name }: ObjectRef): readonly AnyEvent[] {
    return this.#events.get(kind, namespace, name);
  }

  /** What Events are about, whether it was seen or not. */
  get namedByEvents(): readonly ObjectRef[] {
    return this.#events.refs();
  }

  /** Events that do not say what they are about: in the file of one pod they are about that. */
  get unattributedEvents(): readonly AnyEvent[] {
    return this.pods.length === 1 ? this.#unattributed : [];
  }

  /** Nodes that keep pods away, by a taint or because they are cordoned. */
  get taintedNodes(): readonly AnyObject[] {
    return (this.#taintedNodes ??= this.ofKind('Node').filter(
      (node) => Field.root(node).at('spec', 'taints', 0).isPresent,
    ));
  }

  /** Objects of a kind in a namespace. */
  inNamespace(kind: string, namespace: string | undefined): readonly AnyObject[] {
    let byNamespace = this.#byNamespace.get(kind);
    if (byNamespace === undefined) {
      byNamespace = groupBy(this.ofKind(kind), (object) => refOf(object).namespace ?? '');
      this.#byNamespace.set(kind, byNamespace);
    }
    return byNamespace.get(namespace ?? '') ?? [];
  }

  /** Autoscalers of a workload. */
  scalersOf({ kind, namespace, name }: ObjectRef): readonly AnyObject[] {
    const key = (...parts: readonly (string | undefined)[]): string => parts.join('\n');
    this.#scalers ??= groupBy(
      Object.entries(scalerKinds).flatMap(([scaler, { target }]) =>
        this.ofKind(scaler).map((object) => ({ object, target })),
      ),
      ({ object, target }) => {
        const meant = Field.root(object).at('spec', target);
        return key(meant.at('kind').text, refOf(object).namespace, meant.at('name').text);
      },
    );
    return (this.#scalers.get(key(kind, namespace, name)) ?? []).map(({ object }) => object);
  }

  /** Attachments of a volume to nodes. */
  attachmentsOf(volume: string): readonly AnyObject[] {
    return (
      (this.#attachments ??= groupBy(
        this.ofKind('VolumeAttachment'),
        (attachment) =>
          Field.root(attachment).at('spec', 'source', 'persistentVolumeName').text ?? '',
      )).get(volume) ?? []
    );
  }

  logsOf(namespace: string | undefined, pod: string): readonly ContainerLog[] {
    return this.#logs.get('Pod', namespace, pod);
  }

  #add(object: AnyObject, { kind, namespace, name }: ObjectRef): void {
    this.#byName.add(kind, namespace, name, object);
    push(this.#byKind, kind, object);
    for (const owner of Field.root(object).at('metadata', 'ownerReferences').items) {
      const uid = owner.at('uid').text;
      if (uid !== undefined) push(this.#byOwner, uid, object);
    }
  }

  #addEvent(event: AnyEvent): void {
    const { about } = new ObservedEvent(Field.root(event));
    const name = about.textAt('name');
    if (name === undefined) {
      this.#unattributed.push(event);
      return;
    }
    this.#events.add(about.textAt('kind') ?? 'Pod', about.textAt('namespace'), name, event);
  }
}

/**
 * Values by kind, namespace and name. What names no namespace is taken to be in the one that is meant: files and
 * copied Events often leave it out.
 */
class NamedLists<Value> {
  readonly #lists = new Map<string, Map<string, Value[]>>();

  add(kind: string, namespace: string | undefined, name: string, value: Value): void {
    const key = `${kind}\n${name}`;
    const places = this.#lists.get(key);
    if (places === undefined) this.#lists.set(key, new Map([[namespace ?? '', [value]]]));
    else push(places, namespace ?? '', value);
  }

  get(kind: string, namespace: string | undefined, name: string): readonly Value[] {
    const places = this.#lists.get(`${kind}\n${name}`);
    if (places === undefined) return [];
    if (namespace === undefined || namespace === '') return [...places.values()].flat();
    const named = places.get(namespace);
    const unnamed = places.get('');
    if (named === undefined || unnamed === undefined) return named ?? unnamed ?? [];
    return [...named, ...unnamed];
  }

  refs(): readonly ObjectRef[] {
    return [...this.#lists].flatMap(([key, places]) => {
      const [kind = '', name = ''] = key.split('\n');
      return [...places.keys()].map((namespace) => ({
        kind,
        ...(namespace === '' ? {} : { namespace }),
        name,
      }));
    });
  }
}

/** The values by a key, in their order. */
export function groupBy<Key, Value>(
  values: Iterable<Value>,
  keyOf: (value: Value) => Key,
): ReadonlyMap<Key, readonly Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) push(groups, keyOf(value), value);
  return groups;
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
