/** A client certificate with its private key, both PEM. */
export interface ClientCertificate {
  /** PEM; intermediate certificates may follow. */
  readonly certificate: string;
  /** PEM of the private key. */
  readonly key: string;
}

/** Headers of one request; a list is sent as one header line per value. */
export type CredentialHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What proves to the API server who asks. One object is one version: it is compared by identity. */
export interface Credential {
  /** Header names in lower case. */
  readonly headers: CredentialHeaders;
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** A source of credentials that may change while the process runs. */
export interface Credentials {
  /**
   * The credential to use now; the same object as long as it has not changed.
   *
   * @throws CredentialError when there is none to be had.
   */
  current(signal?: AbortSignal): Promise<Credential>;
  /**
   * Called after the API server answered 401. Resolves to true when {@link current} now gives another credential,
   * so that a second attempt makes sense.
   */
  renew(rejected: Credential, signal?: AbortSignal): Promise<boolean>;
  /** Ends what is under way, such as a plug-in; may be repeated. */
  close(): Promise<void>;
}

/** A credential that never changes. */
export function fixedCredentials(credential: Credential = { headers: {} }): Credentials {
  return {
    current: () => Promise.resolve(credential),
    renew: () => Promise.resolve(false),
    close: () => Promise.resolve(),
  };
}
