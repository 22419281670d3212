# By version and not by digest, so that a build from this file has the security fixes of its day. What a release was built
# from is in its provenance, by digest; to build from that again: --build-arg BASE=python@sha256:...
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS tools
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# What installs stays behind in this stage: the environment that is shipped has no pip.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends 'binutils=2.44-*' \
 && rm -rf /var/lib/apt/lists/* \
 && python -m venv /opt/tools \
 && python -m venv --without-pip /opt/batchpub
WORKDIR /src
COPY requirements-build.lock ./
RUN /opt/tools/bin/pip install --require-hashes -r requirements-build.lock

# The dependencies are a layer of their own: it is built, pulled and pushed again only when a lock changes. pandas is not among
# them: it is for programs that import batchpub, no command loads it, and with numpy it would be two thirds of the image.
FROM tools AS dependencies
COPY requirements.lock ./
RUN /opt/tools/bin/pip wheel --require-hashes --use-pep517 --no-build-isolation --wheel-dir /wheels -r requirements.lock
COPY .ci/slim.py ./
RUN /opt/tools/bin/pip --python /opt/batchpub/bin/python install --no-deps --no-index --no-compile /wheels/*.whl \
 && python slim.py /opt/batchpub/lib/python*/site-packages \
 && /opt/batchpub/bin/python slim.py

FROM tools AS program
COPY pyproject.toml README.md LICENSE ./
COPY batchpub ./batchpub
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/tools/bin/pip --python /opt/batchpub/bin/python install --no-deps --no-index --no-compile --prefix /program /wheels/*.whl \
 && python -m compileall -q -s /program -p /opt/batchpub /program/lib

FROM ${BASE}
# Groups as OpenShift wants them: it runs the image as a user of its own choice, whose group is 0.
# The first user is a number, so that Kubernetes can see that it is not root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /state --shell /usr/sbin/nologin batchpub \
 && install -d -o 10001 -g 0 -m 0770 /state \
 && install -d -o 10001 -g 0 -m 0775 /reports
# No bytecode is written at run time: the build has compiled it, and the root file system may be read-only. The state is in
# /state, and where it is a PostgreSQL (BATCHPUB_STATE_FILE) the access token alone.
ENV PATH=/opt/batchpub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_STATE_HOME=/state
USER 10001:10001
WORKDIR /reports
# /state outlives the container, or the next run has forgotten the minute, the lock and what is published.
VOLUME ["/state", "/reports"]
# The exec form: as PID 1 batchpub hears SIGTERM itself, drains and writes its report.
ENTRYPOINT ["batchpub"]
# Last what changes, the rarest first, so that a change of the program leaves every other layer as it was.
COPY --from=dependencies /opt/batchpub /opt/batchpub
COPY --from=program /program /opt/batchpub
ARG VERSION=unreleased
ARG REVISION=
LABEL org.opencontainers.image.title="batchpub" \
      org.opencontainers.image.description="Publish every course of a spreadsheet in the Zoho People LMS, inside its rate limit." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
