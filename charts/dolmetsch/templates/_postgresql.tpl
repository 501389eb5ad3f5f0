{{/*
A small PostgreSQL with its volume and Service; call with (dict "root" $ "component" NAME "values" VALUES-OF-THE-SERVER
"volume" VALUES-OF-THE-VOLUME "secret" NAME "key" KEY "database" NAME). Its user is called as its database.
*/}}
{{- define "dolmetsch.postgresql" -}}
{{- $component := merge (dict "user" .values.runAsUser) . -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "dolmetsch.meta" $component | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "dolmetsch.fullname" .root }}-{{ .component }}
  selector:
    matchLabels:
      {{- include "dolmetsch.selector" $component | nindent 6 }}
  template:
    metadata:
      {{- include "dolmetsch.podMeta" $component | nindent 6 }}
    spec:
      {{- include "dolmetsch.podSpec" $component | nindent 6 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: postgresql
          {{- include "dolmetsch.image" (dict "root" .root "image" .values.image "theirs" true) | nindent 10 }}
          env:
            - name: PGDATA
              value: /var/lib/postgresql/data/pgdata
            - name: POSTGRES_USER
              value: {{ .database }}
            - name: POSTGRES_DB
              value: {{ .database }}
            - name: POSTGRES_INITDB_ARGS
              value: --data-checksums --auth-host=scram-sha-256
            {{- include "dolmetsch.secretEnv" (list "POSTGRES_PASSWORD" .secret .key) | nindent 12 }}
          ports:
            - name: postgresql
              containerPort: 5432
          startupProbe:
            exec:
              command: [pg_isready, -h, 127.0.0.1, -U, {{ .database }}]
            periodSeconds: 2
            failureThreshold: 150
            timeoutSeconds: 5
          readinessProbe:
            exec:
              command: [pg_isready, -h, 127.0.0.1, -U, {{ .database }}]
            periodSeconds: 5
            timeoutSeconds: 5
          livenessProbe:
            exec:
              command: [pg_isready, -h, 127.0.0.1, -U, {{ .database }}]
            periodSeconds: 20
            failureThreshold: 6
            timeoutSeconds: 5
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          securityContext:
            {{- include "dolmetsch.containerSecurity" true | nindent 12 }}
          volumeMounts:
            - name: data
              mountPath: /var/lib/postgresql/data
            - name: run
              mountPath: /var/run/postgresql
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: run
          emptyDir: {}
        - name: tmp
          emptyDir: {}
  # Claims of a StatefulSet are kept when it is deleted.
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .volume.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .volume.size }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "dolmetsch.meta" $component | nindent 2 }}
spec:
  selector:
    {{- include "dolmetsch.selector" $component | nindent 4 }}
  ports:
    - name: postgresql
      port: 5432
      targetPort: postgresql
{{- end -}}
