import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from '../schema/json-type.ts';

/** A condition of a CustomResourceDefinition, without its time. */
export interface DefinitionCondition {
  readonly type: 'NamesAccepted' | 'Established' | 'Terminating';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/**
 * Sets a condition in a definition, in place; its transition time changes with its status only.
 *
 * @param nowMs milliseconds since the epoch
 * @returns whether anything changed
 */
export function setDefinitionCondition(
  object: JsonObject,
  condition: DefinitionCondition,
  nowMs: number,
): boolean {
  if (!isJsonObject(object['status'])) object['status'] = {};
  const status = object['status'] as JsonObject;
  const present: unknown = status['conditions'];
  const conditions: JsonObject[] = Array.isArray(present) ? present.filter(isJsonObject) : [];
  const old = conditions.find(({ type }) => type === condition.type);
  if (
    old?.['status'] === condition.status &&
    old['reason'] === condition.reason &&
    old['message'] === condition.message
  ) {
    return false;
  }
  const lastTransitionTime: unknown =
    old?.['status'] === condition.status ? old['lastTransitionTime'] : formatTime(new Date(nowMs));
  const { type, status: state, reason, message } = condition;
  const next = { type, status: state, lastTransitionTime, reason, message };
  status['conditions'] =
    old === undefined
      ? [...conditions, next]
      : conditions.map((other) => (other === old ? next : other));
  return true;
}
