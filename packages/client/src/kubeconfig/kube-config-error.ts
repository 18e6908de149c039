/** Why a kubeconfig cannot be used. */
export type KubeConfigErrorCode =
  /** There is no kubeconfig where it was looked for. */
  | 'NOT_FOUND'
  /** The file exists but cannot be read. */
  | 'UNREADABLE'
  /** The text is no YAML. */
  | 'INVALID_YAML'
  /** A value is missing, of the wrong type, or contradicts another. */
  | 'INVALID'
  /** The context, or the cluster or user it names, does not exist. */
  | 'NO_SUCH_ENTRY';

/** A kubeconfig that cannot be used. The message says what, where (file and line) and what to do. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
  readonly code: KubeConfigErrorCode;

  constructor(code: KubeConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
