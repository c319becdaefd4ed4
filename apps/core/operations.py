"""Migration operations that Django lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.migrations.operations import CreateModel

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


class CreatePartitionedModel(CreateModel):
    """Create a model's table as partitioned by ranges of one column.

    Partitions themselves are made by `apps.core.partitions.ensure_months`.
    """

    def __init__(self, name: str, *, partition_by: str, **kwargs: Any) -> None:
        """Take what `CreateModel` takes, and the column that ranges are made of."""
        self.partition_by = partition_by
        super().__init__(name, **kwargs)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return what is needed to write this operation down."""
        name, args, kwargs = super().deconstruct()
        return name, args, {**kwargs, "partition_by": self.partition_by}

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the table with the partition clause added."""
        plain = schema_editor.sql_create_table
        column = schema_editor.quote_name(self.partition_by)
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE ({column})"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
