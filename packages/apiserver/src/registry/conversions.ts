import type { JsonObject } from '../contracts.ts';
import type { BuiltinFacts } from './builtin-resources.ts';
import { toCoreEvent, toNewEvent } from './event-conversion.ts';
import { toAutoscalingV1, toAutoscalingV2 } from './autoscaler-conversion.ts';

/** A served version that is stored as another one. */
export interface Conversion {
  readonly storageKey: string;
  readonly fromStorage: (object: JsonObject) => JsonObject;
  readonly toStorage: (object: JsonObject) => JsonObject;
}

/** How a built-in resource is stored when not as itself. */
export function conversionOf(facts: BuiltinFacts): Conversion | undefined {
  if (facts.group === 'events.k8s.io') {
    return { storageKey: 'events', fromStorage: toNewEvent, toStorage: toCoreEvent };
  }
  if (facts.group === 'autoscaling' && facts.version === 'v1') {
    return {
      storageKey: 'horizontalpodautoscalers.autoscaling',
      fromStorage: toAutoscalingV1,
      toStorage: toAutoscalingV2,
    };
  }
  return undefined;
}
