# A stand-in for valkey/valkey, which can't be had here: the same server, from its Python package, and Debian's client.
ARG BASE
FROM ${BASE}
# hadolint ignore=DL3008
RUN apt-get update -qq && apt-get install -qq --no-install-recommends redis-tools >/dev/null && \
    ln -s redis-cli /usr/bin/valkey-cli && rm -rf /var/lib/apt/lists
COPY valkey-server /usr/bin/valkey-server
