"""Django itself: applications, middleware, templates, database, cache, static files."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext

from config import env
from config.settings.paths import (
    BASE_DIR,
    DATABASE_URL,
    VAR_DIR,
    redis_url,
)

# Makes `ModelAdmin[User]` and its like work at run time.
django_stubs_ext.monkeypatch()

DEBUG = env.read_bool(
    "ASSAY_DEBUG",
    default=False,
    about="Show tracebacks in the browser and reload static files. Not in production.",
)
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_NAME = "Assay"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.mfa",
    "allauth.usersessions",
    "anymail",
    "channels",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "ninja",
    "rest_framework",
    "apps.core",
    "apps.accounts",
    "apps.catalog",
    "apps.benchmarks",
    "apps.markets",
    "apps.predictions",
    "apps.home",
]

MIDDLEWARE = [
    "apps.core.web.observe.ObserveMiddleware",
    "apps.core.web.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.web.cors.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.accounts.web.gate.AskMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "apps.accounts.web.impersonation.ImpersonationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Below what it asks, sessions, and what logs, so that refusals are logged too.
    "apps.accounts.web.gate.GateMiddleware",
    "apps.core.web.errors.AppErrorMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.web.context.page",
                "apps.core.web.alarm.operations_alarm",
            ],
        },
    },
]

_database = dj_database_url.parse(DATABASE_URL)
# Under ASGI each request has a thread of its own, so a connection kept for the thread
# is never used again: 60 requests at once ran the server out of connections. A pool
# lends them, and makes requests wait for one another instead.
_pool = {
    "min_size": 1,
    "max_size": env.read_int(
        "ASSAY_DATABASE_POOL",
        20,
        minimum=2,
        about="The most database connections that one process holds.",
    ),
    "timeout": 5,
}
DATABASES = {
    "default": {
        **_database,
        "CONN_HEALTH_CHECKS": True,
        # A host that drops packets must not hold a request for minutes.
        "OPTIONS": {
            "connect_timeout": 5,
            "pool": _pool,
            **_database.get("OPTIONS", {}),
        },
    }
}

CACHES = {
    "default": {
        "BACKEND": "apps.core.cache.SteadyCache",
        "LOCATION": redis_url(1),
        "KEY_PREFIX": "assay",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("email", "name")}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True


def _plotly_files() -> list[tuple[str, Path]]:
    """Serve the script that the plotly wheel carries, under `vendor/plotly`."""
    spec = find_spec("plotly")
    origin = spec.origin if spec else None
    return [("vendor/plotly", Path(origin).parent / "package_data")] if origin else []


STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
with suppress(OSError):  # WhiteNoise warns where there is none
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    BASE_DIR / "static",
    *_plotly_files(),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "apps.core.static.HashedStorage"
        )
    },
}
# Until `collectstatic` has run, files are served from where they lie in the code.
WHITENOISE_USE_FINDERS = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 0 if DEBUG else 60


def _forbid_guessing(headers: Any, *_: str) -> None:
    """Keep browsers to the stated type, as Django does for its own responses."""
    headers["X-Content-Type-Options"] = "nosniff"


WHITENOISE_ADD_HEADERS_FUNCTION = _forbid_guessing
