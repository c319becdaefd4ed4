"""Crash reports to Sentry: only where a DSN is set, and without people's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sentry_sdk
from django.conf import settings

from apps.core.build import code_version
from apps.core.logs import struck

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def _without_secrets(event: Event, _hint: Hint) -> Event:
    return cast("Event", struck(event))


def start() -> None:
    """Begin to report crashes, if SENTRY_DSN says where to."""
    if not settings.SENTRY_DSN:
        return
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"assay@{code_version()}",
        environment=settings.SENTRY_ENVIRONMENT,
        # Nothing that says who: no user, address, cookie, form, prompt or answer.
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        traces_sample_rate=0.0,
        # A key that somebody put into an address is in its query, and in what is said.
        before_send=_without_secrets,
    )
