"""Objects in the place of their ids, where a call asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.stripe.refusals import invalid

if TYPE_CHECKING:
    from tests.fakes.stripe.books import Books
    from tests.fakes.stripe.shapes import Object

_KINDS = {
    "customer": "customer",
    "latest_invoice": "invoice",
    "subscription": "subscription",
}


def expand(books: Books, document: Object, params: dict[str, Any]) -> Object:
    """Return the document with what `expand` names written out."""
    for path in params.get("expand", {}).values():
        _, _, name = path.rpartition(".")
        kind = _KINDS.get(name)
        if kind is None:
            raise invalid("expand", f"This property cannot be expanded ({path}).")
        rows = document["data"] if path.startswith("data.") else [document]
        for row in rows:
            if isinstance(row.get(name), str):
                row[name] = books.get(kind, row[name])
    return document
