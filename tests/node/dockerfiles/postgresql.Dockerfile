# A stand-in for the official postgres, which can't be had here: Debian's PostgreSQL, started as that one is.
ARG BASE
FROM ${BASE}
# No cluster of its own: the entrypoint makes one.
# hadolint ignore=DL3008
RUN mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf && \
    apt-get update -qq && apt-get install -qq --no-install-recommends postgresql-15 >/dev/null && \
    rm -rf /var/lib/apt/lists && usermod --uid 999 postgres && chmod 1777 /var/run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin
COPY postgresql-entrypoint.sh /entrypoint.sh
ENTRYPOINT ["/bin/bash", "/entrypoint.sh"]
