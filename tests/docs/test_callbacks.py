"""The code that the documentation gives to receivers of callbacks does what it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import WebhookVerificationError

from apps.accounts.domain.webhooks import sign, write_secret
from apps.core.ids import new_id
from tests.docs.reference import DOCS

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (DOCS / "how-to" / "run-by-api.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SECRETS = [write_secret(bytes([n]) * 32) for n in (1, 2, 3)]
BODY = '{"type":"run.ended","data":{"status":"completed ✓"}}'


def load(example: str) -> Callable[[str, dict[str, str], bytes], dict[str, Any]]:
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - the page's own code
    read: Callable[[str, dict[str, str], bytes], dict[str, Any]]
    read = names["read_callback"]
    return read


def signed(at: datetime) -> dict[str, str]:
    return sign(SECRETS[:2], delivery_id=new_id(), at=at, body=BODY)


@pytest.mark.parametrize("example", EXAMPLES, ids=["library", "by hand"])
def test_a_receiver_takes_what_is_signed_and_nothing_else(example: str) -> None:
    read, now = load(example), datetime.now(UTC)
    for secret in SECRETS[:2]:
        assert read(secret, signed(now), BODY.encode())["type"] == "run.ended"
    late = signed(now - timedelta(minutes=6))
    for secret, fields, body in (
        (SECRETS[2], signed(now), BODY),
        (SECRETS[0], signed(now), BODY.replace("completed", "failed")),
        (SECRETS[0], late, BODY),
    ):
        with pytest.raises((ValueError, WebhookVerificationError)):
            read(secret, fields, body.encode())
