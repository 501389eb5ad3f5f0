{{- define "dolmetsch.checks" -}}
{{- include "dolmetsch.checkStores" . -}}
{{- include "dolmetsch.checkEngines" . -}}
{{- include "dolmetsch.checkRoutes" . -}}
{{- include "dolmetsch.checkOptions" . -}}
{{- include "dolmetsch.checkKinds" . -}}
{{- include "dolmetsch.checkAlone" . -}}
{{- include "dolmetsch.checkVolumes" . -}}
{{- end -}}

{{- define "dolmetsch.checkStores" -}}
{{- range $name, $example := dict "valkey" "rediss://valkey.example.org:6379" "postgresql" "postgresql://captions@db.example.org/captions" -}}
{{- $store := index $.Values $name -}}
{{- if eq $store.mode "external" -}}
  {{- if not (or $store.url $store.existingSecret) -}}
    {{- fail (printf "%s.mode is external, but its address is missing: set %s.url (such as %s), or %s.existingSecret to a Secret with the key url" $name $name $example $name) -}}
  {{- end -}}
  {{- if and $store.url $store.existingSecret -}}
    {{- fail (printf "%s.url and %s.existingSecret both name an address: remove one of them" $name $name) -}}
  {{- end -}}
  {{- if and $store.caConfigMap (contains "?" $store.url) -}}
    {{- fail (printf "%s.caConfigMap adds a ?query to the address, but %s.url has one already: remove it from there, or name the certificate in it yourself" $name $name) -}}
  {{- end -}}
{{- else -}}
  {{- if $store.url -}}
    {{- fail (printf "%s.url is set, but %s.mode is builtin: set %s.mode=external, or remove the address" $name $name $name) -}}
  {{- end -}}
  {{- if $store.caConfigMap -}}
    {{- fail (printf "%s.caConfigMap is for an external server: set %s.mode=external, or remove it" $name $name) -}}
  {{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.valkey.url (not (regexMatch "^rediss?://" .Values.valkey.url)) -}}
  {{- fail "valkey.url must begin with redis:// or, with TLS, rediss://" -}}
{{- end -}}
{{- if and .Values.valkey.caConfigMap .Values.valkey.url (not (hasPrefix "rediss://" .Values.valkey.url)) -}}
  {{- fail "valkey.caConfigMap is for a server with TLS, but valkey.url has none: let it begin with rediss://" -}}
{{- end -}}
{{- if and .Values.postgresql.url (not (regexMatch "^postgres(ql)?://" .Values.postgresql.url)) -}}
  {{- fail "postgresql.url must begin with postgresql://: replicas of the api share one archive, which SQLite can't be" -}}
{{- end -}}
{{- end -}}

{{- define "dolmetsch.checkEngines" -}}
{{- $model := .Values.engine.model -}}
{{- if and $model.volume.existingClaim $model.volume.size -}}
  {{- fail "engine.model.volume names both existingClaim and size: remove size to use your claim, or existingClaim to have one made" -}}
{{- end -}}
{{- if and (eq $model.source "baked") (or $model.volume.existingClaim $model.volume.size) -}}
  {{- fail "engine.model.source is baked, so that there is nothing to keep on a volume: remove engine.model.volume.existingClaim and size, or name the model in engine.model.source" -}}
{{- end -}}
{{- $address := contains "://" $model.source -}}
{{- if and $model.sha256 (not $address) -}}
  {{- fail "engine.model.sha256 is of the SHA256SUMS at an address, but engine.model.source is none: remove it (models with a name are pinned by the release)" -}}
{{- end -}}
{{- if and $address (not $model.sha256) -}}
  {{- fail "engine.model.source is an address, and nothing says what is right there: set engine.model.sha256 to the SHA-256 of its SHA256SUMS" -}}
{{- end -}}
{{- if and .Values.umami.enabled (not (or .Values.umami.image.registry .Values.image.mirror)) -}}
  {{- fail "umami.enabled needs the registry of its image, which is not the runtime's default: set umami.image.registry to the one that Umami's documentation names, or image.mirror" -}}
{{- end -}}
{{- $hosts := regexReplaceAll "[/?].*$" (last (splitList "@" (regexReplaceAll "^[a-z+]+://" (.Values.postgresql.url | default "") ""))) "" -}}
{{- if and .Values.networkPolicy.enabled (eq .Values.postgresql.mode "external") (contains "," $hosts) -}}
  {{- fail "postgresql.url names several hosts, of which the network policies would open one port: give one address, such as a pooler's, or set networkPolicy.enabled=false" -}}
{{- end -}}
{{- if and .Values.tunnel.url (not .Values.tunnel.kind) -}}
  {{- fail "tunnel.url is set and tunnel.kind is not: choose cloudflared or ngrok, or remove tunnel.url" -}}
{{- end -}}
{{- if and .Values.engine.priorityClass.create .Values.engine.priorityClass.existing -}}
  {{- fail "engine.priorityClass: remove either create or existing" -}}
{{- end -}}
{{- if gt (int .Values.engine.pool.warm) (int .Values.engine.pool.maxActiveRooms) -}}
  {{- fail (printf "engine.pool.warm (%v) is more than engine.pool.maxActiveRooms (%v): so many engines could never be used" .Values.engine.pool.warm .Values.engine.pool.maxActiveRooms) -}}
{{- end -}}
{{- range .Values.engine.extraEnv -}}
  {{- if has .name (list "DOLMETSCH_ENGINE_HOST" "DOLMETSCH_ENGINE_PORT" "DOLMETSCH_ENGINE_PUBLIC_KEY" "DOLMETSCH_ENGINE_AUDIENCE" "DOLMETSCH_STORE_URL") -}}
    {{- fail (printf "engine.extraEnv sets %s, which operator and chart set: remove it" .name) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- define "dolmetsch.checkRoutes" -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
  {{- fail "httpRoute.enabled needs a gateway: set httpRoute.parentRefs, such as --set httpRoute.parentRefs[0].name=public (kubectl get gateways -A)" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) .Values.ingress.tls.enabled .Values.ingress.tls.secretName -}}
  {{- fail "ingress.tls.secretName names a certificate, but ingress.host says not for which host: set ingress.host" -}}
{{- end -}}
{{- range .Values.trustedProxies -}}
  {{- if or (eq . "*") (hasSuffix "/0" .) -}}
    {{- fail (printf "trustedProxies: %s is everybody, who could then pretend to any address: name the network that the ingress controller connects from, such as 10.42.0.0/16" .) -}}
  {{- end -}}
  {{- if not (regexMatch "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$" .) -}}
    {{- fail (printf "trustedProxies: %s is no IP address or network: host names will not do" .) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- define "dolmetsch.checkOptions" -}}
{{- $translation := .Values.translation -}}
{{- if and (eq $translation.mode "external") (not $translation.url) -}}
  {{- fail "translation.mode is external, but translation.url is missing: set it to your LibreTranslate's address" -}}
{{- end -}}
{{- if and (ne $translation.mode "external") (or $translation.url $translation.existingSecret) -}}
  {{- fail (printf "translation.url or translation.existingSecret is set, but translation.mode is %s: set translation.mode=external, or remove them" $translation.mode) -}}
{{- end -}}
{{- if and (eq $translation.mode "builtin") (not (has "en" .Values.libretranslate.languages)) -}}
  {{- fail "libretranslate.languages needs en: LibreTranslate goes by English from one language to another" -}}
{{- end -}}
{{- if and .Values.schedule.url .Values.schedule.existingSecret -}}
  {{- fail "schedule.url and schedule.existingSecret both name an address: remove one of them" -}}
{{- end -}}
{{- if and .Values.logins.plainPasswords (not .Values.logins.existingSecret) -}}
  {{- fail "logins.plainPasswords says what is in logins.existingSecret, which is not set: remove it (passwords that the chart makes are plain anyway)" -}}
{{- end -}}
{{- $scaling := .Values.api.autoscaling -}}
{{- if $scaling.enabled -}}
  {{- if not (or $scaling.cpuPercent $scaling.sockets) -}}
    {{- fail "api.autoscaling needs something to go by: set api.autoscaling.cpuPercent or api.autoscaling.sockets" -}}
  {{- end -}}
  {{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
    {{- fail "api.autoscaling.minReplicas is more than maxReplicas" -}}
  {{- end -}}
  {{- if and $scaling.cpuPercent (not (dig "requests" "cpu" "" .Values.api.resources)) -}}
    {{- fail "api.autoscaling.cpuPercent is of a request that is not made: set api.resources.requests.cpu" -}}
  {{- end -}}
{{- end -}}
{{- $tunnel := .Values.tunnel -}}
{{- if and $tunnel.kind (not $tunnel.existingSecret) -}}
  {{- fail (printf "tunnel.kind is %s, but its token is missing: kubectl create secret generic tunnel --from-literal=token=… and set tunnel.existingSecret=tunnel" $tunnel.kind) -}}
{{- end -}}
{{- if and (eq $tunnel.kind "ngrok") (not $tunnel.url) -}}
  {{- fail "tunnel.kind is ngrok, but its address is missing: set tunnel.url to the one that was reserved, such as https://captions.ngrok.app" -}}
{{- end -}}
{{- if and .Values.beszel.agent.enabled (not .Values.beszel.agent.existingSecret) -}}
  {{- fail "beszel.agent.enabled needs the hub's key and a token: install the hub first, take both from its page, kubectl create secret generic beszel --from-literal=key=… --from-literal=token=… and set beszel.agent.existingSecret=beszel" -}}
{{- end -}}
{{- if and .Values.beszel.agent.enabled (not .Values.beszel.hub.enabled) (not .Values.beszel.agent.hubUrl) -}}
  {{- fail "beszel.agent.enabled needs a hub: set beszel.hub.enabled=true or beszel.agent.hubUrl" -}}
{{- end -}}
{{- end -}}

{{/* Kinds that the cluster has to have. Only where it can be asked. */}}
{{- define "dolmetsch.checkKinds" -}}
{{- if include "dolmetsch.connected" . -}}
{{- if not (.Capabilities.APIVersions.Has "dolmetsch.dev/v1alpha1/EnginePool") -}}
  {{- fail "this cluster does not know Rooms and EnginePools yet: helm install dolmetsch-crds charts/dolmetsch-crds" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not (.Capabilities.APIVersions.Has "gateway.networking.k8s.io/v1/HTTPRoute")) -}}
  {{- fail "httpRoute.enabled, but this cluster has no Gateway API: install it with a gateway controller, or use ingress.enabled" -}}
{{- end -}}
{{- if and .Values.monitoring.serviceMonitors.enabled (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor")) -}}
  {{- fail "monitoring.serviceMonitors.enabled, but this cluster has no ServiceMonitors: install the Prometheus Operator, or set it to false" -}}
{{- end -}}
{{- if and .Values.monitoring.rules.enabled (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/PrometheusRule")) -}}
  {{- fail "monitoring.rules.enabled, but this cluster has no PrometheusRules: install the Prometheus Operator, or set it to false" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "dolmetsch.notAlone" -}}
{{- $owner := index . 0 -}}
{{- printf "the release %q runs in the namespace %s already, and a namespace holds one: install this one into another namespace (-n OTHER --create-namespace), or upgrade %q" $owner (index . 1) $owner -}}
{{- end -}}

{{/* A namespace has one EnginePool and one operator's Lease. */}}
{{- define "dolmetsch.checkAlone" -}}
{{- if and .Values.engine.pool.create (.Capabilities.APIVersions.Has "dolmetsch.dev/v1alpha1/EnginePool") -}}
{{- with lookup "dolmetsch.dev/v1alpha1" "EnginePool" .Release.Namespace "default" -}}
{{- $owner := index (.metadata.annotations | default dict) "meta.helm.sh/release-name" | default "" -}}
{{- if not $owner -}}
  {{- fail (printf "there is an EnginePool `default` in the namespace %s that no Helm release owns: set engine.pool.create=false to leave it as it is, or delete it" $.Release.Namespace) -}}
{{- else if ne $owner $.Release.Name -}}
  {{- fail (include "dolmetsch.notAlone" (list $owner $.Release.Namespace)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- /* A release whose pool somebody else made has its operator's Lease all the same. */ -}}
{{- with lookup "coordination.k8s.io/v1" "Lease" .Release.Namespace "dolmetsch-operator" -}}
{{- $owner := index (.metadata.annotations | default dict) "meta.helm.sh/release-name" | default $.Release.Name -}}
{{- if ne $owner $.Release.Name -}}
  {{- fail (include "dolmetsch.notAlone" (list $owner $.Release.Namespace)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Kubernetes takes no change of a StatefulSet's volumes. */}}
{{- define "dolmetsch.checkVolumes" -}}
{{- $volumes := dict -}}
{{- if eq .Values.postgresql.mode "builtin" }}{{ $_ := set $volumes "postgresql" .Values.postgresql.volume }}{{ end -}}
{{- if and (eq .Values.translation.mode "builtin") .Values.libretranslate.volume.size }}{{ $_ := set $volumes "libretranslate" .Values.libretranslate.volume }}{{ end -}}
{{- if .Values.umami.enabled }}{{ $_ := set $volumes "umami-postgresql" .Values.umami.volume }}{{ end -}}
{{- if .Values.beszel.hub.enabled }}{{ $_ := set $volumes "beszel" .Values.beszel.hub.volume }}{{ end -}}
{{- range $component, $volume := $volumes -}}
{{- $name := printf "%s-%s" (include "dolmetsch.fullname" $) $component -}}
{{- with lookup "apps/v1" "StatefulSet" $.Release.Namespace $name -}}
{{- $claim := (first .spec.volumeClaimTemplates).spec -}}
{{- $class := $claim.storageClassName | default "" -}}
{{- if or (ne $claim.resources.requests.storage $volume.size) (ne $class $volume.storageClass) -}}
  {{- fail (printf "the volume of %s is %s of the storage class %q, and Kubernetes lets nobody change that. Keep these values; or enlarge the claims (kubectl -n %s edit pvc), then kubectl -n %s delete statefulset %s --cascade=orphan, and upgrade again" $name $claim.resources.requests.storage $class $.Release.Namespace $.Release.Namespace $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
