"""The column in which markets are searched by their words."""

from __future__ import annotations

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func

from apps.markets.domain.words import SEPARATORS


class Words(Func):
    """The words of texts, in small letters, with their places.

    What is stored of it is made by the migration that names this class: another
    pattern wants another column.
    """

    template = (
        "to_tsvector('simple'::regconfig, "
        f"regexp_replace(%(expressions)s, '[{SEPARATORS}]+', ' ', 'g'))"
    )
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()
