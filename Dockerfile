# Front-end packages: the libraries that the pages load, and the bundler.
FROM node:22-bookworm-slim AS frontend
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

# The Python packages and the collected static files, with the tools needed to build them.
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements requirements
# 0 leaves out Gemini's SDK, which is no longer supported: GEMINI_BACKEND=rest needs none of it.
ARG GEMINI_SDK=1
# The database is a separate service, so the image leaves out the embedded server. It also leaves
# out the descriptions of all other Google APIs, 100 MB that the model's client never reads.
RUN rm requirements/dev.txt requirements/embedded.txt \
 && if [ "$GEMINI_SDK" = 0 ]; then rm requirements/google-generativeai.txt; fi \
 && python -m venv /venv \
 && /venv/bin/pip install --require-hashes --no-deps $(printf ' -r %s' requirements/*.txt) \
 && rm -rf /venv/lib/python3*/site-packages/googleapiclient/discovery_cache/documents \
 && /venv/bin/pip uninstall --yes pip
COPY manage.py ./
COPY config config
COPY bounded_postgres bounded_postgres
COPY embedded_postgres embedded_postgres
COPY tickets tickets
COPY templates templates
COPY static static
COPY tools/bundle.py tools/sbom.py tools/
COPY package-lock.json ./
COPY --from=frontend /app/node_modules node_modules
RUN python tools/sbom.py sbom.cdx.json requirements/*.txt package-lock.json \
 && rm package-lock.json \
 && python tools/bundle.py \
 && SECRET_KEY=only-for-this-step /venv/bin/python manage.py collectstatic --noinput \
 && rm -rf tools node_modules/esbuild node_modules/@esbuild node_modules/.bin

FROM python:3.13-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data INSTALLATION=image
# A volume that is mounted on one of these takes its owner from here.
RUN useradd --system --uid 10001 --home-dir /data --no-create-home desk \
 && install -d -o desk -m 700 /data /data/attachments
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER desk
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["python", "-c", "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
# Migrations run before the server starts. With `exec`, the server receives the stop signal.
CMD ["sh", "-c", "python manage.py migrate --noinput && python manage.py ensure_admin && exec gunicorn --config config/gunicorn.py --bind 0.0.0.0:8000 config.wsgi"]
