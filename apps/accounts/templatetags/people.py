"""The parts of the account pages, and the ways to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django import template
from django.conf import settings
from django.urls import reverse

from apps.accounts.domain.browsers import name_browser

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.template import Context

register = template.Library()

PARTS = (
    ("Profile", "account"),
    ("E-mail", "account_email"),
    ("Password", "account_change_password"),
    ("Two-factor", "mfa_index"),
    ("Passkeys", "mfa_list_webauthn"),
    ("Sessions", "usersessions_list"),
    ("Your data", "account_data"),
)
CONNECTIONS = ("Connections", "socialaccount_connections")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the account pages."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class SignInProvider:
    """A configured provider, and the name of the address that leads to it."""

    name: str
    view: str


@register.filter
def browser(user_agent: str) -> str:
    """Write what a browser says of itself in words."""
    return name_browser(user_agent)


@register.simple_tag
def signup_is_open() -> bool:
    """Return whether anybody may sign up."""
    return bool(settings.SIGNUP_OPEN)


@register.simple_tag(takes_context=True)
def account_parts(context: Context) -> list[Part]:
    """Return the parts in their order; connections where there can be any."""
    request: HttpRequest = context["request"]
    connected = SocialAccount.objects.filter(user_id=str(request.user.pk))
    has_connections = bool(sign_in_providers(context)) or connected.exists()
    parts = (*PARTS, CONNECTIONS) if has_connections else PARTS
    hrefs = {label: reverse(view) for label, view in parts}
    here = max(
        (href for href in hrefs.values() if request.path.startswith(href)),
        key=len,
        default="",
    )
    return [Part(label, href, href == here) for label, href in hrefs.items()]


@register.simple_tag(takes_context=True)
def sign_in_providers(context: Any) -> list[SignInProvider]:
    """Return the providers that this installation has set up."""
    providers = get_adapter().list_providers(context["request"])
    return [SignInProvider(one.name, f"{one.id}_login") for one in providers]
