"""Signing in through GitHub and Google, where they are configured."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import (
    OAuth2Adapter,
    OAuth2CallbackView,
    OAuth2LoginView,
)
from csp.decorators import csp_update
from django.http import Http404

if TYPE_CHECKING:
    from collections.abc import Callable

    from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
    from django.http import HttpRequest, HttpResponseBase

    View = Callable[..., HttpResponseBase]


class _Careful(OAuth2Adapter):
    """Takes an answer that has not the provider's shape for a failed sign-in."""

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Ask the provider who it is.

        Raises:
            OAuth2Error: the answer cannot be read.
        """
        try:
            login = super().complete_login(request, app, token, **kwargs)
        except (AttributeError, KeyError, TypeError) as error:
            raise OAuth2Error("The provider's answer cannot be read.") from error
        return cast("SocialLogin", login)


class GitHubAdapter(_Careful, GitHubOAuth2Adapter):
    """GitHub's answers, read with care."""


class GoogleAdapter(_Careful, GoogleOAuth2Adapter):
    """Google's answers, read with care."""


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


def _view(kind: Any, adapter: type[OAuth2Adapter]) -> View:
    return if_configured(adapter.provider_id, kind.adapter_view(adapter))


github_leave = _view(OAuth2LoginView, GitHubAdapter)
github_back = _view(OAuth2CallbackView, GitHubAdapter)
google_leave = _view(OAuth2LoginView, GoogleAdapter)
google_back = _view(OAuth2CallbackView, GoogleAdapter)
