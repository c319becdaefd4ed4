from __future__ import annotations

from decimal import Decimal

import pytest

from apps.markets.models import Settlement
from apps.markets.selectors.settlements import find_settlement
from tests.markets.make import make_market

pytestmark = pytest.mark.django_db


def test_a_settlement_comes_with_what_it_was_read_from() -> None:
    market = make_market()
    assert find_settlement(market.pk) is None
    Settlement.objects.create(
        market=market, payout=Decimal(1), rule="final", evidence={"closed": True}
    )
    found = find_settlement(market.pk)
    assert found is not None
    assert (found.payout, found.rule) == (Decimal(1), "final")
    assert found.evidence == {"closed": True}
