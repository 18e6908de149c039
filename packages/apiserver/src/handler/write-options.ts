import type { FieldValidation } from '../contracts.ts';
import {
  forbidden,
  invalid,
  notSupported,
  quote,
  required,
  tooLong,
  type FieldError,
} from '../field-error.ts';
import { invalidError } from '../status.ts';
import { booleanParameter } from './request-info.ts';

/** The query of a create, update or patch. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Who owns the written fields: `fieldManager`, or the first part of the user agent. */
  readonly manager: string;
  /** Server-side apply takes over fields of others. */
  readonly force: boolean;
}

/** Longest field manager name, in bytes. */
const MAX_MANAGER_BYTES = 128;

/** The owner of fields written without `fieldManager`: the user agent up to its first slash. */
export function managerFromUserAgent(userAgent: string | undefined): string {
  const name = (userAgent ?? '').split('/')[0] ?? '';
  let manager = '';
  for (const character of name) {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(manager + character) > MAX_MANAGER_BYTES) break;
    manager += character;
  }
  return manager === '' ? 'unknown' : manager;
}

function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

function managerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES) {
    errors.push(tooLong('fieldManager', MAX_MANAGER_BYTES));
  }
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push({
        ...invalid('fieldManager', manager, ''),
        message: `Invalid value: ${quoteGo(manager)}: invalid character U+${code} (at position ${position})`,
      });
      break;
    }
    position += 1;
  }
  return errors;
}

function quoteGo(text: string): string {
  return quote(text).replace(/\\u00([0-9a-f]{2})/g, '\\x$1');
}

/** Errors of a `dryRun` list. */
export function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])];
}

/**
 * Reads the query of a write.
 *
 * @param kind `CreateOptions`, `UpdateOptions` or `PatchOptions`, for messages
 * @param isApply whether the body is a server-side apply configuration
 * @throws StatusError 422
 */
export function parseWriteOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  userAgent: string | undefined,
  isApply = false,
): WriteOptions {
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  const errors: FieldError[] = [];
  if (kind === 'PatchOptions') {
    if (isApply && fieldManager === '') {
      errors.push(required('fieldManager', 'is required for apply patch'));
    }
    if (!isApply && query.has('force')) {
      errors.push(forbidden('force', 'may not be specified for non-apply patch'));
    }
  }
  errors.push(...managerErrors(fieldManager), ...dryRunErrors(dryRun));
  if (!['', 'Strict', 'Warn', 'Ignore'].includes(fieldValidation)) {
    errors.push(notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    // Checked above; `Warn` is the default of the real server.
    fieldValidation: (fieldValidation === '' ? 'Warn' : fieldValidation) as FieldValidation,
    manager: fieldManager === '' ? managerFromUserAgent(userAgent) : fieldManager,
    force: booleanParameter(query, 'force'),
  };
}
