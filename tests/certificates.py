"""Certificates as authorities sign them, good ones and bad, each made by the test that shows it."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Signs certificates, its own first."""

    called: str = "Test authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def root(self, folder: Path) -> Path:
        """The file of what trusts this authority."""
        made = self._builder(self.called, self.key.public_key(), days=1).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        path = folder / "root.pem"
        path.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def context(self, folder: Path, *names: str, common: str = "", days: int = 1) -> ssl.SSLContext:
        """A server's side with a certificate for some names and addresses; it ended where `days` is below 0."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(common, key.public_key(), days)
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_named(each) for each in names]), critical=False
            )
        kept = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path = folder / "leaf.pem"
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, *kept)
            + builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(path)
        return made

    def _builder(self, common: str, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder(_name(self.called), _name(common), key, x509.random_serial_number())
        return made.not_valid_before(now - 3 * DAY).not_valid_after(now + days * DAY)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])


def _named(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
