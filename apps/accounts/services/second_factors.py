"""The secrets of second factors: sealed at rest, and sealed anew after a rotation."""

from __future__ import annotations

import base64

from allauth.mfa.models import Authenticator
from django.db import transaction

from apps.core.crypto import SealedError
from apps.core.secrets import Resealed, get_keyset

_CONTEXT = "accounts.second_factor"
# Where a kind of factor keeps its secret in its data.
_PLACES = {
    Authenticator.Type.TOTP: "secret",
    Authenticator.Type.RECOVERY_CODES: "seed",
}


def seal_factor(text: str) -> str:
    """Return a secret as it is stored."""
    sealed = get_keyset().seal(text, context=_CONTEXT)
    return base64.b64encode(sealed).decode()


def open_factor(stored: str) -> str:
    """Return the secret that was stored.

    Raises:
        SealedError: its key is gone, or it was tampered with.
    """
    return get_keyset().open(base64.b64decode(stored), context=_CONTEXT)


def reseal_factors() -> Resealed:
    """Seal with the first key what another one sealed."""
    keyset, renewed, current, lost = get_keyset(), 0, 0, 0
    ids = Authenticator.objects.filter(type__in=_PLACES).values_list("pk", flat=True)
    for pk in ids.iterator():
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if factor is None:
                continue
            place = _PLACES[Authenticator.Type(factor.type)]
            stored = factor.data[place]
            if keyset.is_current(base64.b64decode(stored)):
                current += 1
                continue
            try:
                factor.data[place] = seal_factor(open_factor(stored))
            except SealedError:
                lost += 1
                continue
            factor.save(update_fields=["data"])
            renewed += 1
    return Resealed(renewed, current, lost)
