"""What a run on demand may name, and what the names stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.workspaces import Viewer
from apps.benchmarks.domain.on_demand import MOST_MODELS
from apps.benchmarks.selectors.suites import (
    get_suite_version,
    list_categories,
    list_suite_versions,
)
from apps.catalog.selectors.models import list_models
from apps.catalog.selectors.offered import find_offered
from apps.catalog.selectors.providers import list_providers
from apps.core.errors import Fault, InvalidFieldsError, NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.domain.tiers import Entitlements
    from apps.benchmarks.domain.on_demand import Asked, Scenarios
    from apps.benchmarks.selectors.suites import SuiteVersionRow
    from apps.catalog.selectors.models import ModelRow


@dataclass(frozen=True, slots=True)
class Meant:
    """What a request means: rows in the place of names."""

    version: SuiteVersionRow
    models: tuple[ModelRow, ...]


def list_offered_suites(
    workspace_id: UUID, entitled: Entitlements
) -> tuple[SuiteVersionRow, ...]:
    """Return the suites that a workspace may run: the public ones and its own."""
    return list_suite_versions(_member_of(workspace_id, entitled.granted))


def resolve_asked(workspace_id: UUID, asked: Asked, *, entitled: Entitlements) -> Meant:
    """Return what a request names.

    Raises:
        EntitlementError: the suite is private, and the tier includes none.
        InvalidFieldsError: names stand for nothing that the workspace may run; each is
            named, with where it stands.
    """
    faults: list[Fault] = []
    version = _resolve_scenarios(workspace_id, asked.scenarios, entitled, faults)
    models = _resolve_models(asked, faults)
    if faults or version is None:
        raise InvalidFieldsError(faults)
    return Meant(version, models)


def _member_of(workspace_id: UUID, granted: frozenset[Entitlement]) -> Viewer:
    """Return a member who is nothing else: neither staff nor of another workspace."""
    return Viewer(workspace_ids=(workspace_id,), granted={workspace_id: granted})


def _resolve_scenarios(
    workspace_id: UUID,
    scenarios: Scenarios,
    entitled: Entitlements,
    faults: list[Fault],
) -> SuiteVersionRow | None:
    # As if it were entitled to all, so as to tell what it lacks from what is not there.
    member = _member_of(workspace_id, frozenset(Entitlement))
    try:
        version = get_suite_version(member, scenarios.suite)
    except NotFoundError as error:
        faults.append(Fault("scenarios.suite", str(error)))
        return None
    if not version.is_public:
        entitled.require(Entitlement.PRIVATE_SUITES)
    known = list_categories(version.id)
    faults += [
        Fault(
            "scenarios.categories",
            f"{version.suite_slug} has no category {name!r}; it has {', '.join(known)}",
        )
        for name in scenarios.categories
        if name not in known
    ]
    return version


def _resolve_models(asked: Asked, faults: list[Fault]) -> tuple[ModelRow, ...]:
    providers = {one.name for one in list_providers()}
    faults += [
        Fault("providers", f"no provider is named {name!r}")
        for name in asked.providers
        if name not in providers
    ]
    rows = list_models()
    if asked.models:
        found = [find_offered(name, rows, asked.providers) for name in asked.models]
    else:
        found = [
            one
            for one in rows
            if one.provider_name in asked.providers and not one.is_deprecated
        ]
        if not found and not faults:
            faults.append(Fault("models", "name a model, or a provider that has some"))
    faults += [one for one in found if isinstance(one, Fault)]
    models = {one.id: one for one in found if not isinstance(one, Fault)}
    if len(models) > MOST_MODELS:
        faults.append(
            Fault("models", f"{len(models)} models; {MOST_MODELS} at most in one run")
        )
    return tuple(models.values())
