import { deepEqual, type JsonValue } from '@kubewright/apimachinery';
import { Field, shown } from '../facts/field.ts';
import { logObject, logRef } from '../facts/observed-log.ts';
import { eventRef, listed, refOf } from '../facts/related-objects.ts';
import type { Evidence, ObjectRef, Observation } from '../model/index.ts';

/**
 * What the path of an evidence leads to in the observation that was diagnosed, as an evidence repeats it (long texts
 * cut). Null when nothing is there.
 *
 * Guarantee: for the evidence of every finding it is the evidence's value.
 */
export function resolveEvidence(observation: Observation, evidence: Evidence): JsonValue {
  const keys = keysOf(evidence.path);
  let found: JsonValue = null;
  for (const root of rootsOf(observation, evidence.object)) {
    let field = Field.root(root);
    for (const key of keys) field = field.at(key);
    found = shown(field.value);
    // Objects read from a file may share a name.
    if (deepEqual(found, evidence.value)) return found;
  }
  return found;
}

function rootsOf(observation: Observation, ref: ObjectRef | undefined): readonly unknown[] {
  if (ref === undefined) return [observation.pod ?? observation.owner];
  if (ref.kind === 'Log') {
    return listed(observation.logs)
      .filter((log) => sameRef(logRef(log), ref))
      .map(logObject);
  }
  if (ref.kind === 'Event') {
    return listed(observation.events).filter((event) => sameRef(eventRef(event), ref));
  }
  return listed(observation.related).filter((object) => sameRef(refOf(object), ref));
}

function sameRef(one: ObjectRef, other: ObjectRef): boolean {
  return one.kind === other.kind && one.name === other.name && one.namespace === other.namespace;
}

const pathKey = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g;

/** `a.b[0]["c/d"]` as its keys. */
function keysOf(path: string): readonly (string | number)[] {
  return [...path.matchAll(pathKey)].map(([key, index, quoted]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? key : (JSON.parse(quoted) as string);
  });
}
