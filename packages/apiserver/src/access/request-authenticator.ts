import type { Authenticator, ServerRequest, UserInfo } from '../contracts.ts';
import { failure } from '../status.ts';
import { bearerTokenOf } from './bearer-token.ts';
import { impersonate, type ImpersonationContext } from './impersonation.ts';
import { SERVICE_ACCOUNT_ISSUER, type ServiceAccountTokens } from './service-account-tokens.ts';
import { ANONYMOUS, withAuthenticatedGroup } from './user-names.ts';

/** What {@link RequestAuthenticator} takes. */
export interface RequestAuthenticatorOptions {
  readonly tokens: ServiceAccountTokens;
  /** Bearer tokens that stand for fixed users. */
  readonly staticTokens: ReadonlyMap<string, UserInfo>;
  readonly impersonation: ImpersonationContext;
}

/** What one way to prove an identity comes to. */
type Proof = UserInfo | 'none' | 'wrong';

/**
 * Finds out who sends a request: by client certificate, then by bearer token, otherwise nobody in particular. A
 * credential that does not count is refused, unless another one does.
 */
export class RequestAuthenticator implements Authenticator {
  readonly #options: RequestAuthenticatorOptions;

  constructor(options: RequestAuthenticatorOptions) {
    this.#options = options;
  }

  async authenticate(request: ServerRequest): Promise<UserInfo> {
    return impersonate(
      request.user ?? this.#identify(request),
      request,
      this.#options.impersonation,
    );
  }

  /** The user that a bearer token stands for, when it is one of the fixed ones. */
  staticUser(token: string): UserInfo | undefined {
    const user = this.#options.staticTokens.get(token);
    return user === undefined ? undefined : withAuthenticatedGroup(user);
  }

  #identify(request: ServerRequest): UserInfo {
    const proofs = [this.#byCertificate(request), this.#byToken(request)];
    const user = proofs.find((proof) => typeof proof !== 'string');
    if (user !== undefined) return user;
    if (proofs.includes('wrong')) {
      throw failure(401, 'Unauthorized', 'Unauthorized');
    }
    return ANONYMOUS;
  }

  #byCertificate({ clientCertificate }: ServerRequest): Proof {
    if (clientCertificate === undefined) return 'none';
    if (!clientCertificate.verified) return 'wrong';
    const { commonName, organizations, fingerprint } = clientCertificate;
    if (commonName === '') return 'none';
    return withAuthenticatedGroup({
      username: commonName,
      groups: organizations,
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    });
  }

  #byToken({ headers }: ServerRequest): Proof {
    const token = bearerTokenOf(headers);
    if (token === undefined) return 'none';
    const fixed = this.staticUser(token);
    if (fixed !== undefined) return fixed;
    const result = this.#options.tokens.authenticate(token, [SERVICE_ACCOUNT_ISSUER]);
    return result.authenticated ? result.user : 'wrong';
  }
}
