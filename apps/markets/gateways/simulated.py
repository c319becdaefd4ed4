"""A venue that exists only here: offline, so that there is something to look at."""

from __future__ import annotations

from apps.markets.gateways.stand_in import StandInGateway


class SimulatedGateway(StandInGateway):
    """Answers from a simulation; it never fails."""

    unknown = "the simulation has no such market"
