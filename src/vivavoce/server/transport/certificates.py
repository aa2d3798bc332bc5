"""The two certificates that an authority of one's own needs: its own, and its server's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS: Final = timedelta(days=3650)
LEAF: Final = timedelta(days=365)  # Apple's systems take 825 at most
SKEW: Final = timedelta(days=1)  # a clock may be wrong


def new_authority(
    name: str, made_for: Sequence[x509.GeneralName], permitted: Sequence[x509.DNSName]
) -> bytes:
    """One that is made for some names, and can vouch for no domain but what is permitted, with
    its key, in PEM."""
    key, subject = generate_private_key(SECP256R1()), _subject(name)
    usage = _usage(signs_certificates=True)
    builder = (
        _begun(subject, subject, key, YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectAlternativeName(made_for), critical=False)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
    )
    return _pem(key) + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def new_leaf(
    authority: x509.Certificate,
    authority_key: EllipticCurvePrivateKey,
    names: Sequence[x509.GeneralName],
) -> bytes:
    """A server's certificate for these names, with its key, in PEM."""
    key = generate_private_key(SECP256R1())
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = (
        _begun(_subject("Vivavoce server"), authority.subject, key, LEAF)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(server, critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer, critical=False)
    )
    return _pem(key) + builder.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, good_for: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + good_for)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
