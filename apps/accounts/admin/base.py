"""Pages that only show, and pages whose changes go on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.utils import timezone

from apps.accounts.domain.audit import Act
from apps.accounts.services.audit import record
from apps.accounts.viewers import actor_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.forms import BaseModelForm
    from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
# Told by their name alone: what they hold goes into no log.
_SECRET = frozenset({"password", "password1", "password2", "usable_password"})


class ReadOnly:
    """Shows rows; adds, changes and deletes none."""

    def has_add_permission(self, *_: object) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, *_: object) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, *_: object) -> bool:
        """Refuse."""
        return False


class ReadOnlyInline(ReadOnly, admin.TabularInline[Any, Any]):
    """Rows of something else that are looked at."""

    extra = 0
    can_delete = False


class AuditedAdmin(admin.ModelAdmin[Row]):
    """Puts every change on record: who, what, before and after."""

    def place_of(self, row: Any) -> tuple[UUID | None, UUID | None]:
        """Return the workspace and the person that a row belongs to."""
        return getattr(row, "workspace_id", None), getattr(row, "user_id", None)

    def save_model(
        self, request: HttpRequest, obj: Row, form: Any, change: Any
    ) -> None:
        """Save and say what changed."""
        super().save_model(request, obj, form, change)
        verb = "changed" if change else "added"
        if form.changed_data:
            self.note(request, obj, verb, changes_of(form))

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        """Delete, and say so first: afterwards it has no key."""
        self.note(request, obj, "deleted", {})
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> None:
        """Delete several, each as if alone."""
        for obj in queryset:
            self.delete_model(request, obj)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: Any
    ) -> None:
        """Save the rows inside a page and say what changed in each."""
        super().save_formset(request, form, formset, change)
        forms = {one.instance.pk: one for one in formset.forms}
        for obj in formset.new_objects:
            self.note(request, obj, "added", changes_of(forms[obj.pk]))
        for obj, _fields in formset.changed_objects:
            self.note(request, obj, "changed", changes_of(forms[obj.pk]))
        for obj in formset.deleted_objects:
            self.note(request, obj, "deleted", {})

    def note(
        self, request: HttpRequest, obj: Model, verb: str, changes: dict[str, object]
    ) -> None:
        """Write one change into the audit log."""
        workspace_id, person_id = self.place_of(obj)
        record(
            act=Act.OPERATOR_CHANGED,
            actor=actor_of(request),
            now=timezone.now(),
            workspace_id=workspace_id,
            person_id=person_id,
            subject=f"{obj._meta.verbose_name} {obj}: {verb}",  # noqa: SLF001 (public)
            details=changes,
        )


def changes_of(form: BaseModelForm[Any]) -> dict[str, object]:
    """Return what a form changed, by field: before and after as plain data."""
    found: dict[str, object] = {}
    for name in form.changed_data:
        if name in _SECRET:
            found[name] = "changed"
            continue
        before = form.initial.get(name)
        after = form.cleaned_data.get(name)
        found[name] = {"before": _plain(before), "after": _plain(after)}
    return found


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, list | tuple | QuerySet):
        return [_plain(one) for one in _each(value)]
    return str(value)


def _each(value: Iterable[object]) -> Iterable[object]:
    return value
