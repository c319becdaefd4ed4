"""Signing in through GitHub and Google, where they are configured."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from csp.decorators import csp_update
from django.http import Http404

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    View = Callable[..., HttpResponseBase]


def if_configured(provider: str, view: View) -> View:
    """Answer only where the installation has an application at the provider."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not get_adapter().list_apps(request, provider=provider):
            raise Http404
        return view(request, *args, **kwargs)

    return answered


def may_leave_for_providers(view: View) -> View:
    """Let a form of this page end at a provider.

    Browsers apply the policy to where a sent form is redirected, too.
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        origins = list(provider_origins(request))
        if not origins:
            return view(request, *args, **kwargs)
        return csp_update({"form-action": origins})(view)(request, *args, **kwargs)

    return answered


def provider_origins(request: HttpRequest) -> dict[str, None]:
    """Return where the configured providers ask for consent, in their order."""
    origins: dict[str, None] = {}
    for provider in get_adapter().list_providers(request):
        if isinstance(provider, OAuth2Provider):
            address = urlsplit(provider.get_oauth2_adapter(request).authorize_url)
            origins[f"{address.scheme}://{address.netloc}"] = None
    return origins
