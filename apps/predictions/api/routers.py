"""The router of predictions: one for all modules of endpoints.

The methods of one address have to be in one router, or only the first one's are found.
"""

from __future__ import annotations

from ninja import Router

router = Router(tags=["Predictions"])
