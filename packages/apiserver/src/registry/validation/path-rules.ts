import { invalid, type FieldError } from '../../field-error.ts';

/** A path without a step back. */
export function noBacksteps(path: string, value: string): FieldError[] {
  return value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : [];
}

/** A path below something: relative, and without a step back. */
export function descendingPath(path: string, value: string): FieldError[] {
  const errors = noBacksteps(path, value);
  return value.startsWith('/')
    ? [invalid(path, value, 'must be a relative path'), ...errors]
    : errors;
}

/** The place of a file in a volume that the kubelet fills: `..` begins the names it keeps for itself. */
export function filePath(path: string, value: string): FieldError[] {
  const errors = descendingPath(path, value);
  return value.startsWith('..') && !value.startsWith('../')
    ? [...errors, invalid(path, value, "must not start with '..'")]
    : errors;
}

/** The permissions of a file: absent is fine. */
export function fileMode(path: string, mode: number | undefined): FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= 0o777)
    ? []
    : [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

/** A name that stands in a URL as one segment of its path. */
export function pathSegmentErrors(path: string, name: string): FieldError[] {
  if (name === '.' || name === '..') return [invalid(path, name, `may not be '${name}'`)];
  return ['/', '%']
    .filter((character) => name.includes(character))
    .map((character) => invalid(path, name, `may not contain '${character}'`));
}
