import type { CustomResource } from '@kubewright/crd';
import type { OperatorDefinition } from '../operator-definition.ts';
import { templateText, templateWith } from './template-text.ts';

/**
 * The definition of a custom resource as a template, so that `helm upgrade` brings its new version; Helm never touches again what it
 * has installed from the folder `crds/`. By annotation it outlives `helm uninstall`, because deleting it would delete every object.
 */
export function definitionTemplate(operator: OperatorDefinition, resource: CustomResource): string {
  const { name, program } = operator;
  const fullName = `include "${name}.fullname" .`;
  const expressions = {
    ReleaseWebhookService: `${fullName} }}-webhook{{ ""`,
    ReleaseNamespace: '.Release.Namespace',
  };
  const { metadata, spec, apiVersion, kind } = resource.manifest(
    program.servesWebhooks
      ? {
          conversionWebhook: {
            service: { namespace: 'ReleaseNamespace', name: 'ReleaseWebhookService' },
          },
        }
      : {},
  );
  const annotations = Object.entries(metadata.annotations ?? {});
  const isConverted = program.servesWebhooks && spec.conversion?.strategy === 'Webhook';
  const certificate = `{{ .Release.Namespace }}/{{ ${fullName} }}-webhook`;
  return `{{- if .Values.crds.install }}
apiVersion: ${String(apiVersion)}
kind: ${String(kind)}
metadata:
  name: ${metadata.name ?? ''}
  labels:
    {{- include "${name}.labels" . | nindent 4 }}
  annotations:
    {{- if .Values.crds.keep }}
    helm.sh/resource-policy: keep
    {{- end }}
${isConverted ? `    {{- if .Values.webhook.certManager.enabled }}\n    cert-manager.io/inject-ca-from: ${certificate}\n    {{- end }}\n` : ''}${annotations
    .map(([key, value]) => `    ${templateText({ [key]: value })}`)
    .join(
      '',
    )}${isConverted ? templateWith({ spec }, expressions) : templateText({ spec })}{{- end }}
`;
}
