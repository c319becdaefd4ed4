"""Starting a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.accounts.web.fields import cost_field, webhook_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.benchmarks.selectors.suites import SuiteVersionRow
    from apps.catalog.selectors.models import ModelRow


class NewRunForm(forms.Form):
    """What to run: a suite's newest version, on models that can be asked."""

    suite = forms.ChoiceField(label="Suite")
    models = forms.MultipleChoiceField(
        label="Models", widget=forms.CheckboxSelectMultiple
    )
    epochs = forms.IntegerField(
        label="Epochs",
        initial=1,
        min_value=1,
        max_value=1000,
        help_text="How often each task is asked.",
    )
    limit = forms.IntegerField(
        label="Tasks at most",
        required=False,
        min_value=1,
        help_text="The first so many tasks; all of them where this is empty.",
    )
    max_cost = cost_field("The run stops when it is reached. Needs a known price.")

    def __init__(
        self,
        suites: Sequence[SuiteVersionRow],
        models: Sequence[ModelRow],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Offer these suites and models."""
        super().__init__(*args, **kwargs)
        self.fields["suite"].choices = [  # type: ignore[attr-defined]
            (one.suite_slug, f"{one.suite_title}, {one.tasks} tasks") for one in suites
        ]
        self.fields["models"].choices = [  # type: ignore[attr-defined]
            (str(one.id), f"{one.display_name} ({one.full_name})") for one in models
        ]


class OnDemandForm(NewRunForm):
    """What a workspace wants run; models are named as they are in requests."""

    workspace = forms.UUIDField(widget=forms.HiddenInput)
    categories = forms.MultipleChoiceField(
        label="Categories",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="All of the suite's where none is chosen.",
    )
    webhook_url = webhook_field("Called, with a signature, when the run ends.")

    def __init__(
        self,
        suites: Sequence[SuiteVersionRow],
        models: Sequence[ModelRow],
        categories: Sequence[str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Offer these suites, models and categories."""
        super().__init__(suites, models, *args, **kwargs)
        self.fields[
            "max_cost"
        ].help_text = "The run stops before it. Needed unless every model is free."
        self.fields["models"].choices = [  # type: ignore[attr-defined]
            (one.full_name, f"{one.display_name} ({one.full_name})") for one in models
        ]
        self.fields["categories"].choices = [  # type: ignore[attr-defined]
            (one, one.replace("_", " ")) for one in categories
        ]
