"""Where callbacks may go: looked at before a run is started, and on the wire."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.accounts.domain.webhooks import check_form
from apps.accounts.services.webhooks import check_callback
from apps.core.errors import InvalidInputError
from tests.fakes.callback_server import HOST, CallbackServer

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://2130706433/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1:8443/hook",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
    ],
)
def test_an_address_that_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a public address"):
        check_callback(url)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://8.8.8.8/", "it starts with https://"),
        ("ftp://8.8.8.8/", "it starts with https://"),
        ("//8.8.8.8/", "it starts with https://"),
        ("", "it starts with https://"),
        ("https:///path", "it names no host"),
        ("https://me:word@8.8.8.8/", "leave out user, password"),
        ("https://8.8.8.8/#part", "leave out user, password"),
        ("https://8.8.8.8/a b", "percent-encode"),
        ("https://8.8.8.8\\@127.0.0.1/", "percent-encode"),
        ("https://exämple.org/", "percent-encode"),
        ("https://8.8.8.8:99999/", "this is no address"),
        ("https://[8.8.8.8/", "this is no address"),
        (f"https://8.8.8.8/{'x' * 2000}", "2000 letters at most"),
        ("https://nowhere.invalid/", "nowhere.invalid is no known host"),
        (f"https://{'x' * 70}.example/", "is no known host"),
    ],
)
def test_an_address_of_the_wrong_form_is_refused(url: str, word: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^webhook_url: .*{word}"):
        check_callback(url)


def test_a_public_address_passes_and_development_needs_no_certificate(
    settings: Settings,
) -> None:
    check_callback("https://8.8.8.8:8443/hooks?of=mine")
    settings.WEBHOOK_SCHEMES = ("https", "http")
    check_callback("http://8.8.8.8/")
    assert check_form("https://hooks.example/", ("https",)) == HOST


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with CallbackServer(tls=make_tls(tmp_path)) as server:
        async with server.open_client() as client:
            with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
                await client.post(server.url)
    assert server.calls == []


def make_tls(folder: Path) -> ssl.SSLContext:
    """A server's TLS under a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    written = made.public_bytes(encoding) + key.private_bytes(
        encoding,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(written)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context
