from __future__ import annotations

import base64

import pytest

from apps.core.crypto import Keyset, SealedError

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
TEXT = "sk-ant-ü-123"


def test_what_was_sealed_opens_under_its_context_only() -> None:
    keys = Keyset((OLD,))
    sealed = keys.seal(TEXT, context="catalog.credential:1")
    assert keys.open(sealed, context="catalog.credential:1") == TEXT
    assert TEXT.encode() not in sealed
    with pytest.raises(SealedError):
        keys.open(sealed, context="catalog.credential:2")


def test_the_same_text_is_never_sealed_alike() -> None:
    keys = Keyset((OLD,))
    assert len({keys.seal(TEXT, context="c") for _ in range(100)}) == 100


def test_a_rotated_keyset_opens_the_old_and_seals_with_the_new() -> None:
    sealed = Keyset((OLD,)).seal(TEXT, context="c")
    rotated = Keyset((NEW, OLD))
    assert rotated.open(sealed, context="c") == TEXT
    assert not rotated.is_current(sealed)
    fresh = rotated.seal(TEXT, context="c")
    assert rotated.is_current(fresh)
    with pytest.raises(SealedError, match="not in the set"):
        Keyset((OLD,)).open(fresh, context="c")


@pytest.mark.parametrize("place", range(0, 45, 4))
def test_a_changed_byte_is_noticed(place: int) -> None:
    keys = Keyset((OLD,))
    sealed = bytearray(keys.seal(TEXT, context="c"))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(SealedError):
        keys.open(bytes(sealed), context="c")


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x01" + bytes(40)])
def test_what_was_never_sealed_does_not_open(stored: bytes) -> None:
    with pytest.raises(SealedError):
        Keyset((OLD,)).open(stored, context="c")


def test_keys_are_read_from_base64_of_either_alphabet() -> None:
    key = bytes([251, 255]) * 16
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert Keyset.parse((encode(key).decode(),)).keys == (key,)


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        ((), "no key"),
        (("!!",), "key 1 is not base64"),
        ((base64.b64encode(OLD).decode(), "AAAA"), "key 2 has 3 bytes; 32"),
    ],
)
def test_a_malformed_key_is_named_and_not_shown(
    texts: tuple[str, ...], what: str
) -> None:
    with pytest.raises(ValueError, match=what):
        Keyset.parse(texts)
