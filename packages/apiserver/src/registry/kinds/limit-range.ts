import { randomUUID } from 'node:crypto';
import { validateLabelKey, type ExactQuantity } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { duplicate, forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { amountsAt, ONE, type Amounts } from '../../resources/amounts.ts';
import {
  ensureObject,
  listAt,
  objectAt,
  setDefault,
  setDefaultText,
  textAt,
} from '../json-read.ts';
import {
  canOvercommit,
  containerResourceName,
  resourceName,
} from '../validation/resource-names.ts';

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type ListName = (typeof LISTS)[number];
type Lists = Readonly<Record<ListName, Amounts>>;

function typeErrors(path: string, type: string): FieldError[] {
  const texts = validateLabelKey(type);
  if (texts.length === 0 && !type.includes('/') && !TYPES.includes(type)) {
    texts.push('must be a standard limit type or fully qualified');
  }
  return texts.map((text) => invalid(path, type, text));
}

/** Pairs of lists of which the first must not be more than the second, each with its message. */
const ORDER: readonly {
  readonly lower: ListName;
  readonly upper: ListName;
  /** Where the error stands. */
  readonly at: ListName;
  /** Which of the two the error shows. */
  readonly shown: ListName;
  readonly text: (lower: string, upper: string) => string;
}[] = [
  {
    lower: 'min',
    upper: 'max',
    at: 'min',
    shown: 'min',
    text: (lower, upper) => `min value ${lower} is greater than max value ${upper}`,
  },
  {
    lower: 'min',
    upper: 'defaultRequest',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    text: (lower, upper) => `min value ${lower} is greater than default request value ${upper}`,
  },
  {
    lower: 'defaultRequest',
    upper: 'max',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    text: (lower, upper) => `default request value ${lower} is greater than max value ${upper}`,
  },
  {
    lower: 'defaultRequest',
    upper: 'default',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    text: (lower, upper) =>
      `default request value ${lower} is greater than default limit value ${upper}`,
  },
  {
    lower: 'min',
    upper: 'default',
    at: 'default',
    shown: 'min',
    text: (lower, upper) => `min value ${lower} is greater than default value ${upper}`,
  },
  {
    lower: 'default',
    upper: 'max',
    at: 'default',
    shown: 'max',
    text: (lower, upper) => `default value ${lower} is greater than max value ${upper}`,
  },
];

function orderErrors(path: string, name: string, lists: Lists): FieldError[] {
  return ORDER.flatMap(({ lower, upper, at, shown, text }) => {
    const [low, high] = [lists[lower].get(name), lists[upper].get(name)];
    if (low === undefined || high === undefined || low.compare(high) <= 0) return [];
    const value = lists[shown].get(name)?.toString();
    return [invalid(`${path}.${at}[${name}]`, value, text(low.toString(), high.toString()))];
  });
}

function ratioErrors(
  at: string,
  ratio: ExactQuantity,
  min: ExactQuantity | undefined,
  max: ExactQuantity | undefined,
): FieldError[] {
  const value = ratio.toString();
  const errors: FieldError[] = [];
  if (ratio.compare(ONE) < 0) errors.push(invalid(at, value, `ratio ${value} is less than 1`));
  if (min === undefined || max === undefined) return errors;
  const most = Number(max.toMilli()) / Number(min.toMilli());
  if (Number(ratio.toMilli()) / 1000 > most) {
    const text = `ratio ${value} is greater than max/min = ${most.toFixed(6)}`;
    errors.push(invalid(at, value, text));
  }
  return errors;
}

function amountErrors(path: string, name: string, lists: Lists): FieldError[] {
  const errors = orderErrors(path, name, lists);
  const ratio = lists.maxLimitRequestRatio.get(name);
  if (ratio !== undefined) {
    const at = `${path}.maxLimitRequestRatio[${name}]`;
    errors.push(...ratioErrors(at, ratio, lists.min.get(name), lists.max.get(name)));
  }
  const [limit, request] = [lists.default.get(name), lists.defaultRequest.get(name)];
  if (canOvercommit(name) || limit === undefined || request === undefined) return errors;
  if (limit.compare(request) !== 0) {
    const text = `default value ${limit.toString()} must equal to defaultRequest value ${request.toString()} in ${name}`;
    errors.push(invalid(`${path}.defaultRequest[${name}]`, request.toString(), text));
  }
  return errors;
}

function limitErrors(path: string, limit: JsonObject): FieldError[] {
  const type = textAt(limit, 'type');
  const nameRule = type === 'Pod' || type === 'Container' ? containerResourceName : resourceName;
  const errors: FieldError[] = [];
  const amounts = (list: ListName): Amounts => {
    if (type === 'Pod' && (list === 'default' || list === 'defaultRequest')) {
      if (Object.keys(objectAt(limit, list)).length > 0) {
        errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
      }
      return new Map();
    }
    const read = amountsAt(limit, list);
    for (const name of read.keys()) errors.push(...nameRule(`${path}.${list}[${name}]`, name));
    return read;
  };
  const [max, min] = [amounts('max'), amounts('min')];
  const [defaults, defaultRequest] = [amounts('default'), amounts('defaultRequest')];
  if (type === 'PersistentVolumeClaim' && !min.has('storage') && !max.has('storage')) {
    errors.push(
      required(
        `${path}.limits`,
        'either minimum or maximum storage value is required, but neither was provided',
      ),
    );
  }
  const maxLimitRequestRatio = amounts('maxLimitRequestRatio');
  const lists = { max, min, default: defaults, defaultRequest, maxLimitRequestRatio };
  const names = new Set(LISTS.flatMap((list) => [...lists[list].keys()]));
  for (const name of [...names].sort()) errors.push(...amountErrors(path, name, lists));
  return errors;
}

function validateLimitRange(object: JsonObject): FieldError[] {
  const seen = new Set<string>();
  return listAt(objectAt(object, 'spec'), 'limits').flatMap((limit, index) => {
    const path = `spec.limits[${index}]`;
    const type = textAt(limit, 'type');
    const errors = typeErrors(`${path}.type`, type);
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    return [...errors, ...limitErrors(path, limit)];
  });
}

/** The behaviour of LimitRanges: for containers a maximum is the default, and a default the default request. */
export const limitRange: Partial<Strategy> = {
  applyDefaults(object) {
    for (const limit of listAt(objectAt(object, 'spec'), 'limits')) {
      if (limit['type'] !== 'Container') continue;
      const fill = (into: string, from: string) => {
        const source = objectAt(limit, from);
        if (Object.keys(source).length === 0) return;
        const target = ensureObject(limit, into);
        for (const [name, value] of Object.entries(source)) setDefault(target, name, value);
      };
      fill('default', 'max');
      fill('defaultRequest', 'default');
      fill('defaultRequest', 'min');
    }
  },
  prepareForCreate(object) {
    setDefaultText(ensureObject(object, 'metadata'), 'name', randomUUID());
  },
  validate: validateLimitRange,
  validateUpdate: validateLimitRange,
};
