import type { Access, AccessOptions, Authorizer, VirtualResource } from '../contracts.ts';
import {
  AUTHORIZATION_GROUP,
  localSubjectAccessReview,
  selfSubjectAccessReview,
  subjectAccessReview,
} from './access-review.ts';
import { AUTHENTICATION_GROUP, selfSubjectReview, tokenReview } from './identity-review.ts';
import { respondOpenId } from './openid-documents.ts';
import { startAggregation } from './rbac/aggregation.ts';
import { bootstrapPolicy } from './rbac/bootstrap-policy.ts';
import { checkRbacEscalation } from './rbac/escalation.ts';
import { PolicyIndex } from './rbac/policy-index.ts';
import type { PolicyRule } from './rbac/policy-rule.ts';
import { RbacAuthorizer } from './rbac/rbac-authorizer.ts';
import { RequestAuthenticator } from './request-authenticator.ts';
import { selfSubjectRulesReview } from './rules-review.ts';
import { noteSecretUse } from './secret-use.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';
import { SigningKey } from './signing-key.ts';
import { TokenRequests } from './token-request.ts';

const ALLOW_ALL: Authorizer = { authorize: () => ({ allowed: true, reason: '' }) };

const ALL_RULES: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] },
  { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] },
];

/** Identities and rights of the server; see {@link Access}. Follows the roles and bindings in the store until disposed. */
export function createAccess(options: AccessOptions): Access & Disposable {
  const { store, registry, clock, mode } = options;
  const key = new SigningKey(options.serviceAccountIssuerKey);
  const onSecretUsed = (namespace: string, name: string): void =>
    noteSecretUse({ store, registry, clock }, namespace, name);
  const tokens = new ServiceAccountTokens({ key, clock, store, onSecretUsed });
  const requests = new TokenRequests({ tokens, clock, store });
  const index = new PolicyIndex(store);
  const policy = new RbacAuthorizer(index);
  const aggregation = startAggregation(store);
  const authorizer = mode === 'rbac' ? policy : ALLOW_ALL;
  const authenticator = new RequestAuthenticator({
    tokens,
    staticTokens: options.staticTokens ?? new Map(),
    impersonation: { authorizer },
  });
  const authorization = (plural: string) => `${plural}.${AUTHORIZATION_GROUP}`;
  const authentication = (plural: string) => `${plural}.${AUTHENTICATION_GROUP}`;
  const virtualResources = new Map<string, VirtualResource>([
    [authorization('selfsubjectaccessreviews'), selfSubjectAccessReview(authorizer)],
    [authorization('subjectaccessreviews'), subjectAccessReview(authorizer)],
    [authorization('localsubjectaccessreviews'), localSubjectAccessReview(authorizer)],
    [
      authorization('selfsubjectrulesreviews'),
      selfSubjectRulesReview((user, namespace) =>
        mode === 'rbac' ? policy.rulesFor(user, namespace) : { rules: ALL_RULES, errors: [] },
      ),
    ],
    [authentication('selfsubjectreviews'), selfSubjectReview(clock)],
    [
      authentication('tokenreviews'),
      tokenReview({ tokens, staticUser: (token) => authenticator.staticUser(token) }),
    ],
  ]);
  return {
    virtualResources,
    authenticate: (request) => authenticator.authenticate(request),
    authorize: (attributes) => authorizer.authorize(attributes),
    issueToken: (request, serviceAccount) => requests.issueToken(request, serviceAccount),
    issueSecretToken: (secret) => tokens.issueForSecret(secret),
    bootstrapObjects: bootstrapPolicy,
    checkEscalation: (user, type, object, old) =>
      checkRbacEscalation({ authorizer, policy, index }, user, type, object, old),
    respond: (request) => respondOpenId(request, key),
    [Symbol.dispose]: () => {
      aggregation[Symbol.dispose]();
      index[Symbol.dispose]();
    },
  };
}
