"""Behind TLS: the cookie is bound to the host, and the browser is told to stay with https."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hall.client.api import Hall
from hall.client.keys import Identity
from hall.rehearsal.stage import toml
from tests.demo_world import AT, holder, world
from tests.integration.gateway.conftest import opened, settings


def certificate_for_localhost(place: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.fromtimestamp(AT / 1000, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (place / "tls.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (place / "tls.key").write_bytes(private)


async def test_on_https_the_cookie_is_bound_to_the_host_and_leaves_by_https_only(place: Path) -> None:
    certificate_for_localhost(place)
    text = toml(settings(world(), tls_cert="tls.pem", tls_key="tls.key"))
    (place / "hall.toml").write_text(text, encoding="utf-8")
    trusting = ssl.create_default_context(cafile=str(place / "tls.pem"))
    one = holder("b2")
    async with opened(place) as doors, Hall(doors.base, Identity(one.certificate, one.key)) as hall:
        assert hall.session.connector is not None
        hall.session.connector._ssl = trusting
        await hall.login()
        cookies = {cookie.key: cookie for cookie in hall.session.cookie_jar}
        assert cookies.keys() == {"__Host-hall", "__Host-hall-device"}
        assert all((cookie["secure"], cookie["path"]) == (True, "/") for cookie in cookies.values())
        async with hall.session.get("/api/me") as answer:
            assert answer.status == 200
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
