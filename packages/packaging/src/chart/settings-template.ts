import type { OperatorDefinition } from '../operator-definition.ts';

/** The ConfigMap that hands the values of a chart to the program, as its environment. */
export function settingsTemplate(operator: OperatorDefinition): string {
  const { name, program } = operator;
  const { standard, options } = program;
  const { ownImageOptions = [] } = operator.chart;
  const include = (template: string): string => `{{ include "${name}.${template}" . | quote }}`;
  const from = (path: string): string => `{{ .Values.${path} | quote }}`;
  const imageFrom = (path: string): string =>
    `{{ .Values.${path} | default (include "${name}.image" .) | quote }}`;
  const variables = new Map([
    [standard.logLevel.env, from('logLevel')],
    [standard.concurrency.env, from('numWorkers')],
    [standard.leaderElect.env, from('ha.enabled')],
    [standard.leaderElectionName.env, include('leaseName')],
    [standard.leaseDurationSeconds.env, from('ha.leaderElection.leaseDurationSeconds')],
    [standard.renewDeadlineSeconds.env, from('ha.leaderElection.renewDeadlineSeconds')],
    [standard.retryPeriodSeconds.env, from('ha.leaderElection.retryPeriodSeconds')],
    [standard.metrics.env, from('monitoring.enabled')],
    [standard.metricsPath.env, from('monitoring.path')],
    [standard.metricsPort.env, from('monitoring.port')],
    [standard.healthPort.env, from('health.port')],
    ...Object.entries(options).flatMap(([option, { env }]) =>
      env === undefined
        ? []
        : [[env, ownImageOptions.includes(option) ? imageFrom(option) : from(option)] as const],
    ),
  ]);
  const lines = [...variables].map(([variable, value]) => `  ${variable}: ${value}\n`);
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "${name}.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "${name}.labels" . | nindent 4 }}
data:
${lines.join('')}  ${standard.namespaces.env}: {{ include "${name}.watchedNamespaces" . | replace "\\n" "," | quote }}
${program.servesWebhooks ? webhookLines(operator) : ''}`;
}

function webhookLines({ name, program }: OperatorDefinition): string {
  const { webhookPort, webhookService, webhookCertificates } = program.standard;
  return `  ${webhookPort.env}: {{ .Values.webhook.port | quote }}
  ${webhookService.env}: {{ include "${name}.fullname" . }}-webhook
  {{- if .Values.webhook.certManager.enabled }}
  ${webhookCertificates.env}: {{ .Values.webhook.certManager.mountPath | quote }}
  {{- end }}
`;
}
