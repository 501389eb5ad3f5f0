# A stand-in for libretranslate/libretranslate, which can't be had here: the same program, from its Python package. The
# volume of its languages brings it, as packages of its user: hundreds of megabytes that need not be copied.
ARG BASE
FROM ${BASE}
COPY serve.py /serve.py
ENTRYPOINT ["python3", "/serve.py"]
