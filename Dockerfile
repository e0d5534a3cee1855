# Marksight in one image for every role: `serve` by default, or `relay`, `worker`, `watch`, `seed --migrate`, `up`, ...
#
#   docker build --tag marksight .
#
# Python is the version that everything is tested with. Nothing is compiled: what is installed comes as wheels, each
# checked against its hash.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/marksight
COPY requirements.lock ./
RUN /opt/marksight/bin/pip install --quiet --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY core ./core
COPY data ./data
COPY workers ./workers
COPY layouts ./layouts
COPY dashboard ./dashboard
RUN /opt/marksight/bin/pip install --quiet --no-deps --no-build-isolation --no-index .
# What builds is not needed to run.
RUN /opt/marksight/bin/pip uninstall --quiet --yes hatchling editables trove-classifiers pathspec setuptools pip

FROM python:${PYTHON}-slim-bookworm
ENV PATH=/opt/marksight/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ENV MARKSIGHT_HOME=/var/lib/marksight MARKSIGHT_HOST=0.0.0.0 MARKSIGHT_PORT=8080
COPY --from=build /opt/marksight /opt/marksight
RUN groupadd --gid 10001 marksight \
 && useradd --uid 10001 --gid marksight --no-create-home --home-dir /var/lib/marksight --shell /usr/sbin/nologin marksight \
 && install --directory --mode=0700 --owner=10001 --group=10001 /var/lib/marksight
USER 10001:10001
WORKDIR /var/lib/marksight
VOLUME /var/lib/marksight
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 CMD ["marksight", "health", "server"]
ENTRYPOINT ["marksight"]
CMD ["serve"]
