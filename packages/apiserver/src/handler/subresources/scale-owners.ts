import { fieldSetOf, type FieldSet } from '../../apply/field-set.ts';
import { managerKey, type ManagerEntry, type Managers } from '../../apply/managers.ts';
import { apiVersionOfType } from '../../apply/owner-versions.ts';
import { fieldElement } from '../../apply/path-element.ts';
import type { ResourceType } from '../../contracts.ts';
import { SCALE_TYPE } from './scale-type.ts';

const SCALE_VERSION = apiVersionOfType(SCALE_TYPE);

/** The replicas, as a scale has them. */
const SCALE_REPLICAS = fieldSetOf([['f:spec', 'f:replicas']]);

/**
 * Who owns the replicas of an object, told in two languages: in that of the object, where they may stand anywhere, and in
 * that of its scale. Everything else that anyone owns in the object is out of a scale's reach.
 */
export class ScaleOwners {
  readonly #type: ResourceType;
  readonly #replicas: FieldSet;

  /** @param path of the replicas in objects of the type */
  constructor(type: ResourceType, path: readonly string[]) {
    this.#type = type;
    this.#replicas = fieldSetOf([path.map(fieldElement)]);
  }

  /** Those among the owners of an object who own its replicas, as owners of its scale. */
  ofScale(owners: Managers): Managers {
    const own = [...owners.values()].filter((entry) => this.#ownsReplicas(entry));
    const entries = own.map((entry) => ({
      ...entry,
      apiVersion: SCALE_VERSION,
      fields: SCALE_REPLICAS,
    }));
    return new Map(entries.map((entry) => [managerKey(entry), entry]));
  }

  /** The owners of an object, after those of its scale have become these. */
  ofObject(owners: Managers, ofScale: Managers): Managers {
    const next = new Map<string, ManagerEntry>();
    for (const [key, entry] of owners) {
      const keeps =
        !this.#ownsReplicas(entry) ||
        ofScale.has(managerKey({ ...entry, apiVersion: SCALE_VERSION }));
      next.set(key, keeps ? entry : { ...entry, fields: entry.fields.difference(this.#replicas) });
    }
    for (const entry of ofScale.values()) {
      if (entry.fields.intersection(SCALE_REPLICAS).isEmpty) continue;
      const apiVersion = apiVersionOfType(this.#type);
      // Of a write to a scale no time is kept.
      const owner = { ...entry, apiVersion, time: undefined, fields: this.#replicas };
      const key = managerKey(owner);
      if (!next.has(key)) next.set(key, owner);
    }
    return next;
  }

  #ownsReplicas({ fields }: ManagerEntry): boolean {
    return !fields.intersection(this.#replicas).isEmpty;
  }
}
