{{- define "echoperator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "echoperator.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "echoperator.labels" -}}
{{ include "echoperator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "echoperator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "echoperator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name: name the ServiceAccount to use, or set serviceAccount.create to true" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "echoperator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "echoperator.replicas" -}}
{{- if .Values.ha.enabled -}}{{ .Values.ha.replicaCount }}{{- else -}}1{{- end -}}
{{- end -}}

{{- define "echoperator.leaseName" -}}
{{- default (include "echoperator.fullname" .) .Values.ha.leaderElection.leaseName -}}
{{- end -}}

{{- /* The namespaces that are watched, one a line; none for all of them. */ -}}
{{- define "echoperator.watchedNamespaces" -}}
{{- if not .Values.watch.allNamespaces -}}
{{- join "\n" (default (list .Release.Namespace) .Values.watch.namespaces) -}}
{{- end -}}
{{- end -}}

{{- /* What belongs to no namespace must not have the name of another release's. */ -}}
{{- define "echoperator.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "echoperator.fullname" .) -}}
{{- end -}}
