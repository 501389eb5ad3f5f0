{{/*
Whether this release is to render a kind; call with (dict "root" $ "name" "rooms.dolmetsch.dev"). "yes" or "".

A cluster has each kind once. Where another release owns it: nothing is rendered if that one is as new as this one, so
that a second release does no harm; an older one is a failure, with what to do about it.
*/}}
{{- define "dolmetsch-crds.ours" -}}
{{- $root := .root -}}
{{- $found := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" .name -}}
{{- if or (not $found) $root.Values.adopt -}}
yes
{{- else -}}
{{- $annotations := $found.metadata.annotations | default dict -}}
{{- $release := index $annotations "meta.helm.sh/release-name" | default "" -}}
{{- $namespace := index $annotations "meta.helm.sh/release-namespace" | default "" -}}
{{- $version := index $annotations "dolmetsch.dev/crds-version" | default "0.0.0" -}}
{{- if and (eq $release $root.Release.Name) (eq $namespace $root.Release.Namespace) -}}
yes
{{- else if not $release -}}
{{- fail (printf "%s is in this cluster already and no Helm release owns it (kubectl apply made it?). Let this release take it over: add --set adopt=true --take-ownership --force-conflicts" .name) -}}
{{- else if semverCompare (printf "<%s" $root.Chart.Version) $version -}}
{{- fail (printf "%s belongs to the release %q in the namespace %q, at version %s, which is older than this chart (%s). Upgrade that release: helm upgrade %s charts/dolmetsch-crds -n %s. Or take its kinds over: add --set adopt=true --take-ownership --force-conflicts" .name $release $namespace $version $root.Chart.Version $release $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
