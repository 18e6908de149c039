import { randomUUID } from 'node:crypto';
import { isJsonObject, objectOrEmpty } from '../schema/json-type.ts';
import type { Clock, JsonObject, SecretTokenOptions, StoreReader, UserInfo } from '../contracts.ts';
import { BOUND_KINDS, findBoundObject, uidOf, type BoundKind } from './bound-object.ts';
import type { SigningKey } from './signing-key.ts';
import {
  serviceAccountGroups,
  serviceAccountUsername,
  withAuthenticatedGroup,
} from './user-names.ts';

/** Who issues the tokens, and whom they are for when nobody says otherwise. */
export const SERVICE_ACCOUNT_ISSUER = 'https://kubernetes.default.svc';

/** Who issues the tokens that lie in Secrets; the name is older than issuers that are addresses. */
export const SECRET_TOKEN_ISSUER = 'kubernetes/serviceaccount';
/** Claims of a token in a Secret begin so. */
const SECRET_CLAIM = 'kubernetes.io/serviceaccount/';
/** Label of a Secret whose token must not be used any more, with the date since when. */
const INVALID_SINCE_LABEL = 'kubernetes.io/legacy-token-invalid-since';

/** Verified signatures that are remembered; the oldest give way. */
const MAX_REMEMBERED_TOKENS = 1000;
/** How long a deleted account's or object's tokens still count, in milliseconds; as in the real server. */
const DELETION_LEEWAY_MS = 60_000;

/** The object that a new token is bound to. */
export interface TokenBinding {
  readonly kind: BoundKind;
  readonly object: JsonObject;
}

/** What goes into a new token. */
export interface TokenOptions {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** Seconds after which use of the token is worth a warning, when that is before its end. */
  readonly warnAfterSeconds?: number | undefined;
  readonly binding?: TokenBinding | undefined;
}

/** Whom a token stands for, or why it counts for nobody. */
export type TokenAuthentication =
  | {
      readonly authenticated: true;
      readonly user: UserInfo;
      /** Those asked for that the token is for. */
      readonly audiences: readonly string[];
    }
  /** `problem` is undefined for what is not a token of this server at all. */
  | { readonly authenticated: false; readonly problem: string | undefined };

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

/**
 * Makes and checks the tokens of service accounts. A token counts as long as it has not run out and the account and
 * the object it is bound to exist with the same uid.
 */
export class ServiceAccountTokens {
  readonly #key: SigningKey;
  readonly #clock: Clock;
  readonly #store: StoreReader;
  readonly #onSecretUsed: (namespace: string, name: string) => void;
  /** Token → claims whose signature is genuine. Never more than {@link MAX_REMEMBERED_TOKENS}. */
  readonly #verified = new Map<string, JsonObject>();

  constructor(options: {
    readonly key: SigningKey;
    readonly clock: Clock;
    readonly store: StoreReader;
    /** Told of the Secret whose token was used. */
    readonly onSecretUsed?: (namespace: string, name: string) => void;
  }) {
    this.#onSecretUsed = options.onSecretUsed ?? (() => undefined);
    this.#key = options.key;
    this.#clock = options.clock;
    this.#store = options.store;
  }

  /** Signs a new token. */
  issue(options: TokenOptions): { readonly token: string; readonly expiresAtMs: number } {
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    const { namespace, name, uid, binding } = options;
    const token = this.#key.sign({
      aud: [...options.audiences],
      exp: nowSeconds + options.expirationSeconds,
      iat: nowSeconds,
      iss: SERVICE_ACCOUNT_ISSUER,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        ...(binding === undefined ? {} : this.#bindingClaims(binding)),
        serviceaccount: { name, uid },
        ...(options.warnAfterSeconds === undefined
          ? {}
          : { warnafter: nowSeconds + options.warnAfterSeconds }),
      },
      nbf: nowSeconds,
      sub: serviceAccountUsername({ namespace, name }),
    });
    return { token, expiresAtMs: (nowSeconds + options.expirationSeconds) * 1000 };
  }

  /** Signs a token for a Secret. */
  issueForSecret({ namespace, secretName, account }: SecretTokenOptions): string {
    return this.#key.sign({
      iss: SECRET_TOKEN_ISSUER,
      [`${SECRET_CLAIM}namespace`]: namespace,
      [`${SECRET_CLAIM}secret.name`]: secretName,
      [`${SECRET_CLAIM}service-account.name`]: account.name,
      [`${SECRET_CLAIM}service-account.uid`]: account.uid,
      sub: serviceAccountUsername({ namespace, name: account.name }),
    });
  }

  /** Finds out whom a token stands for. @param audiences those of whom one must be the token's */
  authenticate(token: string, audiences: readonly string[]): TokenAuthentication {
    const refuse = (problem?: string): TokenAuthentication => ({ authenticated: false, problem });
    let claims = this.#verified.get(token);
    if (claims === undefined) {
      const verdict = this.#key.verify(token);
      if (verdict.state !== 'valid') {
        const isOurs = verdict.state === 'forged' && isOwnIssuer(verdict.issuer);
        return refuse(isOurs ? 'the signature of the token is not genuine' : undefined);
      }
      claims = verdict.claims;
      this.#remember(token, claims);
    }
    if (!isOwnIssuer(claims['iss'])) return refuse();
    const isOfSecret = claims['iss'] === SECRET_TOKEN_ISSUER;
    // One that lies in a Secret names no audience: it is for this server.
    const own: unknown = isOfSecret ? [SERVICE_ACCOUNT_ISSUER] : claims['aud'];
    const tokenAudiences = Array.isArray(own) ? own.filter((item) => typeof item === 'string') : [];
    const shared = audiences.filter((audience) => tokenAudiences.includes(audience));
    if (shared.length === 0) {
      return refuse(
        `token audiences ${quotedList(tokenAudiences)} is invalid for the target audiences ${quotedList(audiences)}`,
      );
    }
    if (isOfSecret) {
      const { user, problem } = this.#byCopy(claims, token);
      return user === undefined
        ? refuse(problem)
        : { authenticated: true, user, audiences: shared };
    }
    const nowSeconds = this.#clock.now() / 1000;
    if (nowSeconds >= Number(claims['exp'])) {
      this.#verified.delete(token);
      return refuse('service account token has expired');
    }
    if (nowSeconds < Number(claims['nbf'])) return refuse('service account token is not valid yet');
    const problem = this.#problemOf(claims);
    if (problem !== undefined) return refuse(problem);
    return { authenticated: true, user: userOf(claims), audiences: shared };
  }

  /** The account of a token that the Secret holds which it names, or why it does not count. */
  #byCopy(claims: JsonObject, token: string): { user?: UserInfo; problem?: string } {
    const claim = (name: string): string => text(claims[SECRET_CLAIM + name]);
    const namespace = claim('namespace');
    const secretName = claim('secret.name');
    const account = claim('service-account.name');
    const uid = claim('service-account.uid');
    const secret = this.#store.get('secrets', namespace, secretName);
    const metadata = objectOrEmpty(secret?.['metadata']);
    if (secret === undefined || metadata['deletionTimestamp'] !== undefined) {
      return { problem: 'Token has been invalidated' };
    }
    const copy = text(objectOrEmpty(secret['data'])['token']);
    if (Buffer.from(copy, 'base64').toString() !== token) {
      return { problem: "Token does not match server's copy" };
    }
    const problem = this.#accountProblem(namespace, account, uid);
    if (problem !== undefined) return { problem };
    if (text(objectOrEmpty(metadata['labels'])[INVALID_SINCE_LABEL]) !== '') {
      return {
        problem: `the token in secret ${namespace}/${secretName} for service account ${namespace}/${account} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE_LABEL}' label from the secret to temporarily allow use of this token`,
      };
    }
    this.#onSecretUsed(namespace, secretName);
    return {
      user: withAuthenticatedGroup({
        username: serviceAccountUsername({ namespace, name: account }),
        uid,
        groups: serviceAccountGroups(namespace),
      }),
    };
  }

  /** Why the account does not carry its tokens any more. */
  #accountProblem(namespace: string, name: string, uid: unknown): string | undefined {
    const stored = this.#store.get('serviceaccounts', namespace, name);
    if (stored === undefined) return `serviceaccounts ${JSON.stringify(name)} not found`;
    if (this.#isGone(stored)) return `service account ${namespace}/${name} has been deleted`;
    return uidOf(stored) === uid
      ? undefined
      : `service account UID (${uidOf(stored)}) does not match claim (${text(uid)})`;
  }

  #remember(token: string, claims: JsonObject): void {
    this.#verified.set(token, claims);
    if (this.#verified.size <= MAX_REMEMBERED_TOKENS) return;
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined) this.#verified.delete(oldest);
  }

  #bindingClaims({ kind, object }: TokenBinding): JsonObject {
    const name = text((object['metadata'] as JsonObject)['name']);
    const claims: JsonObject = { [BOUND_KINDS[kind].claim]: { name, uid: uidOf(object) } };
    const nodeName =
      kind === 'Pod' ? text((object['spec'] as JsonObject | undefined)?.['nodeName']) : '';
    if (nodeName === '') return claims;
    const node = findBoundObject(this.#store, 'Node', '', nodeName);
    return {
      ...claims,
      node: { name: nodeName, ...(node === undefined ? {} : { uid: uidOf(node) }) },
    };
  }

  /** Why the account or the bound object does not carry the token any more. */
  #problemOf(claims: JsonObject): string | undefined {
    const own = claimsOf(claims);
    const namespace = text(own['namespace']);
    const account = objectOrEmpty(own['serviceaccount']);
    const problem = this.#accountProblem(namespace, text(account['name']), account['uid']);
    if (problem !== undefined) return problem;
    for (const kind of ['Pod', 'Secret', 'Node'] as const) {
      const { claim, plural } = BOUND_KINDS[kind];
      const bound: unknown = own[claim];
      if (!isJsonObject(bound)) continue;
      // The node of a bound pod is information: the token ends with the pod.
      if (kind === 'Node' && isJsonObject(own['pod'])) continue;
      const boundName = text(bound['name']);
      const object = findBoundObject(this.#store, kind, namespace, boundName);
      if (object === undefined) return `${plural} ${JSON.stringify(boundName)} not found`;
      if (this.#isGone(object)) return 'service account token has been invalidated';
      if (uidOf(object) !== bound['uid']) {
        return `${claim} UID (${uidOf(object)}) does not match service account ${claim} ref claim (${text(bound['uid'])})`;
      }
    }
    return undefined;
  }

  #isGone(object: JsonObject): boolean {
    const deletedAt: unknown = (object['metadata'] as JsonObject)['deletionTimestamp'];
    return (
      typeof deletedAt === 'string' &&
      this.#clock.now() > Date.parse(deletedAt) + DELETION_LEEWAY_MS
    );
  }
}

function isOwnIssuer(issuer: unknown): boolean {
  return issuer === SERVICE_ACCOUNT_ISSUER || issuer === SECRET_TOKEN_ISSUER;
}

function claimsOf(claims: JsonObject): JsonObject {
  return objectOrEmpty(claims['kubernetes.io']);
}

function userOf(claims: JsonObject): UserInfo {
  const own = claimsOf(claims);
  const namespace = text(own['namespace']);
  const account = objectOrEmpty(own['serviceaccount']);
  const extra: Record<string, readonly string[]> = {
    'authentication.kubernetes.io/credential-id': [`JTI=${text(claims['jti'])}`],
  };
  for (const claim of ['node', 'pod'] as const) {
    const bound: unknown = own[claim];
    if (!isJsonObject(bound)) continue;
    extra[`authentication.kubernetes.io/${claim}-name`] = [text(bound['name'])];
    if (bound['uid'] !== undefined) {
      extra[`authentication.kubernetes.io/${claim}-uid`] = [text(bound['uid'])];
    }
  }
  return withAuthenticatedGroup({
    username: serviceAccountUsername({ namespace, name: text(account['name']) }),
    uid: text(account['uid']),
    groups: serviceAccountGroups(namespace),
    extra,
  });
}
