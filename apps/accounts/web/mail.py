"""For staff: the mail of an installation that sends none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.selectors.mail import get_visible_mail, list_visible_mail
from apps.accounts.viewers import viewer_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
@require_safe
@login_required
def mail_list(request: HttpRequest) -> HttpResponse:
    """List the newest mail."""
    context = {
        "mails": list_visible_mail(viewer_of(request)),
        "provider": settings.MAIL_PROVIDER,
    }
    return render(request, "mail/list.html", context)


@never_cache
@require_safe
@login_required
def mail_page(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail as text."""
    context = {"mail": get_visible_mail(viewer_of(request), name)}
    return render(request, "mail/mail.html", context)
