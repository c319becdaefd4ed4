from __future__ import annotations

import re
import zlib

import pytest

from apps.accounts.domain.keys import (
    ALPHABET,
    DRAWN_BELOW,
    KEY_PATTERN,
    KeyPower,
    Scope,
    digest_of,
    forbidden_scopes,
    is_well_formed,
    make_key,
    power_of,
)

KEY = make_key(KeyPower.READ_WRITE, 123456789 * 10**30)


def test_a_key_names_its_power_and_holds_160_random_bits() -> None:
    assert DRAWN_BELOW > 2**160
    assert len(KEY) == len("assay_rw_") + 27 + 6
    assert KEY.startswith("assay_rw_")
    assert make_key(KeyPower.READ_ONLY, 0) == f"assay_ro_{'0' * 27}1t6L5F"
    assert power_of(KEY) is KeyPower.READ_WRITE


def test_the_checksum_is_the_crc32_of_all_before_it_in_base_62() -> None:
    number = 0
    for letter in KEY[-6:]:
        number = number * 62 + ALPHABET.index(letter)
    assert number == zlib.crc32(KEY[:-6].encode())


def test_scanners_find_a_key_in_a_text_by_the_published_pattern() -> None:
    text = f'curl -H "Authorization: Bearer {KEY}" # and not {KEY[:-1]} or x{KEY}'
    assert re.findall(KEY_PATTERN, text) == [KEY]


@pytest.mark.parametrize("position", range(len(KEY)))
def test_a_typo_anywhere_is_seen_offline(position: int) -> None:
    wrong = "7" if KEY[position] != "7" else "8"
    assert not is_well_formed(KEY[:position] + wrong + KEY[position + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY[:-1],
        f"{KEY}0",
        f" {KEY}",
        f"{KEY}\n",
        KEY.lower(),
        KEY.upper(),
        KEY.replace("rw", "ro"),
        KEY.replace(KEY[12], "\x00", 1),
        KEY[:-1] + "é",
        KEY[:-1] + "٣",
        "assay_rw_" + "0" * 100_000,
    ],
)
def test_what_has_another_form_is_no_key(text: str) -> None:
    assert is_well_formed(KEY)
    assert not is_well_formed(text)


def test_only_a_digest_of_a_key_is_kept() -> None:
    assert len(digest_of(KEY)) == 64
    assert KEY[9:36] not in digest_of(KEY)
    assert digest_of("abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_a_key_that_only_reads_carries_no_scope_that_writes() -> None:
    every = frozenset(Scope)
    assert forbidden_scopes(KeyPower.READ_WRITE, every) == frozenset()
    assert forbidden_scopes(KeyPower.READ_ONLY, every) == {
        Scope.RUNS_WRITE,
        Scope.PREDICTIONS_WRITE,
        Scope.ACCOUNT_WRITE,
    }


@pytest.mark.parametrize("drawn", [-1, DRAWN_BELOW])
def test_a_number_out_of_bounds_makes_no_key(drawn: int) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        make_key(KeyPower.READ_WRITE, drawn)
