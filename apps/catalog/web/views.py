"""The catalogue: every known model with what it costs and where that is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog.selectors.models import list_models
from apps.catalog.selectors.providers import list_providers
from apps.core.web.queries import read_choice, read_number, with_query
from apps.core.web.twins import csv_response, json_response

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from apps.catalog.selectors.models import ModelRow

MODELS_A_PAGE = 50
CSV_COLUMNS = (
    "id",
    "full_name",
    "display_name",
    "upstream_name",
    "context_window",
    "max_output_tokens",
    "input_price",
    "output_price",
    "price_source",
    "is_free",
    "training_cutoff",
    "release_date",
    "first_seen_at",
    "last_seen_at",
    "is_new",
    "is_deprecated",
)


@require_safe
def model_list(request: HttpRequest) -> HttpResponse:
    """Show the models, by provider and name."""
    providers = list_providers()
    models = _read_models(request, [one.name for one in providers])
    pages = max(1, -(-len(models) // MODELS_A_PAGE))
    number = read_number(request, "page", 1, low=1, high=pages)
    start = (number - 1) * MODELS_A_PAGE
    context = {
        "models": models[start : start + MODELS_A_PAGE],
        "total": len(models),
        "providers": providers,
        "provider": request.GET.get("provider", ""),
        "number": number,
        "pages": pages,
        "back_href": with_query(request, page=str(number - 1)) if number > 1 else "",
        "next_href": with_query(request, page=str(number + 1))
        if number < pages
        else "",
    }
    return render(request, "catalog/models.html", context)


@require_safe
def model_list_json(request: HttpRequest) -> HttpResponse:
    """Return the models without what only operators need to know."""
    models = _read_models(request, [one.name for one in list_providers()])
    rows = [{name: getattr(row, name) for name in CSV_COLUMNS} for row in models]
    return json_response({"items": rows})


@require_safe
def model_list_csv(request: HttpRequest) -> HttpResponse:
    """Return the models as CSV."""
    models = _read_models(request, [one.name for one in list_providers()])
    return csv_response("models", CSV_COLUMNS, models)


def _read_models(request: HttpRequest, providers: list[str]) -> tuple[ModelRow, ...]:
    return list_models(provider=read_choice(request, "provider", providers, "") or None)
