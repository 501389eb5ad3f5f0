{{/*
One component's policy; call with (dict "root" $ "component" NAME "ingress" LIST "egress" LIST "apiServer" BOOL "noDns"
BOOL). An ingress is (dict "ports" LIST "from" PEERS) or (dict "ports" LIST "components" NAMES); no PEERS: everybody. An
egress is (list COMPONENT PORT) or (list COMPONENT PORT PROTOCOL); no COMPONENT: any address.
*/}}
{{- define "dolmetsch.networkPolicy" -}}
{{- $root := .root -}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "dolmetsch.meta" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "dolmetsch.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress }}
  ingress:
    {{- range . }}
    - ports:
        {{- range .ports }}
        - port: {{ . }}
        {{- end }}
      {{- if .components }}
      from:
        {{- range .components }}
        -
          {{- include "dolmetsch.peer" (dict "root" $root "component" .) | nindent 10 }}
        {{- end }}
      {{- else if .from }}
      from:
        {{- toYaml .from | nindent 8 }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if or .egress .apiServer (not .noDns) }}
  egress:
    {{- if not .noDns }}
    # DNS, wherever the cluster has it.
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    {{- end }}
    {{- if .apiServer }}
    - ports:
        {{- range $root.Values.networkPolicy.apiServer.ports }}
        - port: {{ . }}
        {{- end }}
      {{- with $root.Values.networkPolicy.apiServer.cidrs }}
      to:
        {{- range . }}
        - ipBlock:
            cidr: {{ . }}
        {{- end }}
      {{- end }}
    {{- end }}
    {{- range .egress }}
    - ports:
        - port: {{ index . 1 }}
          {{- if gt (len .) 2 }}
          protocol: {{ index . 2 }}
          {{- end }}
      {{- if index . 0 }}
      to:
        -
          {{- include "dolmetsch.peer" (dict "root" $root "component" (index . 0)) | nindent 10 }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/* A component's pods as a peer; call with (dict "root" $ "component" NAME). */}}
{{- define "dolmetsch.peer" -}}
podSelector:
  matchLabels:
    {{- include "dolmetsch.selector" . | nindent 4 }}
{{- end -}}

{{/* The port of an external store; call with .Values.valkey. */}}
{{- define "dolmetsch.storePort" -}}
{{- $host := "" -}}
{{- with .url }}{{ $host = (urlParse .).host }}{{ end -}}
{{- if regexMatch ":[0-9]+$" $host -}}
{{ regexFind "[0-9]+$" $host }}
{{- else -}}
{{ .port }}
{{- end -}}
{{- end -}}

{{/* The port of an http address. */}}
{{- define "dolmetsch.urlPort" -}}
{{- $url := urlParse . -}}
{{- if regexMatch ":[0-9]+$" $url.host -}}
{{ regexFind "[0-9]+$" $url.host }}
{{- else -}}
{{ ternary "443" "80" (eq $url.scheme "https") }}
{{- end -}}
{{- end -}}

{{/* What a policy opens for a web address: its port, and where its server may send one on to. */}}
{{- define "dolmetsch.webPorts" -}}
{{- $ports := list (include "dolmetsch.urlPort" . | int) 443 | uniq -}}
{{- $open := list -}}
{{- range $ports }}{{- $open = append $open (list "" .) }}{{- end -}}
{{- toJson $open -}}
{{- end -}}
