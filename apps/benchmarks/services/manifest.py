"""The manifest of a run: everything that is needed to tell what was measured."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from apps.benchmarks.domain.estimates import (
    Estimate,
    History,
    Prices,
    estimate_cost,
)
from apps.benchmarks.domain.samples import derive_seed
from apps.benchmarks.models import ModelDay
from apps.core.build import (
    code_version,
    git_description,
    package_versions,
    python_version,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.benchmarks.models import SuiteVersion
    from apps.benchmarks.selectors.suites import TaskRow
    from apps.catalog.selectors.models import ModelRow

SMALLEST_COST = Decimal("0.00000001")  # what the database keeps
PACKAGES = ("anthropic", "django", "openai", "psycopg", "xllamacpp")


def estimate_models(
    *,
    version: SuiteVersion,
    tasks: Sequence[TaskRow],
    models: Sequence[ModelRow],
    epochs: int,
) -> dict[str, Estimate]:
    """Return what each model's part of a run will probably take, by its name."""
    prompts = [task.spec.prompt for task in tasks]
    return {
        model.full_name: estimate_cost(
            prompts,
            epochs=epochs,
            prices=Prices(model.input_price, model.output_price),
            history=_read_history(version.suite_id, model.id),
            max_output_tokens=most_output_tokens(model),
        )
        for model in models
    }


def build_manifest(
    *,
    version: SuiteVersion,
    tasks: Sequence[TaskRow],
    models: Sequence[ModelRow],
    epochs: int,
    run_seed: int,
    limit: int | None,
    categories: Sequence[str],
    estimates: Mapping[str, Estimate],
) -> dict[str, Any]:
    """Return the manifest as JSON-ready data; prices and costs are decimal strings."""
    return {
        "suite": {
            "slug": version.suite.slug,
            "version": version.number,
            "id": str(version.id),
            "content_hash": version.content_hash,
        },
        "tasks": [{"id": str(task.id), "key": task.spec.task_id} for task in tasks],
        "limit": limit,
        "categories": list(categories),
        "epochs": epochs,
        "seed": run_seed,
        "epoch_seeds": [derive_seed(run_seed, n) for n in range(1, epochs + 1)],
        "system_prompt": "",
        "models": [
            _describe_model(model, estimates[model.full_name]) for model in models
        ],
        "estimate": _describe_total(estimates),
        "code": {"version": code_version(), "git": git_description()},
        "packages": package_versions(PACKAGES),
        "python": python_version(),
    }


def total_estimate(estimates: Mapping[str, Estimate]) -> Decimal | None:
    """Return the sum of the costs in US dollars, or None where one is unknown."""
    total = Decimal(0)
    for estimate in estimates.values():
        if estimate.cost is None:
            return None
        total += estimate.cost
    return total.quantize(SMALLEST_COST)


def most_output_tokens(model: ModelRow) -> int | None:
    """Return how long an answer of this sampling setting can get, if that is known."""
    most = model.sampling.get("max_tokens", model.max_output_tokens)
    return most if isinstance(most, int) else None


def _read_history(suite_id: UUID, model_id: UUID) -> History:
    sums = ModelDay.objects.filter(
        model_id=model_id, suite_version__suite_id=suite_id
    ).aggregate(count=Sum("tokened"), tokens=Sum("output_tokens"))
    count = sums["count"] or 0
    return History(count, sums["tokens"] / count) if count else History()


def _describe_model(model: ModelRow, estimate: Estimate) -> dict[str, Any]:
    return {
        "id": str(model.id),
        "name": model.full_name,
        "upstream_name": model.upstream_name,
        "sampling": dict(model.sampling),
        "input_price": _text(model.input_price),
        "output_price": _text(model.output_price),
        "price_source": model.price_source,
        "estimate": {
            "input_tokens": estimate.input_tokens,
            "output_tokens": estimate.output_tokens,
            "output_basis": estimate.basis,
            "cost": _text(estimate.cost),
        },
    }


def _describe_total(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    unpriced = [name for name, one in estimates.items() if one.cost is None]
    return {
        "cost": _text(total_estimate(estimates)),
        "note": f"No price is known for {', '.join(unpriced)}." if unpriced else "",
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
