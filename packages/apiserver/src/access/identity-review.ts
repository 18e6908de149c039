import { formatTime } from '@kubewright/apimachinery';
import type { Clock, JsonObject, UserInfo, VirtualResource } from '../contracts.ts';
import { badRequest } from '../status.ts';
import { objectOrEmpty } from '../schema/json-type.ts';
import { SERVICE_ACCOUNT_ISSUER, type ServiceAccountTokens } from './service-account-tokens.ts';

/** API group of the reviews of identities. */
export const AUTHENTICATION_GROUP = 'authentication.k8s.io';

function userObject(user: UserInfo): JsonObject {
  const extra = Object.entries(user.extra ?? {});
  return {
    username: user.username,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
    ...(extra.length === 0
      ? {}
      : { extra: Object.fromEntries(extra.map(([key, values]) => [key, [...values]])) }),
  };
}

/** `SelfSubjectReview`: who am I? */
export function selfSubjectReview(clock: Clock): VirtualResource {
  return {
    async create(object, { user }) {
      return {
        ...object,
        metadata: { creationTimestamp: formatTime(new Date(clock.now())) },
        status: { userInfo: userObject(user) },
      };
    },
  };
}

/** What {@link tokenReview} asks. */
export interface TokenReviewOptions {
  readonly tokens: ServiceAccountTokens;
  readonly staticUser: (token: string) => UserInfo | undefined;
}

/** `TokenReview`: whom does this token stand for? */
export function tokenReview({ tokens, staticUser }: TokenReviewOptions): VirtualResource {
  return {
    async create(object) {
      const spec = objectOrEmpty(object['spec']);
      const token: unknown = spec['token'];
      if (typeof token !== 'string' || token === '') {
        throw badRequest('token is required for TokenReview in authentication');
      }
      const wanted: unknown = spec['audiences'];
      const audiences =
        Array.isArray(wanted) && wanted.length > 0 ? wanted.map(String) : [SERVICE_ACCOUNT_ISSUER];
      const fixed = staticUser(token);
      // A fixed token is for this server, and for no other audience.
      if (fixed !== undefined && audiences.includes(SERVICE_ACCOUNT_ISSUER)) {
        return { ...object, status: acceptedStatus(fixed, [SERVICE_ACCOUNT_ISSUER]) };
      }
      const result = tokens.authenticate(token, audiences);
      if (result.authenticated) {
        return { ...object, status: acceptedStatus(result.user, result.audiences) };
      }
      const error =
        result.problem === undefined
          ? 'invalid bearer token'
          : `[invalid bearer token, ${result.problem}]`;
      return { ...object, status: { user: {}, error } };
    },
  };
}

function acceptedStatus(user: UserInfo, audiences: readonly string[]): JsonObject {
  return { authenticated: true, user: userObject(user), audiences: [...audiences] };
}
