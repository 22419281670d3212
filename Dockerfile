# syntax=docker/dockerfile:1
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# What installs stays behind here: the environment that is shipped has no pip.
RUN python -m venv /opt/tools && python -m venv --without-pip /opt/batchpub
WORKDIR /src
# The dependencies alone first: this layer is built again only when a lock changes.
COPY requirements.lock requirements-build.lock ./
RUN /opt/tools/bin/pip install --require-hashes -r requirements-build.lock \
 && /opt/tools/bin/pip wheel --require-hashes --use-pep517 --no-build-isolation --wheel-dir /wheels -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY batchpub ./batchpub
# The libraries' own tests are a fifth of their size and nothing imports them; the last line shows that all is there.
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/tools/bin/pip --python /opt/batchpub/bin/python install --no-deps --no-index /wheels/*.whl \
 && find /opt/batchpub -type d -name tests -prune -exec rm -rf {} + \
 && /opt/batchpub/bin/batchpub --version

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="batchpub" \
      org.opencontainers.image.description="Publish every course of a spreadsheet in the Zoho People LMS, inside its rate limit." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A number, so that Kubernetes can see that the user is not root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /state --shell /usr/sbin/nologin batchpub \
 && install -d -o 10001 -g 10001 -m 0700 /state \
 && install -d -o 10001 -g 10001 -m 0755 /reports
COPY --from=build /opt/batchpub /opt/batchpub
# No bytecode is written at run time: pip has compiled it, and the root file system may be read-only. The state is in /state,
# and where it is a PostgreSQL (BATCHPUB_STATE_FILE) the access token alone.
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
