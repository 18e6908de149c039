/** Why there is no credential. */
export type CredentialErrorCode =
  /** A file named by the kubeconfig cannot be read. */
  | 'UNREADABLE_FILE'
  /** The plug-in's program does not exist. */
  | 'PLUGIN_NOT_FOUND'
  /** The plug-in ended with an error, or did not end in time. */
  | 'PLUGIN_FAILED'
  /** What the plug-in wrote is no ExecCredential of the expected version. */
  | 'PLUGIN_ANSWER_INVALID'
  /** The plug-in needs a terminal and there is none. */
  | 'PLUGIN_NEEDS_TERMINAL';

/** There is no credential to send. The message says where it was looked for and what to do. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly code: CredentialErrorCode;

  constructor(code: CredentialErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
