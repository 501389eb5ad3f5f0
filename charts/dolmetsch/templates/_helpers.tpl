{{/*
The beginning of all names: the release's, with the chart's where that is not in it. With 35 characters, the longest name of
a StatefulSet is one that Kubernetes can still make a label of, with a dash and a hash after it (63 characters).
*/}}
{{- define "dolmetsch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 35 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 35 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 35 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of every object; call with (dict "root" $ "component" "operator"). */}}
{{- define "dolmetsch.labels" -}}
app.kubernetes.io/name: dolmetsch-{{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: dolmetsch
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* What never changes of a component's labels; call with (dict "root" $ "component" "operator"). */}}
{{- define "dolmetsch.selector" -}}
app.kubernetes.io/name: dolmetsch-{{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{/* Name, namespace and labels of an object; call with (dict "root" $ "component" "api" "suffix" "-metrics"). */}}
{{- define "dolmetsch.meta" -}}
name: {{ include "dolmetsch.fullname" .root }}-{{ .component }}{{ .suffix | default "" }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "dolmetsch.labels" . | nindent 2 }}
{{- end -}}

{{/* Metadata of a pod template; call with (dict "root" $ "component" "api" "values" .Values.api). */}}
{{- define "dolmetsch.podMeta" -}}
labels:
  {{- include "dolmetsch.selector" . | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  app.kubernetes.io/part-of: dolmetsch
{{- with merge (dict) (.annotations | default dict) .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
What all pods have in common; call with (dict "root" $ "component" "api" "values" .Values.api "user" 10001 "account" ""
"token" true). Service links are off: a Service dolmetsch-worker would set DOLMETSCH_WORKER_PORT, which is a setting.
*/}}
{{- define "dolmetsch.podSpec" -}}
serviceAccountName: {{ include "dolmetsch.fullname" .root }}-{{ .component }}
automountServiceAccountToken: {{ .token | default false }}
enableServiceLinks: {{ .serviceLinks | default false }}
{{- include "dolmetsch.pullSecrets" .root }}
securityContext:
  {{- include "dolmetsch.podSecurity" .user | nindent 2 }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "dolmetsch.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* What the `restricted` pod security standard asks of a pod; call with the user's number. */}}
{{- define "dolmetsch.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The same of a container; call with whether its root is read-only. */}}
{{- define "dolmetsch.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ . }}
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Image and pullPolicy; call with (dict "root" $ "image" .Values.api.image "theirs" true); theirs: of others. */}}
{{- define "dolmetsch.image" -}}
{{- $values := .root.Values.image -}}
{{- $registry := .image.registry | default (ternary $values.mirror $values.registry .theirs) -}}
{{- $name := ternary (printf "%s/%s" (trimSuffix "/" $registry) .image.repository) .image.repository (not (empty $registry)) -}}
{{- $tag := .image.tag | default .root.Chart.AppVersion -}}
image: {{ ternary (printf "%s@%s" $name .image.digest) (printf "%s:%s" $name $tag) (not (empty .image.digest)) | quote }}
imagePullPolicy: {{ .image.pullPolicy }}
{{- end -}}

{{/*
A value of a Secret that is made once and kept over upgrades, in base64; call with (dict "root" $ "secret" NAME "key" KEY
"made" VALUE).
*/}}
{{- define "dolmetsch.kept" -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- $kept := index ($found.data | default dict) .key -}}
{{- $kept | default (b64enc .made) -}}
{{- end -}}

{{/* Names of Secrets: the given ones, or the chart's own. */}}
{{- define "dolmetsch.loginsSecret" -}}
{{- .Values.logins.existingSecret | default (printf "%s-logins" (include "dolmetsch.fullname" .)) -}}
{{- end -}}
{{- define "dolmetsch.engineKeySecret" -}}
{{- .Values.engineKey.existingSecret | default (printf "%s-engine-key" (include "dolmetsch.fullname" .)) -}}
{{- end -}}
{{- define "dolmetsch.valkeySecret" -}}
{{- .Values.valkey.existingSecret | default (printf "%s-valkey" (include "dolmetsch.fullname" .)) -}}
{{- end -}}
{{- define "dolmetsch.postgresqlSecret" -}}
{{- .Values.postgresql.existingSecret | default (printf "%s-postgresql" (include "dolmetsch.fullname" .)) -}}
{{- end -}}
{{- define "dolmetsch.umamiSecret" -}}
{{- .Values.umami.existingSecret | default (printf "%s-umami" (include "dolmetsch.fullname" .)) -}}
{{- end -}}

{{/* Where libraries may write, in pods with a read-only root. */}}
{{- define "dolmetsch.homeEnv" -}}
- name: HOME
  value: /tmp
{{- end -}}

{{/* A variable from a Secret; call with (list NAME SECRET KEY). */}}
{{- define "dolmetsch.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end -}}

{{/* The live store's address; for api, worker and engine. */}}
{{- define "dolmetsch.storeEnv" -}}
{{- $valkey := .Values.valkey -}}
{{- $ca := ternary "?ssl_ca_certs=/etc/dolmetsch/valkey-ca/ca.crt" "" (not (empty $valkey.caConfigMap)) -}}
{{- if eq $valkey.mode "builtin" -}}
{{ include "dolmetsch.secretEnv" (list "VALKEY_PASSWORD" (include "dolmetsch.valkeySecret" .) "password") }}
- name: DOLMETSCH_STORE_URL
  value: redis://:$(VALKEY_PASSWORD)@{{ include "dolmetsch.fullname" . }}-valkey:6379
{{- else if $valkey.existingSecret -}}
{{ include "dolmetsch.secretEnv" (list "VALKEY_URL" $valkey.existingSecret "url") }}
- name: DOLMETSCH_STORE_URL
  value: $(VALKEY_URL){{ $ca }}
{{- else -}}
- name: DOLMETSCH_STORE_URL
  value: {{ printf "%s%s" $valkey.url $ca | quote }}
{{- end -}}
{{- end -}}

{{/* The archive's address; for api and worker. */}}
{{- define "dolmetsch.archiveEnv" -}}
{{- $postgresql := .Values.postgresql -}}
{{- $ca := ternary "?sslmode=verify-full&sslrootcert=/etc/dolmetsch/postgresql-ca/ca.crt" "" (not (empty $postgresql.caConfigMap)) -}}
{{- if eq $postgresql.mode "builtin" -}}
{{ include "dolmetsch.secretEnv" (list "POSTGRESQL_PASSWORD" (include "dolmetsch.postgresqlSecret" .) "password") }}
- name: DOLMETSCH_ARCHIVE_URL
  value: postgresql://dolmetsch:$(POSTGRESQL_PASSWORD)@{{ include "dolmetsch.fullname" . }}-postgresql:5432/dolmetsch
{{- else if $postgresql.existingSecret -}}
{{ include "dolmetsch.secretEnv" (list "POSTGRESQL_URL" $postgresql.existingSecret "url") }}
- name: DOLMETSCH_ARCHIVE_URL
  value: $(POSTGRESQL_URL){{ $ca }}
{{- else -}}
- name: DOLMETSCH_ARCHIVE_URL
  value: {{ printf "%s%s" $postgresql.url $ca | quote }}
{{- end -}}
{{- end -}}

{{/* Certificates of external stores, as volumes; call with (dict "root" $ "of" (list "valkey" "postgresql")). */}}
{{- define "dolmetsch.caVolumes" -}}
{{- range .of }}
{{- $store := index $.root.Values . }}
{{- if $store.caConfigMap }}
- name: {{ . }}-ca
  configMap:
    name: {{ $store.caConfigMap }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end }}
{{- end -}}
{{- define "dolmetsch.caMounts" -}}
{{- range .of }}
{{- if (index $.root.Values .).caConfigMap }}
- name: {{ . }}-ca
  mountPath: /etc/dolmetsch/{{ . }}-ca
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{/* Whether the cluster can be asked. `helm template` without one knows kinds that are compiled in, and not this one. */}}
{{- define "dolmetsch.connected" -}}
{{- if .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1" -}}yes{{- end -}}
{{- end -}}

{{/* The folder of the engines' model; empty: the image says it. */}}
{{- define "dolmetsch.modelFolder" -}}
{{- $source := .Values.engine.model.source -}}
{{- if contains "://" $source -}}
/models/url-{{ sha256sum $source | trunc 12 }}
{{- else if ne $source "baked" -}}
/models/{{ regexReplaceAll "[^A-Za-z0-9._-]+" $source "--" }}
{{- end -}}
{{- end -}}

{{/* The claim that keeps models; empty: there is none. */}}
{{- define "dolmetsch.modelClaim" -}}
{{- $volume := .Values.engine.model.volume -}}
{{- if $volume.existingClaim -}}
{{ $volume.existingClaim }}
{{- else if $volume.size -}}
{{ include "dolmetsch.fullname" . }}-models
{{- end -}}
{{- end -}}

{{/* The PriorityClass of engines; empty: there is none. */}}
{{- define "dolmetsch.enginePriority" -}}
{{- $class := .Values.engine.priorityClass -}}
{{- if $class.create -}}
{{ include "dolmetsch.fullname" . }}-{{ .Release.Namespace }}-engine
{{- else -}}
{{ $class.existing }}
{{- end -}}
{{- end -}}

{{/* Annotations that let sockets live for hours, by the controller. The api pings each socket every 20 s anyway. */}}
{{- define "dolmetsch.ingressAnnotations" -}}
{{- if eq .Values.ingress.controller "nginx" -}}
nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* Annotations of what exists during `helm uninstall` only; call with its weight. What is printed stays on a failure. */}}
{{- define "dolmetsch.preDelete" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* How much of the pool's resource all nodes have together, as far as the cluster tells. */}}
{{- define "dolmetsch.placesSeen" -}}
{{- $places := 0 -}}
{{- range (lookup "v1" "Node" "" "").items -}}
{{- $places = add $places (index (.status.allocatable | default dict) $.Values.engine.pool.resourceName | default "0" | int) -}}
{{- end -}}
{{ $places }}
{{- end -}}
