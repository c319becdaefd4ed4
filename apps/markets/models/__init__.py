"""Prediction-market venues, their markets, quotes and settlements."""

from __future__ import annotations

from apps.markets.models.market import Market
from apps.markets.models.quote import Quote
from apps.markets.models.settlement import Settlement
from apps.markets.models.tape import Tape
from apps.markets.models.venue import Venue

__all__ = ["Market", "Quote", "Settlement", "Tape", "Venue"]
