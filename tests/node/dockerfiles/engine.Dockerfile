# The engine's image without its packages, which a volume brings: those of the machine, gigabytes that need not be copied.
ARG CODE
ARG PLATFORM
FROM ${PLATFORM} AS platform

FROM ${CODE}
COPY local/dolmetsch_local/demo/speech-model /models/model
# The image's Python is older than the machine's, and needs what that one has built in.
COPY --from=platform /opt/dolmetsch/lib/python3.11/site-packages/async_timeout /app/async_timeout
ENV PYTHONPATH=/app:/packages
