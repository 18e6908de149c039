import type { DeepReadonly, KubernetesObject } from '@kubewright/apimachinery';
import { Field, listed } from '../facts/index.ts';
import type { AnyEvent, ContainerLog, Observation, Snapshot } from '../model/index.ts';

type AnyObject = DeepReadonly<KubernetesObject>;

/** Longest chain of owners that is followed: pod, ReplicaSet, Deployment, and what made that. */
const maxOwners = 4;

/**
 * A snapshot, filed once by what its parts are about, so that the observation of one subject costs what concerns it and
 * not a look at everything.
 */
export class SnapshotIndex {
  readonly #snapshot: Snapshot;
  readonly #events = new Map<string, AnyEvent[]>();
  /** Events that do not say what they are about. */
  readonly #loose: AnyEvent[] = [];
  readonly #objects = new Map<string, AnyObject[]>();
  readonly #byUid = new Map<string, AnyObject>();
  readonly #logs = new Map<string, ContainerLog[]>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    for (const event of listed(snapshot.events)) {
      const about = aboutOf(event);
      if (about === undefined) this.#loose.push(event);
      else file(this.#events, about, event);
    }
    for (const object of listed(snapshot.objects)) {
      file(this.#objects, keyOf(object), object);
      const uid = Field.root(object).at('metadata', 'uid').text;
      if (uid !== undefined) this.#byUid.set(uid, object);
    }
    for (const log of listed(snapshot.logs)) file(this.#logs, log.pod.name, log);
  }

  /** All that is known about a pod: its Events, owners, node and claims with theirs, and its logs. */
  observationOf(pod: Snapshot['pods'][number]): Observation {
    const { now } = this.#snapshot;
    const view = Field.root(pod);
    const namespace = view.at('metadata', 'namespace').text;
    const name = view.at('metadata', 'name').text ?? '';
    const related = [
      ...this.#ownersOf(view, namespace),
      ...this.#find('Node', view.at('spec', 'nodeName').text),
      ...view.at('spec', 'volumes').items.flatMap((volume) => this.#claimsOf(volume, namespace)),
    ];
    const events = [
      ...this.#eventsAbout('Pod', name, namespace),
      ...related.flatMap((object) => this.#eventsOf(object)),
      ...(this.#snapshot.pods.length === 1 ? this.#loose : []),
    ];
    const logs = this.#logs.get(name)?.filter((log) => isIn(log.pod.namespace, namespace));
    return { pod, events, related, now, ...(logs === undefined ? {} : { logs }) };
  }

  /** All that is known about an owner: its Events and its own owners. */
  observationOfOwner(owner: AnyObject): Observation {
    const namespace = Field.root(owner).at('metadata', 'namespace').text;
    return {
      owner,
      events: this.#eventsOf(owner),
      related: this.#ownersOf(Field.root(owner), namespace),
      now: this.#snapshot.now,
    };
  }

  #ownersOf(view: Field, namespace: string | undefined): AnyObject[] {
    const owners = new Set<AnyObject>();
    let level = [view];
    for (let depth = 0; depth < maxOwners && level.length > 0; depth++) {
      const found = level.flatMap((each) =>
        each.at('metadata', 'ownerReferences').items.flatMap((reference) => {
          const byUid = this.#byUid.get(reference.at('uid').text ?? '');
          if (byUid !== undefined) return [byUid];
          return this.#find(reference.at('kind').text ?? '', reference.at('name').text, namespace);
        }),
      );
      const fresh = found.filter((owner) => !owners.has(owner));
      for (const owner of fresh) owners.add(owner);
      level = fresh.map((owner) => Field.root(owner));
    }
    return [...owners];
  }

  #claimsOf(volume: Field, namespace: string | undefined): readonly AnyObject[] {
    const claim = volume.at('persistentVolumeClaim', 'claimName').text;
    return claim === undefined ? [] : this.#find('PersistentVolumeClaim', claim, namespace);
  }

  #find(kind: string, name: string | undefined, namespace?: string): readonly AnyObject[] {
    if (name === undefined) return [];
    const found = this.#objects.get(`${kind}/${name}`) ?? [];
    return found.filter((object) =>
      isIn(Field.root(object).at('metadata', 'namespace').text, namespace),
    );
  }

  #eventsOf(object: AnyObject): readonly AnyEvent[] {
    const view = Field.root(object);
    return this.#eventsAbout(
      view.at('kind').text ?? '',
      view.at('metadata', 'name').text ?? '',
      view.at('metadata', 'namespace').text,
    );
  }

  #eventsAbout(kind: string, name: string, namespace: string | undefined): readonly AnyEvent[] {
    const found = this.#events.get(`${kind}/${name}`) ?? [];
    return found.filter((event) => isIn(subjectOf(event).at('namespace').text, namespace));
  }
}

/** Whether a namespace is the one that is meant; what names none is taken to be in it. */
function isIn(namespace: string | undefined, meant: string | undefined): boolean {
  return namespace === undefined || namespace === '' || meant === undefined || namespace === meant;
}

function subjectOf(event: AnyEvent): Field {
  const view = Field.root(event);
  const involved = view.at('involvedObject');
  return involved.isPresent ? involved : view.at('regarding');
}

function aboutOf(event: AnyEvent): string | undefined {
  const about = subjectOf(event);
  const name = about.at('name').text;
  return name === undefined ? undefined : `${about.at('kind').text ?? ''}/${name}`;
}

function keyOf(object: AnyObject): string {
  const view = Field.root(object);
  return `${view.at('kind').text ?? ''}/${view.at('metadata', 'name').text ?? ''}`;
}

function file<T>(map: Map<string, T[]>, key: string, value: T): void {
  const present = map.get(key);
  if (present === undefined) map.set(key, [value]);
  else present.push(value);
}
