# The image of every process; the command tells which. It brings no server and no model.
FROM python:3.11-slim

# The sandbox: bubblewrap where the engine admits user namespaces, else libseccomp.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap libseccomp2 \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/base.txt

COPY . .
RUN useradd --system --no-create-home assay \
    && mkdir -p var \
    && chown assay var
USER assay

# No key is generated into the image: this one serves the build alone.
RUN SECRET_KEY=build DATABASE_URL=postgresql://build REDIS_URL=redis://build \
    python manage.py ensure_static

EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
    "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "3", \
    "--no-access-log", "--lifespan", "on", "--no-proxy-headers"]
