/** The fields of a cron line, in order, with their bounds and the names that may stand for numbers. */
const fields = [
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day of the month', from: 1, to: 31, names: [] },
  {
    name: 'month',
    from: 1,
    to: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  {
    name: 'day of the week',
    from: 0,
    to: 6,
    names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
] as const;

const macros = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/**
 * What is wrong with a cron line as a CronJob takes it (five fields, or a macro such as `@daily`); undefined when nothing is.
 * Asked before the API server is, so that the fault can be told of the cluster's own field.
 */
export function cronFault(line: string): string | undefined {
  const text = line.trim();
  if (text.startsWith('@')) {
    return macros.includes(text) ? undefined : `${text} is none of ${macros.join(', ')}`;
  }
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) {
    return `a cron line has 5 fields, this one has ${text === '' ? '0' : String(parts.length)}`;
  }
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? '';
    if (!part.split(',').every((range) => isRange(range, field))) {
      return `"${part}" is no ${field.name} (${String(field.from)} to ${String(field.to)})`;
    }
  }
  return undefined;
}

function isRange(text: string, field: (typeof fields)[number]): boolean {
  const match = /^(?:\*|\?|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/i.exec(text);
  if (match === null) return false;
  const [, from, to, step] = match;
  if (step !== undefined && Number(step) === 0) return false;
  if (from === undefined) return true;
  const start = numberOf(from, field);
  if (start === undefined) return false;
  if (to === undefined) return true;
  const end = numberOf(to, field);
  return end !== undefined && start <= end;
}

function numberOf(text: string, field: (typeof fields)[number]): number | undefined {
  const named = (field.names as readonly string[]).indexOf(text.toLowerCase());
  const value = named >= 0 ? named + field.from : /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= field.from && value <= field.to ? value : undefined;
}
