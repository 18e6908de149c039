import type { JsonObject, Strategy } from '../contracts.ts';
import { invalid, type FieldError } from '../field-error.ts';
import { failure } from '../status.ts';
import { evaluateJsonPath, parseJsonPath } from '../tables/json-path.ts';
import type { DefinitionView } from './definition-view.ts';

/** What a custom resource's strategy depends on. */
export interface CustomStrategyOptions {
  readonly view: DefinitionView;
  readonly version: string;
  readonly hasStatus: boolean;
  /** Where the scale subresource finds its numbers; undefined when there is none. */
  readonly replicaPaths: readonly string[];
}

function replicaErrors(object: JsonObject, path: string): FieldError[] {
  const [value] = evaluateJsonPath(parseJsonPath(path), object);
  if (value === undefined) return [];
  const isCount = typeof value === 'number' && Number.isInteger(value);
  if (!isCount) return [invalid(path, value, 'should be an integer')];
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')];
  return value > 2 ** 31 - 1
    ? [invalid(path, value, `should be less than or equal to ${2 ** 31 - 1}`)]
    : [];
}

/** How the objects of a custom resource are written. */
export function customStrategy(options: CustomStrategyOptions): Strategy {
  const { view, version, hasStatus, replicaPaths } = options;
  const { kind, plural } = view.acceptedNames;
  const apiVersion = `${view.group}/${version}`;

  const validate = (object: JsonObject): FieldError[] => {
    const errors: FieldError[] = [];
    if (object['kind'] !== kind) errors.push(invalid('kind', object['kind'], `must be ${kind}`));
    if (object['apiVersion'] !== apiVersion) {
      errors.push(invalid('apiVersion', object['apiVersion'], `must be ${apiVersion}`));
    }
    return [...errors, ...replicaPaths.flatMap((path) => replicaErrors(object, path))];
  };

  return {
    hasGeneration: true,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
    prepareForCreate(object) {
      if (view.isDeleting) {
        const { name } = object['metadata'] as { name?: string };
        throw failure(
          403,
          'Forbidden',
          `${plural}.${view.group} ${JSON.stringify(name ?? '')} is forbidden: create not allowed while custom resource definition is terminating`,
          { ...(name === undefined ? {} : { name }), group: view.group, kind: plural },
        );
      }
      if (hasStatus) Reflect.deleteProperty(object, 'status');
    },
    prepareForUpdate(object, old) {
      if (!hasStatus) return;
      if (old['status'] === undefined) Reflect.deleteProperty(object, 'status');
      else object['status'] = old['status'] as unknown;
    },
    validate,
    validateUpdate: validate,
    validateStatusUpdate: validate,
  };
}
