# The platform (api and worker: nearly the same packages, so one image with two commands) and the operator, which needs
# neither database nor web server. The engine's is engine-image/Dockerfile. Context: this folder.
#
#   docker build --target platform -t dolmetsch/platform .
#   docker build --target operator -t dolmetsch/operator .

ARG BASE=python:3.11-slim-bookworm

# hadolint ignore=DL3006
FROM ${BASE} AS builder
WORKDIR /build
RUN python3 -m venv pip && python3 -m venv --without-pip /opt/dolmetsch
ENV INSTALL="pip/bin/pip --python /opt/dolmetsch/bin/python install --no-cache-dir --no-deps --require-hashes"

FROM builder AS platform-packages
ARG PIP_INDEX_URL
# A package index behind a certificate of your own: mount it, and name it here.
ARG SSL_CERT_FILE
COPY requirements/image-platform.txt ./
RUN $INSTALL -r image-platform.txt

FROM builder AS operator-packages
ARG PIP_INDEX_URL
ARG SSL_CERT_FILE
COPY requirements/image-operator.txt ./
RUN $INSTALL -r image-operator.txt

# hadolint ignore=DL3006
FROM ${BASE} AS common
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# The root file system is read-only in pods.
ENV HOME=/tmp \
    PATH=/opt/dolmetsch/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1
# Some libraries ask for the name of the user that they run as.
RUN echo "dolmetsch:x:10001:10001::/tmp:/usr/sbin/nologin" >>/etc/passwd && echo "dolmetsch:x:10001:" >>/etc/group
WORKDIR /app

FROM common AS operator
LABEL org.opencontainers.image.title="Dolmetsch operator" \
      org.opencontainers.image.description="Gives active rooms their engine pods"
COPY --from=operator-packages /opt/dolmetsch /opt/dolmetsch
COPY core/dolmetsch_core dolmetsch_core
COPY operator/dolmetsch_operator dolmetsch_operator
# Who may change the code in it: live updates of Tilt, else nobody but root.
ARG APP_OWNER=0:0
RUN python3 -m compileall -q . && chown -R "$APP_OWNER" .
USER 10001:10001
EXPOSE 8080
CMD ["python3", "-m", "dolmetsch_operator"]

FROM common AS platform
LABEL org.opencontainers.image.title="Dolmetsch api and worker" \
      org.opencontainers.image.description="Sockets, pages and rooms; translations and stored transcripts"
COPY --from=platform-packages /opt/dolmetsch /opt/dolmetsch
COPY core/dolmetsch_core dolmetsch_core
COPY api/dolmetsch_api dolmetsch_api
COPY worker/dolmetsch_worker dolmetsch_worker
ARG APP_OWNER=0:0
RUN python3 -m compileall -q . && chown -R "$APP_OWNER" .
USER 10001:10001
EXPOSE 8000
CMD ["python3", "-m", "dolmetsch_api"]
