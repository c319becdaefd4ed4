"""Whom a session stands for at this moment."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from apps.accounts.selectors.impersonation import SESSION_KEY, find_impersonated

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.base_user import AbstractBaseUser


def find_signed_in(
    session_key: str | None, now: datetime
) -> AbstractBaseUser | AnonymousUser:
    """Return whom a session stands for, read afresh: the person an operator looks as.

    A session that was ended, has expired or is of somebody switched off is nobody's.
    """
    if not session_key:
        return AnonymousUser()
    request = HttpRequest()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(session_key)
    user = get_user(request)
    sealed = request.session.get(SESSION_KEY)
    if sealed is None:
        return user
    found = find_impersonated(sealed, user, now)
    return AnonymousUser() if found is None else found.person
