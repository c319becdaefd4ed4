"""Beginning an asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.accounts.web.fields import cost_field, webhook_field
from apps.core.errors import InvalidFieldsError
from apps.predictions.domain.asking import (
    DEFAULT_MARKETS,
    LONGEST_NAME,
    MOST_MARKETS,
    MOST_SAMPLES,
    Asked,
)
from apps.predictions.domain.prompts import NEWEST, PROMPTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.catalog.selectors.models import ModelRow
    from apps.core.errors import AppError
    from apps.markets.selectors.markets import MarketRow
    from apps.markets.selectors.venues import VenueRow

BEGUN_WITH = {
    "limit": DEFAULT_MARKETS,
    "samples": 1,
    "price": "hidden",
    "outcome": "0",
    "prompt_version": NEWEST,
}


class AskForm(forms.Form):
    """Which models are asked about which markets, and how."""

    workspace = forms.UUIDField(widget=forms.HiddenInput)
    experiment = forms.RegexField(
        r"\A[-a-zA-Z0-9_]+\Z",
        label="Experiment",
        max_length=LONGEST_NAME,
        help_text="A name of letters, digits, hyphens and underscores. Each model's "
        "predictions go to an experiment named after this and the model.",
        error_messages={"invalid": "Use letters, digits, hyphens and underscores."},
    )
    models = forms.MultipleChoiceField(
        label="Models", widget=forms.CheckboxSelectMultiple
    )
    markets = forms.MultipleChoiceField(
        label="Markets", required=False, widget=forms.CheckboxSelectMultiple
    )
    query = forms.CharField(
        label="Words of the question",
        required=False,
        max_length=300,
        help_text="Question and event have all of these words, or begin so. Any open "
        "market where this is empty.",
    )
    venue = forms.ChoiceField(label="Venue", required=False)
    limit = forms.IntegerField(
        label="Markets at most",
        required=False,
        min_value=1,
        max_value=MOST_MARKETS,
        help_text=f"The most liquid ones; {DEFAULT_MARKETS} where this is empty.",
    )
    samples = forms.IntegerField(
        label="Samples",
        min_value=1,
        max_value=MOST_SAMPLES,
        help_text="How often each model is asked about each market; the median counts.",
    )
    price = forms.ChoiceField(
        label="The market's price",
        choices=[("hidden", "hidden from the model"), ("shown", "shown to the model")],
        help_text="Who sees the price copies it.",
    )
    outcome = forms.TypedChoiceField(
        label="Predicted outcome",
        coerce=int,
        choices=[("0", "the first, such as Yes"), ("1", "the second, such as No")],
    )
    prompt_version = forms.ChoiceField(
        label="Prompt",
        choices=[(one, one) for one in PROMPTS],
        help_text="The words around the question; each version's never change.",
    )
    max_cost = cost_field("No more is spent. Needed unless every model is free.")
    webhook_url = webhook_field("Called, with a signature, when the asking ends.")

    def __init__(
        self,
        models: Sequence[ModelRow],
        markets: Sequence[MarketRow],
        venues: Sequence[VenueRow],
        **kwargs: Any,
    ) -> None:
        """Offer these models, markets that were chosen elsewhere, and venues."""
        super().__init__(**kwargs)
        offered = {
            "models": [
                (one.full_name, f"{one.display_name} ({one.full_name})")
                for one in models
            ],
            "markets": [(str(one.id), one.question) for one in markets],
            "venue": [
                ("", "all venues"),
                *((one.name, one.display_name) for one in venues),
            ],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def read(self) -> Asked:
        """Return what a form without faults asks for."""
        sent = self.cleaned_data
        by_words = not sent["markets"]
        return Asked(
            experiment=sent["experiment"],
            models=tuple(sent["models"]),
            markets=tuple(sent["markets"]),
            query=sent["query"] if by_words else "",
            venue=sent["venue"] if by_words else "",
            limit=sent["limit"] or DEFAULT_MARKETS,
            outcome=sent["outcome"],
            samples=sent["samples"],
            shows_price=sent["price"] == "shown",
            prompt_version=sent["prompt_version"],
            max_cost=sent["max_cost"],
            webhook_url=sent["webhook_url"],
        )

    def blame(self, error: AppError, field: str | None = None) -> None:
        """Say what a service refuses beside the fields that it names."""
        if not isinstance(error, InvalidFieldsError):
            self.add_error(field, str(error))
            return
        for fault in error.faults:
            what = f"{fault.what[:1].upper()}{fault.what[1:]}."
            if fault.where in self.fields:
                self.add_error(fault.where, what)
            else:
                self.add_error(None, f"{fault.where}: {what}")
