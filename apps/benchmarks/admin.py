"""Suites, runs and schedules, for operators.

Results have a composite key, which the admin cannot show: a run links to its page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from apps.benchmarks.models import Run, Schedule, Shard, Suite, SuiteVersion
from apps.benchmarks.services.runs import cancel_run, resume_run
from apps.benchmarks.services.schedules import parse_cron, sync_schedule
from apps.core.errors import AppError, InvalidInputError

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Rows that are looked at and not edited."""

    extra = 0
    can_delete = False

    def has_add_permission(self, *_: object) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, *_: object) -> bool:
        """Refuse."""
        return False


class SuiteVersionInline(ReadOnlyInline):
    """The versions of a suite: what was drawn or imported when."""

    model = SuiteVersion
    fields = ("number", "seed", "source", "content_hash", "created_at")
    readonly_fields = fields


@admin.register(Suite)
class SuiteAdmin(admin.ModelAdmin[Suite]):
    """Suites; their tasks come from `load_suites` and `benchmarks import`."""

    list_display = ["slug", "title", "is_public", "workspace", "created_at"]
    list_filter = ["is_public"]
    search_fields = ["slug", "title"]
    readonly_fields = ["slug", "workspace", "created_at"]
    inlines = [SuiteVersionInline]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Refuse: a suite without tasks is of no use."""
        return False


class ShardInline(ReadOnlyInline):
    """The run's parts, one per model."""

    model = Shard
    fields = (
        "model",
        "status",
        "samples",
        "passed",
        "failed",
        "unscored",
        "cost",
        "lease_expires_at",
        "published_at",
        "reason",
    )
    readonly_fields = fields


@admin.register(Run)
class RunAdmin(admin.ModelAdmin[Run]):
    """Runs: read, cancel and resume. None is deleted: every run stays on record."""

    list_display = [
        "id",
        "suite_version",
        "status",
        "trigger",
        "passed",
        "failed",
        "unscored",
        "samples",
        "cost",
        "created_at",
    ]
    list_filter = ["status", "trigger", "suite_version__suite"]
    list_select_related = ["suite_version__suite"]
    date_hierarchy = "created_at"
    inlines = [ShardInline]
    actions = ["cancel", "resume"]

    def add_view(self, *_: Any, **__: Any) -> HttpResponse:
        """Lead to the page that starts a run."""
        return redirect("new_run")

    def has_change_permission(self, *_: object) -> bool:
        """Refuse: a run is what it was."""
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Let those cancel and resume who might change a run."""
        return request.user.has_perm("benchmarks.change_run")

    def has_delete_permission(self, *_: object) -> bool:
        """Refuse: a result that could be retracted would prove nothing."""
        return False

    def view_on_site(self, run: Run) -> str:
        """Return the run's page, where its results are."""
        return reverse("run", args=[run.pk])

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """Cancel the chosen runs that still go on."""
        for run in runs:
            cancel_run(
                run_id=run.pk, now=timezone.now(), reason="Cancelled in the admin."
            )
        messages.success(request, "Cancelled; what is finished is kept.")

    @admin.action(description="Resume", permissions=["operate"])
    def resume(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """Take up the chosen runs where they ended."""
        for run in runs:
            try:
                resume_run(run_id=run.pk, now=timezone.now())
            except AppError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, f"Run {run.pk} goes on.")


class ScheduleForm(forms.ModelForm[Schedule]):
    """Checks the cron expression before it is saved."""

    class Meta:
        model = Schedule
        fields = [
            "name",
            "suite",
            "run_models",
            "iterations",
            "sample_limit",
            "max_cost",
            "cron",
            "is_enabled",
            "benchmarks_new_models",
        ]

    def clean_cron(self) -> str:
        """Return the expression.

        Raises:
            ValidationError: it is none.
        """
        text: str = self.cleaned_data["cron"]
        try:
            parse_cron(text)
        except InvalidInputError as error:
            raise forms.ValidationError(str(error)) from error
        return text


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin[Schedule]):
    """Schedules; the scheduler follows within seconds."""

    form = ScheduleForm
    list_display = [
        "name",
        "suite",
        "cron",
        "is_enabled",
        "last_started_at",
        "last_skip",
    ]
    list_filter = ["is_enabled"]
    filter_horizontal = ["run_models"]

    def save_model(
        self, request: HttpRequest, obj: Schedule, form: Any, change: Any
    ) -> None:
        """Save, and bring the scheduler's table in step."""
        super().save_model(request, obj, form, change)
        sync_schedule(schedule_id=obj.pk)

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        """Delete, and take the job out of the scheduler's table."""
        schedule_id = obj.pk
        super().delete_model(request, obj)
        sync_schedule(schedule_id=schedule_id)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        """Delete several."""
        for schedule in queryset:
            self.delete_model(request, schedule)
