"""Secrets at rest: AES-256-GCM under a set of keys that can be rotated.

What is stored names its key, so that old secrets open after a new key was put first.
The context (which row and field it belongs to) is authenticated with it: a secret
copied into another row does not open there. Source of the mode: NIST SP 800-38D, with
random 96-bit nonces.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 4
_VERSION = b"\x01"


class SealedError(Exception):
    """A stored secret does not open: its key is gone, or it was tampered with."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """Keys of 32 bytes: the first seals, every one of them opens."""

    keys: tuple[bytes, ...]

    @classmethod
    def parse(cls, texts: tuple[str, ...]) -> Self:
        """Return the keys written as base64 or base64url.

        Raises:
            ValueError: there is none, or one is not 32 bytes. The message holds no key.
        """
        if not texts:
            raise ValueError("there is no key")
        return cls(tuple(_parse(text, place) for place, text in enumerate(texts, 1)))

    @classmethod
    def derive(cls, secret: str) -> Self:
        """Return a set of one key made of another secret, for its own purpose."""
        return cls((hashlib.sha256(b"assay.keyset\x00" + secret.encode()).digest(),))

    def seal(self, text: str, *, context: str) -> bytes:
        """Return `text` encrypted with the first key, bound to `context`."""
        key, nonce = self.keys[0], secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, text.encode(), context.encode())
        return _VERSION + _id_of(key) + nonce + sealed

    def open(self, sealed: bytes, *, context: str) -> str:
        """Return the text that was sealed under the same context.

        Raises:
            SealedError: no key of the set opens it here.
        """
        head = len(_VERSION) + _ID_BYTES
        key_id, nonce = sealed[len(_VERSION) : head], sealed[head : head + _NONCE_BYTES]
        key = next((one for one in self.keys if _id_of(one) == key_id), None)
        if key is None or sealed[: len(_VERSION)] != _VERSION:
            raise SealedError("the key that sealed this is not in the set")
        try:
            text = AESGCM(key).decrypt(
                nonce, sealed[head + _NONCE_BYTES :], context.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise SealedError("this was not sealed here") from error
        return text.decode()

    def is_current(self, sealed: bytes) -> bool:
        """Return whether the first key sealed this: if not, seal it anew."""
        head = len(_VERSION) + _ID_BYTES
        return sealed[:head] == _VERSION + _id_of(self.keys[0])


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"assay.key-id\x00" + key).digest()[:_ID_BYTES]


def _parse(text: str, place: int) -> bytes:
    try:
        key = base64.b64decode(text.strip().translate({45: 43, 95: 47}), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"key {place} is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"key {place} has {len(key)} bytes; {KEY_BYTES} are needed")
    return key
