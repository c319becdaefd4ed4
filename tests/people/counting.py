"""A password hasher that counts how often it worked."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    """Hashes at once, and counts."""

    algorithm = "counting"
    count: ClassVar[int] = 0

    def encode(self, password: str, salt: str) -> str:
        """Hash and count."""
        CountingHasher.count += 1
        return super().encode(password, salt)
