/**
 * Why a custom resource cannot be made, written or read.
 * - `NOT_EXPRESSIBLE`: a Zod schema says what a manifest cannot; the message tells the way out.
 * - `INVALID_DEFINITION`: names, versions or paths of the definition are wrong.
 * - `INVALID_OBJECT`: an object does not follow its schema.
 * - `NOT_CONVERTIBLE`: an object cannot be told in another version.
 */
export type CustomResourceErrorCode =
  'NOT_EXPRESSIBLE' | 'INVALID_DEFINITION' | 'INVALID_OBJECT' | 'NOT_CONVERTIBLE';

/** A custom resource that is wrong at the place `path`. */
export class CustomResourceError extends Error {
  override readonly name = 'CustomResourceError';
  readonly code: CustomResourceErrorCode;
  /** Where, such as `spec.targets[].port`. */
  readonly path: string;

  constructor(
    code: CustomResourceErrorCode,
    path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(path === '' ? message : `${path}: ${message}`, options);
    this.code = code;
    this.path = path;
  }
}

/** The error for what a structural schema has no words for, with what to write instead. */
export function notExpressible(path: string, what: string, instead: string): CustomResourceError {
  return new CustomResourceError('NOT_EXPRESSIBLE', path, `${what}; ${instead}`);
}
