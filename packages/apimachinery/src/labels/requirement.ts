import { validateLabelKey, validateLabelValue } from '../names/validate-label.ts';
import { SelectorError } from './selector-error.ts';

/** How a requirement compares a label with its values. */
export type RequirementOperator =
  'Equals' | 'NotEquals' | 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

/** One condition on one label; a selector is the conjunction of its requirements. */
export interface Requirement {
  /** Name of the label, with its prefix. */
  readonly key: string;
  readonly operator: RequirementOperator;
  /**
   * Sorted, without duplicates. Empty for `Exists` and `DoesNotExist`, one value for `Equals`, `NotEquals`, `Gt`
   * and `Lt`, at least one for `In` and `NotIn`.
   */
  readonly values: readonly string[];
}

/** Labels as objects carry them; absent labels are no labels. */
export type Labels = Readonly<Record<string, string>> | undefined;

// A 64-bit integer in decimal has at most 19 digits; label values carry no sign.
const integer = /^\d{1,19}$/;

/**
 * Makes a requirement and checks it as the API server does.
 *
 * @throws SelectorError when key or values are no valid label parts, or their number does not fit the operator.
 */
export function createRequirement(
  key: string,
  operator: RequirementOperator,
  values: readonly string[],
): Requirement {
  const keyFaults = validateLabelKey(key);
  if (keyFaults.length > 0)
    throw invalid(`<nil>: Invalid value: ${JSON.stringify(key)}: ${keyFaults.join('; ')}`);
  const shown = `[${values.join(' ')}]`;
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        throw invalid(
          `values: Invalid value: ${shown}: for 'in', 'notin' operators, values set can't be empty`,
        );
      }
      break;
    case 'Equals':
    case 'NotEquals':
      if (values.length !== 1) {
        throw invalid(
          `values: Invalid value: ${shown}: exact-match compatibility requires one single value`,
        );
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length !== 0) {
        throw invalid(
          `values: Invalid value: ${shown}: values set must be empty for exists and does not exist`,
        );
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        throw invalid(
          `values: Invalid value: ${shown}: for 'Gt', 'Lt' operators, exactly one value is required`,
        );
      }
      for (const value of values) {
        if (!integer.test(value)) {
          throw invalid(
            `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
          );
        }
      }
      break;
    default:
      operator satisfies never;
  }
  values.forEach((value, index) => {
    const faults = validateLabelValue(value);
    if (faults.length > 0) {
      throw invalid(
        `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${faults.join('; ')}`,
      );
    }
  });
  return Object.freeze({ key, operator, values: Object.freeze([...new Set(values)].sort()) });
}

/**
 * Whether the labels meet one requirement. An absent label meets `NotIn`, `NotEquals` and `DoesNotExist`, never the others.
 */
export function meetsRequirement(requirement: Requirement, labels: Labels): boolean {
  // hasOwn: a label named `constructor` is absent unless the object itself carries it.
  const value =
    labels !== undefined && Object.hasOwn(labels, requirement.key)
      ? labels[requirement.key]
      : undefined;
  switch (requirement.operator) {
    case 'Equals':
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotEquals':
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const bound = requirement.values[0];
      if (value === undefined || bound === undefined || !integer.test(value)) return false;
      const difference = BigInt(value) - BigInt(bound);
      return requirement.operator === 'Gt' ? difference > 0n : difference < 0n;
    }
    default:
      return requirement.operator satisfies never;
  }
}

/** The requirement in the grammar of `kubectl -l`. */
export function formatRequirement({ key, operator, values }: Requirement): string {
  const list = values.join(',');
  switch (operator) {
    case 'Equals':
      return `${key}=${list}`;
    case 'NotEquals':
      return `${key}!=${list}`;
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${list}`;
    case 'Lt':
      return `${key}<${list}`;
    default:
      return operator satisfies never;
  }
}

function invalid(message: string): SelectorError {
  return new SelectorError('INVALID_LABEL_SELECTOR', message);
}
