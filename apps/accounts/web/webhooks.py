"""What the biller tells us: `/webhooks/stripe/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts.domain.billing import SignatureError
from apps.accounts.pipelines.stripe_events import receive_event
from apps.core.errors import AppError
from apps.core.web.problems import problem, problem_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = structlog.get_logger(__name__)

# Events of subscriptions and invoices are some ten kilobytes.
MOST_BYTES = 512 * 1024
TOO_LARGE = f"An event is at most {MOST_BYTES // 1024} kilobytes."


@csrf_exempt  # the signature says who sends it, and no browser does
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Keep an event that is signed, and answer before anything is done about it."""
    body = _read(request)
    if body is None:
        return problem(413, "too_large", TOO_LARGE)
    signature = request.headers.get("Stripe-Signature", "")
    try:
        is_new = receive_event(body=body, signature=signature, now=timezone.now())
    except SignatureError as error:
        logger.warning("webhook_refused", reason=str(error))
        return problem(400, "bad_signature", str(error))
    except AppError as error:
        return problem_of(error)
    return JsonResponse({"received": True, "new": is_new})


def _read(request: HttpRequest) -> bytes | None:
    """Return the body as it arrived, or None where it is too long."""
    try:
        claimed = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        claimed = 0
    if claimed > MOST_BYTES:
        return None
    body = request.read(MOST_BYTES + 1)
    return body if len(body) <= MOST_BYTES else None
