"""JSON logs with a correlation id."""

from __future__ import annotations

import structlog
from structlog.typing import Processor  # noqa: TC002

from config import env

LOG_LEVEL = env.read_str("ASSAY_LOG_LEVEL", "INFO").upper()
LOG_FORMAT = env.read_str("ASSAY_LOG_FORMAT", "json")
DJANGO_STRUCTLOG_CELERY_ENABLED = True

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
_RENDERER = (
    structlog.dev.ConsoleRenderer()
    if LOG_FORMAT == "console"
    else structlog.processors.JSONRenderer()
)

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
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "structured"}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"httpx": {"level": "WARNING"}, "httpx2": {"level": "WARNING"}},
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
