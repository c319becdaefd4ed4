"""Files of a backtest, and how they are played."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

from django.core.management import call_command

if TYPE_CHECKING:
    from pathlib import Path

BEGAN = datetime(2026, 10, 31, 20, tzinfo=UTC)
HEADER = "market,probability,predicted_at"
# Each hour's mid of rain and of snow; the tape runs over the end of a month.
RAIN = ("0.60", "0.60", "0.64", "0.70", "0.80", "0.90")
SNOW = ("0.30", "0.25", "0.30", "0.20", "0.10", "0.05")


class Files:
    """A tape of two markets of six hours, and predictions to be played on it."""

    def __init__(self, folder: Path) -> None:
        self.tape, self.ends = folder / "tape.csv", folder / "ends.csv"
        self.predictions = folder / "gut.csv"
        lines = ["time,market,question,bid,ask,event"]
        for name, prices in (("rain", RAIN), ("snow", SNOW)):
            for hour, price in enumerate(prices):
                at = (BEGAN + timedelta(hours=hour)).isoformat()
                bid, ask = (f"{float(price) + way:.3f}" for way in (-0.005, 0.005))
                lines.append(f"{at},{name},Will there be {name}?,{bid},{ask},{name}")
        self.tape.write_text("\n".join(lines))
        settled = (BEGAN + timedelta(hours=7)).isoformat()
        self.ends.write_text(f"market,payout,settled\nrain,1,{settled}\nsnow,0,")

    def predict(self, *rows: str, header: str = HEADER) -> None:
        self.predictions.write_text("\n".join([header, *rows]))

    def command(self, *arguments: str) -> list[str]:
        return [
            *("predictions", "backtest", "--json"),
            *("--tape", str(self.tape), "--outcomes", str(self.ends)),
            *("--predictions", str(self.predictions), *arguments),
        ]

    def play(self, *arguments: str) -> dict[str, Any]:
        stdout = StringIO()
        call_command(*self.command(*arguments), stdout=stdout)
        document: dict[str, Any] = json.loads(stdout.getvalue())
        return document
