from __future__ import annotations

import pytest

from apps.catalog.models import PriceSource
from apps.catalog.templatetags.catalogue import price_origin


@pytest.mark.parametrize("source", list(PriceSource))
def test_every_source_of_a_price_has_its_words(source: PriceSource) -> None:
    assert price_origin(source.value) == source.label
    assert (price_origin(source.value) == "unknown") == (source is PriceSource.UNKNOWN)
