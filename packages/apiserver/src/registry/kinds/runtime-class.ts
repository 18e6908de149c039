import type { JsonObject, Strategy } from '../../contracts.ts';
import { duplicate, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { oldLabelText } from '../pods/pod-warnings.ts';
import { validateResources } from '../pods/validate-resources.ts';
import { validateTolerations } from '../pods/validate-tolerations.ts';
import { validateLabels } from '../validation/selector-rules.ts';
import { dnsLabel, immutable } from '../validation/value-rules.ts';

/** A toleration, as messages show it: in the words of the server's internal type. */
function internalToleration(toleration: JsonObject): JsonObject {
  return {
    Key: textAt(toleration, 'key'),
    Operator: textAt(toleration, 'operator'),
    Value: textAt(toleration, 'value'),
    Effect: textAt(toleration, 'effect'),
    TolerationSeconds: numberAt(toleration, 'tolerationSeconds') ?? null,
  };
}

/** Tolerations that differ in their seconds only are one. */
function repeatedTolerations(path: string, tolerations: readonly JsonObject[]): FieldError[] {
  const seen = new Set<string>();
  return tolerations.flatMap((toleration, index) => {
    const shown = internalToleration(toleration);
    const key = JSON.stringify({ ...shown, TolerationSeconds: null });
    if (seen.has(key)) return [duplicate(`${path}[${index}]`, shown)];
    seen.add(key);
    return [];
  });
}

function validateRuntimeClass(object: JsonObject): FieldError[] {
  const handler = textAt(object, 'handler');
  const scheduling = objectAt(object, 'scheduling');
  return [
    ...(handler === '' ? [required('handler')] : dnsLabel('handler', handler)),
    // The real server looks at it as at the limits of a container, and says so.
    ...validateResources('overhead', {
      limits: objectAt(objectAt(object, 'overhead'), 'podFixed'),
    }),
    ...validateLabels('scheduling.nodeSelector', objectAt(scheduling, 'nodeSelector')),
    ...validateTolerations('scheduling', scheduling),
    ...repeatedTolerations('scheduling.tolerations', listAt(scheduling, 'tolerations')),
  ];
}

/** The behaviour of RuntimeClasses. */
export const runtimeClass: Partial<Strategy> = {
  validate: validateRuntimeClass,
  validateUpdate: (object, old) => [
    ...validateRuntimeClass(object),
    ...(object['handler'] === old['handler'] ? [] : [immutable('handler', object['handler'])]),
  ],
  warnings: (object) =>
    Object.keys(objectAt(objectAt(object, 'scheduling'), 'nodeSelector')).flatMap((label) => {
      const text = oldLabelText(label);
      return text === undefined ? [] : [`scheduling.nodeSelector: ${text}`];
    }),
};
