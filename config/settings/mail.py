"""How mail leaves: into a folder, by SMTP, or through a provider."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.settings.paths import VAR_DIR

_ANYMAIL = {
    "brevo": ("brevo", "BREVO_API_KEY"),
    "mailersend": ("mailersend", "MAILERSEND_API_TOKEN"),
    "mailgun": ("mailgun", "MAILGUN_API_KEY"),
    "mailtrap": ("mailtrap", "MAILTRAP_API_TOKEN"),
    "mandrill": ("mandrill", "MANDRILL_API_KEY"),
    "postmark": ("postmark", "POSTMARK_SERVER_TOKEN"),
    "resend": ("resend", "RESEND_API_KEY"),
    "sendgrid": ("sendgrid", "SENDGRID_API_KEY"),
    "sparkpost": ("sparkpost", "SPARKPOST_API_KEY"),
}
MAIL_PROVIDER = env.read_choice(
    "ASSAY_MAIL_PROVIDER",
    ("folder", "smtp", *_ANYMAIL),
    "folder",
    about="Who carries mail. `folder` writes it into `mail` in the installation's "
    "folder, where staff read it at `/mail/`; nothing leaves the machine.",
)
MAIL_KEY = env.read_str(
    "ASSAY_MAIL_KEY",
    about="The key of the mail provider. Needed for all but `folder` and `smtp`.",
)
DEFAULT_FROM_EMAIL = env.read_str(
    "ASSAY_MAIL_FROM",
    "Assay <assay@localhost>",
    about="The sender of all mail, as the provider knows it.",
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
SMTP_URL = env.read_url(
    "ASSAY_SMTP_URL",
    "",
    schemes=("smtp", "smtp+tls", "smtps"),
    shown="",
    about="The mail server for `smtp`, such as `smtp+tls://name:password@host:587`: "
    "`smtp+tls` starts encryption on a plain connection, `smtps` encrypts all of it. "
    "Signs in name and password are written in percent-encoding.",
)
if MAIL_PROVIDER in _ANYMAIL and not MAIL_KEY:
    raise ImproperlyConfigured(
        f"ASSAY_MAIL_PROVIDER is {MAIL_PROVIDER} and ASSAY_MAIL_KEY is empty; set both."
    )
if MAIL_PROVIDER == "smtp" and not SMTP_URL:
    raise ImproperlyConfigured(
        "ASSAY_MAIL_PROVIDER is smtp and ASSAY_SMTP_URL is empty; set both."
    )
MAIL_FOLDER = VAR_DIR / "mail"
EMAIL_TIMEOUT = 20

ANYMAIL: dict[str, Any] = {"REQUESTS_TIMEOUT": (5, EMAIL_TIMEOUT)}
if MAIL_PROVIDER in _ANYMAIL:
    _module, _key_name = _ANYMAIL[MAIL_PROVIDER]
    EMAIL_BACKEND = f"anymail.backends.{_module}.EmailBackend"
    ANYMAIL[_key_name] = MAIL_KEY
elif MAIL_PROVIDER == "smtp":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    _smtp = urlsplit(SMTP_URL)
    EMAIL_HOST = _smtp.hostname or ""
    EMAIL_PORT = _smtp.port or {"smtp": 25, "smtp+tls": 587}.get(_smtp.scheme, 465)
    EMAIL_HOST_USER = unquote(_smtp.username or "")
    EMAIL_HOST_PASSWORD = unquote(_smtp.password or "")
    EMAIL_USE_TLS = _smtp.scheme == "smtp+tls"
    EMAIL_USE_SSL = _smtp.scheme == "smtps"
else:
    EMAIL_BACKEND = "apps.accounts.gateways.mail_folder.MailFolderBackend"
