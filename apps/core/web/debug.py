"""What Django's page for developers shows of a crash: never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.views.debug import SafeExceptionReporterFilter

from apps.core.logs import struck

if TYPE_CHECKING:
    from types import FrameType

    from django.http import HttpRequest


class StrikingFilter(SafeExceptionReporterFilter):
    """Strikes secrets out of the request and of local variables, by their form."""

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Return what came with the request, without secrets."""
        return {
            name: struck(value) if isinstance(value, str) else value
            for name, value in super().get_safe_request_meta(request).items()
        }

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> Any:
        """Return the variables of a frame, those that hold secrets as struck text."""
        found = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, _without_secrets(value)) for name, value in found]


def _without_secrets(value: Any) -> Any:
    try:
        shown = value if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001 (an object of any kind, which may be broken)
        return "an object that cannot be shown"
    safe = struck(shown)
    return value if safe == shown else safe
