# The engine's image without its packages, which a volume brings: those of the machine, gigabytes that need not be copied.
ARG CODE
FROM ${CODE}
COPY local/dolmetsch_local/demo/speech-model /models/model
ENV PYTHONPATH=/app:/packages
