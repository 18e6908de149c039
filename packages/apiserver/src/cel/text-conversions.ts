import {
  celEnv,
  celFunc,
  CelScalar,
  celType,
  isCelError,
  parse,
  plan,
  type CelFunc,
  type CelInput,
  type CelType,
  type CelValue,
} from '@bufbuild/cel';
import { formatShortest } from './format-numbers.ts';

const { DOUBLE, STRING } = CelScalar;

const BASE = celEnv();

function evaluate(source: string, time: CelInput): CelValue {
  const result = plan(BASE, parse(source))({ time });
  if (isCelError(result)) throw new Error(result.message);
  return result;
}

// The evaluator has no name for these types that does not come with a library of its own.
const TIMESTAMP: CelType = celType(evaluate("timestamp('1970-01-01T00:00:00Z')", null));
const DURATION: CelType = celType(evaluate("duration('0s')", null));

const toText = plan(BASE, parse('string(time)'));

/** Which kind of time a value is; undefined when it is none. */
export function timeKindOf(value: CelValue): 'timestamp' | 'duration' | undefined {
  const { name } = celType(value);
  if (name === TIMESTAMP.name) return 'timestamp';
  return name === DURATION.name ? 'duration' : undefined;
}

/** A timestamp or a duration as text, with no more digits behind the point than it has. */
export function timeText(time: CelValue): string {
  // Values of the evaluator are inputs of the evaluator.
  const text = toText({ time: time as CelInput });
  if (typeof text !== 'string') throw new Error('no such overload: not a time');
  return text.replace(/\.(\d*?)0*(?=[sZ]$)/, (_, digits: string) =>
    digits === '' ? '' : `.${digits}`,
  );
}

/** `string()` of numbers and times, as Go writes them. */
export function textConversions(): CelFunc[] {
  return [
    celFunc('string', [DOUBLE], STRING, formatShortest),
    celFunc('string', [TIMESTAMP], STRING, timeText),
    celFunc('string', [DURATION], STRING, timeText),
  ];
}
