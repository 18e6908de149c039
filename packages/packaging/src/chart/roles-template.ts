import type { PolicyRule } from '@kubewright/apimachinery';
import { deriveRole } from '@kubewright/crd';
import type { OperatorDefinition } from '../operator-definition.ts';
import { clusterRules, ownRules } from '../permissions.ts';
import { templateWith } from './template-text.ts';

/** Roles and bindings: in the namespace of the release, in each that is watched or in all of them, and in the cluster as a whole. */
export function rolesTemplate(operator: OperatorDefinition): string {
  const { name, permissions } = operator;
  const own = ownRules(operator, { lease: 'ReleaseLease', webhookSecret: 'ReleaseWebhookSecret' });
  const forCluster = clusterRules(operator);
  const roles = (kind: Kind, roleName: string, namespace: string, rules: readonly PolicyRule[]) =>
    roleWithBinding({ name, kind, roleName, namespace, rules });
  const fullName = `{{ include "${name}.fullname" $ }}`;
  const clusterName = `{{ include "${name}.clusterName" $ }}`;
  return `{{- if .Values.rbac.create }}
${roles('Role', `${fullName}-leader`, '{{ $.Release.Namespace }}', own)}---
{{- if .Values.watch.allNamespaces }}
${roles('ClusterRole', clusterName, '', permissions.watched)}{{- else }}
{{- range (include "${name}.watchedNamespaces" . | splitList "\\n") }}
---
${roles('Role', `${fullName}-watch`, '{{ . }}', permissions.watched)}{{- end }}
{{- end }}
${forCluster.length === 0 ? '' : `---\n${roles('ClusterRole', `${clusterName}-cluster`, '', forCluster)}`}{{- end }}
`;
}

type Kind = 'Role' | 'ClusterRole';

function roleWithBinding(role: {
  readonly name: string;
  readonly kind: Kind;
  readonly roleName: string;
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}): string {
  const { name, kind, roleName, namespace } = role;
  // Derived for a Role, so that what only a ClusterRole can grant is refused.
  const { rules } = deriveRole({
    name: 'any',
    ...(kind === 'Role' ? { namespace: 'any' } : {}),
    rules: role.rules,
  } as Parameters<typeof deriveRole>[0]);
  const metadata = `metadata:
  name: ${roleName}
${namespace === '' ? '' : `  namespace: ${namespace}\n`}  labels:
    {{- include "${name}.labels" $ | nindent 4 }}
`;
  const expressions = {
    ReleaseLease: `include "${name}.leaseName" $`,
    ReleaseWebhookSecret: `include "${name}.fullname" $ }}-webhook{{ ""`,
  };
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
${metadata}${templateWith({ rules }, expressions)}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}Binding
${metadata}roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ${kind}
  name: ${roleName}
subjects:
  - kind: ServiceAccount
    name: {{ include "${name}.serviceAccountName" $ }}
    namespace: {{ $.Release.Namespace }}
`;
}
