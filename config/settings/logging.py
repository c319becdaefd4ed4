"""JSON logs to standard error, with an id that follows a request into its tasks."""

from __future__ import annotations

import logging

import structlog

from apps.core.logs import drop_pulse, is_no_probe, strike_secrets
from config import env

LOG_LEVEL = env.read_choice(
    "ASSAY_LOG_LEVEL",
    ("DEBUG", "INFO", "WARNING", "ERROR"),
    "INFO",
    about="The least level that is logged.",
)
LOG_FORMAT = env.read_choice(
    "ASSAY_LOG_FORMAT",
    ("json", "console"),
    "json",
    about="One JSON object a line, or lines for a person.",
)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# The first middleware has made it short and plain, or replaced it.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# One line a request: the one that knows how it ended.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    drop_pulse,
    strike_secrets,
]
_RENDERER = (
    structlog.dev.ConsoleRenderer()
    if LOG_FORMAT == "console"
    else structlog.processors.JSONRenderer()
)
# Warnings of Python's own go the same way as log lines.
logging.captureWarnings(capture=True)
_QUIET = {"level": "WARNING"}
# Uvicorn gives its loggers handlers of their own before it loads the application.
_TO_ROOT = {"handlers": [], "propagate": True}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _RENDERER,
            ],
            "foreign_pre_chain": _SHARED,
        }
    },
    "filters": {
        "no_probe": {
            "()": "django.utils.log.CallbackFilter",
            "callback": is_no_probe,
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "structured"}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "httpx": _QUIET,
        "httpx2": _QUIET,
        # Its lines hold whole addresses, and those the addresses of people.
        "stripe": _QUIET,
        # django-structlog writes the same with the ids of the request.
        "celery.app.trace": {"level": "ERROR"},
        "celery.worker.strategy": _QUIET,
        "celery.beat": _QUIET,
        "django.request": {"level": "ERROR", "filters": ["no_probe"]},
        "django.server": _TO_ROOT,
        "uvicorn": _TO_ROOT,
        "uvicorn.access": {"handlers": [], "propagate": False},
    },
}

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
