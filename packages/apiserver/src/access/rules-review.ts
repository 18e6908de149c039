import type { JsonObject, UserInfo, VirtualResource } from '../contracts.ts';
import { badRequest } from '../status.ts';
import { objectOrEmpty } from '../schema/json-type.ts';
import type { PolicyRule } from './rbac/policy-rule.ts';
import { joinMessages, type UserRules } from './rbac/rbac-authorizer.ts';

function resourceRule(rule: PolicyRule): JsonObject {
  return {
    verbs: [...rule.verbs],
    ...(rule.apiGroups.length === 0 ? {} : { apiGroups: [...rule.apiGroups] }),
    ...(rule.resources.length === 0 ? {} : { resources: [...rule.resources] }),
    ...(rule.resourceNames.length === 0 ? {} : { resourceNames: [...rule.resourceNames] }),
  };
}

function pathRule(rule: PolicyRule): JsonObject {
  return { verbs: [...rule.verbs], nonResourceURLs: [...rule.nonResourceURLs] };
}

/** `SelfSubjectRulesReview`: what may I do in a namespace? */
export function selfSubjectRulesReview(
  rulesFor: (user: UserInfo, namespace: string) => UserRules,
): VirtualResource {
  return {
    async create(object, { user }) {
      const namespace: unknown = objectOrEmpty(object['spec'])['namespace'];
      if (typeof namespace !== 'string' || namespace === '') {
        throw badRequest('no namespace on request');
      }
      const { rules, errors } = rulesFor(user, namespace);
      return {
        ...object,
        // As from the real server: the question is not repeated.
        spec: {},
        status: {
          resourceRules: rules.filter((rule) => rule.resources.length > 0).map(resourceRule),
          nonResourceRules: rules.filter((rule) => rule.nonResourceURLs.length > 0).map(pathRule),
          incomplete: errors.length > 0,
          ...(errors.length === 0 ? {} : { evaluationError: joinMessages(errors) }),
        },
      };
    },
  };
}
