"""Recorded histories, packed and played."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import numpy as np
import pytest

from apps.core.errors import ConflictError, InvalidInputError
from apps.markets.domain.markets import FeeSchedule, MarketStatus, QuoteFlag
from apps.markets.domain.tape import Playback, pack, unpack
from apps.markets.gateways.tape import TapeGateway, read_tape_files
from apps.markets.pipelines.gateways import open_gateway
from apps.markets.pipelines.tapes import load_tape
from apps.markets.selectors.tapes import get_tape
from apps.markets.selectors.venues import get_venue
from tests.markets.make import NOW, make_venue
from tests.markets.real import find_recorded

if TYPE_CHECKING:
    from pathlib import Path

    from apps.markets.domain.markets import MarketReading
    from apps.markets.domain.tape import Recording

HOUR = timedelta(hours=1)
BEGAN = datetime(2020, 7, 1, tzinfo=UTC)
TABLE = """time,market,question,bid,ask,last,volume,event
2020-07-01T00:00:00Z,a,Will it rain?,0.40,0.42,0.41,10,weather
2020-07-01T02:00:00Z,a,Will it rain?,0.60,0.62,0.61,15,weather
2020-07-01T01:00:00Z,a,Will it rain?,0.50,,0.50,12,weather
2020-07-01T01:00:00Z,b,Will it snow?,,,0.10,3,weather
"""
ENDS = "market,payout,settled\na,1,2020-07-01T03:00:00Z\nb,0,\n"


def terms(second: str) -> str:
    """Return a tape of two rows, whose second has these terms of the market."""
    head = "time,market,question,bid,ask,ends_at,fee_rate,fee_exponent,fee_rounds_up_to"
    rows = (
        "2020-07-01T00:00:00Z,a,Rain?,0.40,0.42,2020-07-01T02:00:00Z,0.07,2,0.01",
        f"2020-07-01T03:00:00Z,b,Snow?,0.40,0.42,{second}",
        "2020-07-01T03:00:00Z,a,Rain?,0.40,0.42,,,,",
    )
    return "\n".join([head, *rows])


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "o.csv").write_text(ENDS)
    return read_tape_files(tmp_path / "t.csv", tmp_path / "o.csv")


def read(played: Playback, name: str, after: timedelta) -> MarketReading:
    reading = played.read(name, NOW + after)
    assert reading is not None
    return reading


def test_a_tape_comes_back_as_it_was_packed(recording: Recording) -> None:
    again = unpack(pack(recording))
    assert again.markets == recording.markets
    assert again.places == {"a": 0, "b": 1}
    for name in ("starts", "times", "prices", "volume"):
        assert (getattr(again, name) == getattr(recording, name)).all()
    assert pack(again) == pack(recording)


def test_a_market_is_read_as_it_stood_at_the_moment_that_is_played(
    recording: Recording,
) -> None:
    played = Playback(recording, NOW)
    reading = read(played, "a", HOUR * 2 - timedelta(minutes=1))
    quote = reading.quote
    assert quote is not None
    assert (quote.bid, quote.ask, quote.last) == (Decimal("0.5"), None, Decimal("0.5"))
    assert (quote.flags, quote.observed_at) == (QuoteFlag.ONE_SIDED, NOW + HOUR)
    assert (reading.volume, reading.event_id) == (Decimal(12), "weather")


def test_a_recording_of_trades_alone_misses_no_side(recording: Recording) -> None:
    quote = read(Playback(recording, NOW), "b", HOUR).quote
    assert quote is not None
    assert (quote.price, quote.flags) == (Decimal("0.1"), QuoteFlag(0))


def test_the_end_of_a_recorded_market_is_not_told_before_it(
    recording: Recording,
) -> None:
    seen = read(Playback(recording, NOW), "a", HOUR)
    assert (seen.status, seen.ends_at, seen.closed_at) == (
        MarketStatus.OPEN,
        None,
        None,
    )


def test_a_tape_can_tell_the_fees_and_the_end_that_is_expected(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(terms(",0.05,,"))
    recording = unpack(pack(read_tape_files(tmp_path / "t.csv")))
    played = Playback(recording, NOW, speed=2)
    first = read(played, "a", HOUR)
    assert first.ends_at == NOW + HOUR
    assert first.fees == FeeSchedule(
        Decimal("0.07"), Decimal(2), rounds_up_to=Decimal("0.01")
    )
    second = read(played, "b", 2 * HOUR)
    assert (second.ends_at, second.fees) == (None, FeeSchedule(Decimal("0.05")))
    late = read(played, "a", HOUR + timedelta(minutes=1))
    flags = [one.quote.flags for one in (first, late) if one.quote]
    assert flags == [QuoteFlag(0), QuoteFlag.PAST_END_DATE]
    assert late.status is MarketStatus.OPEN


def test_an_end_that_no_calendar_has_at_this_speed_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(terms("2099-01-01,,,"))
    played = Playback(read_tape_files(tmp_path / "t.csv"), NOW, speed=0.001)
    assert read(played, "b", 3000 * HOUR).ends_at is None


def test_a_tape_without_terms_is_packed_as_it_always_was(recording: Recording) -> None:
    with np.load(BytesIO(pack(recording))) as held:
        told = json.loads(held["markets"].tobytes().decode())
    assert {*told[0]} == {
        *("market", "question", "outcomes", "event", "event_title", "group"),
        *("payout", "is_void", "settled_ms"),
    }


def test_a_faster_tape_ends_sooner(recording: Recording) -> None:
    played = Playback(recording, NOW, speed=60)
    assert read(played, "a", timedelta(minutes=2)).status is MarketStatus.OPEN
    late = read(played, "a", timedelta(minutes=2, seconds=1))
    assert late.closed_at == NOW + timedelta(minutes=2)
    quote = read(played, "a", timedelta(minutes=2)).quote
    assert quote is not None
    assert quote.mid == Decimal("0.61")


def test_a_market_ends_with_its_outcome(recording: Recording) -> None:
    played = Playback(recording, NOW)
    seen = [read(played, "a", hours * HOUR).status for hours in (2, 2.5, 3)]
    assert seen == [MarketStatus.OPEN, MarketStatus.CLOSED, MarketStatus.RESOLVED]
    settlement = read(played, "a", 3 * HOUR).settlement
    assert settlement is not None
    assert (settlement.payout, settlement.settled_at) == (Decimal(1), NOW + 3 * HOUR)


def test_a_market_without_an_outcome_stays_closed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    played = Playback(read_tape_files(tmp_path / "t.csv"), NOW)
    assert read(played, "a", 99 * HOUR).status is MarketStatus.CLOSED


def test_a_market_before_its_first_price_is_not_there(recording: Recording) -> None:
    gateway = TapeGateway(Playback(recording, NOW), clock=lambda: NOW)
    batch = asyncio.run(gateway.fetch_markets(["a", "b", "c"]))
    assert set(batch.readings) == {"a"}
    assert batch.failures == dict.fromkeys("bc", "not on the tape at this moment")


def test_other_forms_hold_the_same_tape(recording: Recording, tmp_path: Path) -> None:
    rows = list(csv.DictReader(StringIO(TABLE)))
    (tmp_path / "t.json").write_text(json.dumps(rows))
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    for name in ("t.json", "t.jsonl", "t.csv.gz"):
        again = read_tape_files(tmp_path / name, tmp_path / "o.csv")
        assert pack(again) == pack(recording)


def test_predictit_is_read_as_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "time,file,mid,race,cid,contract,open,high,low,close,volume\n"
        "2020-07-01T00:00:00Z,f,7,Who wins?,71,Red,0.1,0.2,0.1,0.32999999999999996,5\n"
        "2020-07-01T01:00:00Z,f,7,Who wins?,71,Red,0.1,0.2,0.1,0.4,2.0\n"
    )
    (tmp_path / "o.csv").write_text(
        "cid,mid,race_file,contract,outcome\n71,7,f,Red,1\n"
    )
    recording = read_tape_files(tmp_path / "t.csv", tmp_path / "o.csv")
    reading = read(Playback(recording, NOW), "71", HOUR)
    assert (reading.question, reading.group_id) == ("Who wins? Red", "7")
    assert reading.volume == Decimal(7)
    assert recording.prices[:, 2].tolist() == [33_000_000, 40_000_000]
    assert recording.markets[0].payout == "1"


def test_a_season_of_hourly_prices_is_packed_small() -> None:
    recording = read_tape_files(
        find_recorded("history/predictit/predictit_2020_hourly.csv.gz"),
        find_recorded("history/predictit/predictit_2020_outcomes_handcoded.csv"),
    )
    assert (len(recording.markets), len(recording.times)) == (301, 404_737)
    assert len(pack(recording)) < 1_000_000
    assert sum(market.payout == "1" for market in recording.markets) == 91


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("t.csv", "", "there is no row"),
        ("t.csv", "a,b\n1,2\n", "row 1: needs the columns time, market, question"),
        ("t.csv", TABLE.replace("0.62", "1.62"), "row 2: ask is 1.62, which is not"),
        ("t.csv", TABLE.replace("0.40", "x"), "row 1: bid is 'x', which is no number"),
        ("t.csv", TABLE.replace("2020-07-01T00", "soon"), "row 1: time is 'soon:00:00"),
        *(
            (
                "t.csv",
                TABLE.replace("2020-07-01T00:00:00Z", at),
                f"row 1: time is '{at}",
            )
            for at in (
                "9999-12-31T23:59:59-05:00",
                "0001-01-01T00:00:00+05:00",
                "2100-01-01",
                "1969-12-31",
            )
        ),
        ("t.csv", TABLE.replace("0.41,10", "0.41,-1"), "row 1: volume is -1"),
        ("t.csv", TABLE.replace("0.41,10", "0.41,x"), "row 1: volume is 'x', which is"),
        ("t.csv", terms("soon,,,"), "row 2: ends_at is 'soon', which is no time"),
        ("t.csv", terms(",7 %,,"), "row 2: fee_rate is '7 %', which is no number"),
        ("t.csv", terms(",-0.07,,"), "row 2: fee_rate is -0.07, which is not from 0"),
        ("t.csv", terms(",NaN,,"), "row 2: fee_rate is NaN, which is not from 0 to 1"),
        ("t.csv", terms(",0.07,11,"), "row 2: fee_exponent is 11, which is not from 0"),
        ("t.csv", terms(",0.07,,2"), "row 2: fee_rounds_up_to is 2, which is not from"),
        ("t.csv", terms(",,1,"), "row 2: fee_rate is empty, and other columns of fees"),
        ("t.json", "{}", "is not a list of objects"),
        ("t.jsonl", "{}\nno\n", "row 1: needs the columns"),
        ("t.txt", TABLE, "ends in none of .csv, .json, .jsonl"),
        ("t.csv.gz", "no", "Not a gzipped file"),
    ],
)
def test_what_is_no_tape_is_refused_in_one_line(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInputError) as raised:
        read_tape_files(tmp_path / name)
    assert str(raised.value).startswith(f"{tmp_path / name}: {reason}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("market,payout\na,0.5\n", "row 1: payout is '0.5': 0 or 1, or void is 1"),
        ("market,payout,settled\na,1,soon\n", "row 1: settled is 'soon', which is no"),
        ("market,payout\nz,1\n", "no outcome is of a market here, such as 'z'"),
    ],
)
def test_outcomes_that_do_not_fit_are_refused(
    tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "o.csv").write_text(text)
    with pytest.raises(InvalidInputError, match=reason):
        read_tape_files(tmp_path / "t.csv", tmp_path / "o.csv")


@pytest.mark.django_db
def test_a_tape_is_played_by_every_process_from_the_same_moment(
    tmp_path: Path,
) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    path = str(tmp_path / "t.csv")
    row = load_tape(path, venue="old", outcomes=None, speed=2, now=NOW)
    assert (row.markets, row.entries, row.begins_at) == (2, 4, BEGAN)
    gateway = open_gateway(get_venue("old"), clock=lambda: NOW + HOUR / 2)
    batch = asyncio.run(gateway.fetch_markets(["b"]))
    quote = batch.readings["b"].quote
    assert quote is not None
    assert (quote.last, quote.observed_at) == (Decimal("0.1"), NOW + HOUR / 2)
    assert get_venue("old").nature == "recorded"


@pytest.mark.django_db
def test_a_name_is_one_tape_s_which_can_start_anew(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    path = str(tmp_path / "t.csv")
    load_tape(path, venue="old", outcomes=None, speed=1, now=NOW)
    load_tape(path, venue="old", outcomes=None, speed=5, now=NOW + HOUR)
    tape = get_tape(get_venue("old").id)
    assert (tape.speed, tape.started_at) == (5, NOW + HOUR)
    (tmp_path / "t.csv").write_text(TABLE.replace("0.42", "0.43"))
    with pytest.raises(ConflictError, match="plays another tape"):
        load_tape(path, venue="old", outcomes=None, speed=1, now=NOW)
    make_venue()
    with pytest.raises(ConflictError, match="polymarket is live"):
        load_tape(path, venue="polymarket", outcomes=None, speed=1, now=NOW)
