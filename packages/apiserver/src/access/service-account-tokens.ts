import { randomUUID } from 'node:crypto';
import { isJsonObject, objectOrEmpty } from '../schema/json-type.ts';
import type { Clock, JsonObject, StoreReader, UserInfo } from '../contracts.ts';
import { BOUND_KINDS, findBoundObject, uidOf, type BoundKind } from './bound-object.ts';
import type { SigningKey } from './signing-key.ts';
import {
  serviceAccountGroups,
  serviceAccountUsername,
  withAuthenticatedGroup,
} from './user-names.ts';

/** Who issues the tokens, and whom they are for when nobody says otherwise. */
export const SERVICE_ACCOUNT_ISSUER = 'https://kubernetes.default.svc';

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
  /** Token → claims whose signature is genuine. Never more than {@link MAX_REMEMBERED_TOKENS}. */
  readonly #verified = new Map<string, JsonObject>();

  constructor(options: {
    readonly key: SigningKey;
    readonly clock: Clock;
    readonly store: StoreReader;
  }) {
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

  /** Finds out whom a token stands for. @param audiences those of whom one must be the token's */
  authenticate(token: string, audiences: readonly string[]): TokenAuthentication {
    const refuse = (problem?: string): TokenAuthentication => ({ authenticated: false, problem });
    let claims = this.#verified.get(token);
    if (claims === undefined) {
      const verdict = this.#key.verify(token);
      if (verdict.state !== 'valid') {
        const isOurs = verdict.state === 'forged' && verdict.issuer === SERVICE_ACCOUNT_ISSUER;
        return refuse(isOurs ? 'the signature of the token is not genuine' : undefined);
      }
      claims = verdict.claims;
      this.#remember(token, claims);
    }
    if (claims['iss'] !== SERVICE_ACCOUNT_ISSUER) return refuse();
    const own: unknown = claims['aud'];
    const tokenAudiences = Array.isArray(own) ? own.filter((item) => typeof item === 'string') : [];
    const shared = audiences.filter((audience) => tokenAudiences.includes(audience));
    if (shared.length === 0) {
      return refuse(
        `token audiences ${quotedList(tokenAudiences)} is invalid for the target audiences ${quotedList(audiences)}`,
      );
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
    const name = text(account['name']);
    const stored = this.#store.get('serviceaccounts', namespace, name);
    if (stored === undefined) return `serviceaccounts ${JSON.stringify(name)} not found`;
    if (this.#isGone(stored)) return `service account ${namespace}/${name} has been deleted`;
    if (uidOf(stored) !== account['uid']) {
      return `service account UID (${uidOf(stored)}) does not match claim (${text(account['uid'])})`;
    }
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
