import { CronError, parseCronSchedule } from '@kubewright/apimachinery';
import { withRule } from '@kubewright/crd';
import * as z from 'zod';

const maxScheduleLength = 256;

/** A word in small or capital letters. */
const word = (text: string): string =>
  text.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
const words = (...texts: readonly string[]): string => texts.map(word).join('|');

/** One of the five fields: values, ranges and steps, with a comma between them. */
function field(value: string): string {
  const part = `(?:[*?]|(?:${value})(?:-(?:${value}))?)(?:/0*[1-9][0-9]*)?`;
  return `${part}(?:,${part})*`;
}

const fields = [
  field('0*[1-5]?[0-9]'),
  field('0*(?:1?[0-9]|2[0-3])'),
  field('0*(?:[1-9]|[12][0-9]|3[01])'),
  field(
    `0*(?:[1-9]|1[0-2])|${words('jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec')}`,
  ),
  field(`0*[0-6]|${words('sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat')}`),
];

/**
 * The schedules that a server can tell by their looks: each value is in its range. What is wrong beyond that, such as a
 * range whose end is before its beginning, the operator finds out.
 */
export const schedulePattern: string = [
  '^(?:',
  fields.join('[ \\t]+'),
  '|@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)',
  '|@every (?:(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:ns|us|ms|s|m|h))+',
  ')$',
].join('');

/** When a message is said again. */
export const schedule: z.ZodString = withRule(
  z
    .string()
    .max(maxScheduleLength)
    .describe(
      'When it is said, in UTC on most clusters: five fields (minute, hour, day of the month, month, day of the week), or a word such as @hourly.',
    ),
  {
    rule: `self.matches(r'${schedulePattern}')`,
    message:
      'must have five fields whose values are in range, such as "*/5 8-18 * * mon-fri", or be a word such as @hourly',
    check: (text) => new RegExp(schedulePattern).test(text),
  },
);

/** What is wrong with a schedule, in the words of Kubernetes; undefined when nothing is. */
export function scheduleProblem(text: string): string | undefined {
  try {
    parseCronSchedule(text);
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}
