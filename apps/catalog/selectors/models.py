"""Models as frozen rows, and the way from a name to one."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from apps.catalog.models import Model, PriceSource
from apps.catalog.selectors.providers import to_provider_row
from apps.core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.catalog.selectors.providers import ProviderRow


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model, or one sampling setting of it; prices are US dollars per million."""

    id: UUID
    provider: ProviderRow
    name: str
    upstream_name: str
    display_name: str
    sampling: Mapping[str, object]
    context_window: int | None
    max_output_tokens: int | None
    input_price: Decimal | None
    output_price: Decimal | None
    price_source: str
    is_free: bool
    is_new: bool
    is_deprecated: bool
    training_cutoff: date | None
    release_date: date | None
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def provider_name(self) -> str:
        """The provider's name in addresses."""
        return self.provider.name

    @property
    def full_name(self) -> str:
        """The name that addresses the model: `provider/name`."""
        return f"{self.provider.name}/{self.name}"

    @property
    def is_available(self) -> bool:
        """Whether a request to it can be tried from this installation."""
        return self.provider.is_available


@dataclass(frozen=True, slots=True)
class ModelName:
    """What a model is called: in addresses, `provider/name`, and by people."""

    full_name: str
    display_name: str


def price_source_labels() -> dict[str, str]:
    """Return where a price may be from, each as people read it."""
    return {source.value: str(source.label) for source in PriceSource}


def list_models(
    *, provider: str | None = None, include_deprecated: bool = True
) -> tuple[ModelRow, ...]:
    """Return the models, by provider and name."""
    found = Model.objects.select_related("provider")
    if provider is not None:
        found = found.filter(provider__name=provider)
    if not include_deprecated:
        found = found.filter(is_deprecated=False)
    return tuple(_to_row(model) for model in found)


def get_model(model_id: UUID) -> ModelRow:
    """Return one model.

    Raises:
        NotFoundError: there is none of that id.
    """
    model = Model.objects.select_related("provider").filter(id=model_id).first()
    if model is None:
        raise NotFoundError(f"No model has the id {model_id}.")
    return _to_row(model)


def get_models(model_ids: Iterable[UUID]) -> dict[UUID, ModelRow]:
    """Return the models of those ids that exist, by id, in one query."""
    found = Model.objects.select_related("provider").filter(id__in=list(model_ids))
    return {model.id: _to_row(model) for model in found}


def name_models(model_ids: Iterable[UUID]) -> dict[UUID, ModelName]:
    """Return what the models of those ids are called by now."""
    found = Model.objects.filter(id__in=list(model_ids)).values_list(
        "id", "provider__name", "name", "display_name"
    )
    return {
        model_id: ModelName(f"{provider}/{name}", display_name)
        for model_id, provider, name, display_name in found
    }


def resolve_models(text: str) -> tuple[ModelRow, ...]:
    """Return the models that `provider/name[,provider/name…]` names, in that order.

    Raises:
        InvalidInputError: nothing is named, a name has another form, stands twice, or
            names no model; close matches are offered.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise InvalidInputError("No model is named; write provider/model[,…].")
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(f"The model {name!r} is named twice.")
    rows = {row.full_name: row for row in list_models()}
    for name in names:
        if name not in rows:
            raise InvalidInputError(_describe_unknown(name, rows))
    return tuple(rows[name] for name in names)


def _describe_unknown(name: str, rows: Mapping[str, ModelRow]) -> str:
    if "/" not in name:
        alike = [full for full, row in rows.items() if row.name == name]
        form = f"The model {name!r} lacks its provider; write provider/model"
        return f"{form}, such as {alike[0]}." if alike else f"{form}."
    close = get_close_matches(name, rows, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else ""
    return f"No model is named {name!r}; {hint or 'see manage.py catalog list.'}"


def _to_row(model: Model) -> ModelRow:
    return ModelRow(
        id=model.id,
        provider=to_provider_row(model.provider),
        name=model.name,
        upstream_name=model.upstream_name,
        display_name=model.display_name,
        sampling=model.sampling,
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        input_price=model.input_price,
        output_price=model.output_price,
        price_source=model.price_source,
        is_free=model.is_free,
        is_new=model.is_new,
        is_deprecated=model.is_deprecated,
        training_cutoff=model.training_cutoff,
        release_date=model.release_date,
        first_seen_at=model.first_seen_at,
        last_seen_at=model.last_seen_at,
    )
