import { invalid, type FieldError } from '../field-error.ts';
import { invalidError } from '../status.ts';
import type { LogOptions } from './node-backend.ts';
import { flagParameter, integerParameter } from './query-parameter.ts';

/** What a request for logs asks for, but for the container. */
export type LogQuery = Omit<LogOptions, 'signal'>;

/**
 * Reads the query of a request for logs.
 *
 * @throws StatusError 400 for values that cannot be read, 422 for values that make no sense
 */
export function parseLogQuery(podName: string, query: URLSearchParams): LogQuery {
  const tailLines = integerParameter(query, 'tailLines');
  const sinceSeconds = integerParameter(query, 'sinceSeconds');
  const limitBytes = integerParameter(query, 'limitBytes');
  const sinceTime = query.get('sinceTime') || undefined;
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'));
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push({
      type: 'FieldValueForbidden',
      field: '[]',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  }
  if (errors.length > 0) {
    throw invalidError({ group: '', kind: 'PodLogOptions' }, podName, errors);
  }
  return {
    follow: flagParameter(query, 'follow'),
    previous: flagParameter(query, 'previous'),
    timestamps: flagParameter(query, 'timestamps'),
    tailLines,
    sinceSeconds,
    sinceTime: readableTime(sinceTime),
    limitBytes,
  };
}

/** A time that cannot be read counts as none, as in the real server. */
function readableTime(text: string | undefined): string | undefined {
  return text !== undefined && Number.isNaN(Date.parse(text)) ? undefined : text;
}
