"""Which models a workspace can have asked, and what a name stands for among them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from apps.catalog.models import GatewayKind
from apps.catalog.selectors.models import list_models
from apps.catalog.selectors.own_keys import list_providers_without_key
from apps.catalog.selectors.providers import find_fault
from apps.core.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.catalog.selectors.models import ModelRow


def list_offered_models(
    workspace_id: UUID,
) -> tuple[tuple[ModelRow, ...], tuple[ModelRow, ...]]:
    """Return the models that a workspace can have asked, and those that it cannot."""
    models = list_models(include_deprecated=False)
    lacking = set(
        list_providers_without_key(workspace_id, {one.provider_name for one in models})
    )
    offered = [
        one
        for one in models
        if one.provider_name not in lacking and not _find_obstacle(one)
    ]
    return tuple(offered), tuple(one for one in models if one not in offered)


def find_offered(
    name: str, rows: Sequence[ModelRow], providers: Sequence[str] = ()
) -> ModelRow | Fault:
    """Return the model that a full name, or a bare one within providers, stands for."""
    among = [one for one in rows if not providers or one.provider_name in providers]
    found = [
        one
        for one in among
        if name == one.full_name or (providers and name == one.name)
    ]
    if len(found) > 1:
        full = " or ".join(one.full_name for one in found)
        return Fault("models", f"{name!r} may be {full}")
    if not found:
        close = get_close_matches(name, [one.full_name for one in among], n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        return Fault("models", f"no model is named {name!r}{hint}")
    obstacle = _find_obstacle(found[0])
    return Fault("models", f"{name} {obstacle}") if obstacle else found[0]


def _find_obstacle(model: ModelRow) -> str:
    """Return why nobody can run a model on demand, whoever's key it is, or ""."""
    if model.is_deprecated:
        return "is no longer listed by its provider"
    if model.input_price is None or model.output_price is None:
        return "has no known price, so no cost limit could be kept"
    if model.provider.is_local and model.provider.gateway != GatewayKind.EMBEDDED:
        return "belongs to the operator, and runs on demand do not reach it"
    fault = find_fault(model.provider)
    return f"cannot be asked: its provider is {fault}" if fault else ""
