"""The lab's certificate authority: a certificate for any name at the first greeting, and a zoo of bad ones.

One CA key and one leaf key (EC P-256) serve all names; a name costs about 1.1 ms and 21 KB (measured).
"""

from __future__ import annotations

import os
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

# What a bad certificate is wrong in. `good` is the control beside them.
FLAWS = (
    "good", "expired", "not-yet-valid", "self-signed", "wrong-name", "unknown-issuer", "no-name", "weak-key",
    "client-only", "leaf-as-issuer", "name-constraint",
    # and good ones that are not plain
    "rsa", "wildcard", "many-names", "tls-1.2-only", "tls-1.1-only",
)  # fmt: skip


class Authority:
    """A certificate authority of the lab."""

    def __init__(self, name: str, *, now: datetime) -> None:
        """A new authority called `name`, valid around `now` (UTC-aware)."""
        self.name = name
        self.now = now
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.leaf_key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, name),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            ]
        )
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=3000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=3), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self._rsa_key: rsa.RSAPrivateKey | None = None
        self.context = lru_cache(maxsize=4096)(self._context)

    @property
    def pem(self) -> bytes:
        """The authority's certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, name: str, flaw: str = "good") -> bytes:
        """Certificate chain and key for `name`, as PEM, with one flaw of `FLAWS`."""
        key: Key = self.leaf_key
        signing, issuer = self.key, self.certificate.subject
        begin, end = self.now - timedelta(days=2), self.now + timedelta(days=60)
        shown: Sequence[str] = (name,)
        purpose = ExtendedKeyUsageOID.SERVER_AUTH
        chain = b""
        match flaw:
            case "expired":
                begin, end = self.now - timedelta(days=90), self.now - timedelta(days=3)
            case "not-yet-valid":
                begin, end = self.now + timedelta(days=3), self.now + timedelta(days=90)
            case "self-signed":
                signing, issuer = self.leaf_key, _common(name)
            case "wrong-name":
                shown = ("wrong." + name[::-1].replace(".", "-") + ".example",)
            case "unknown-issuer":
                signing, issuer = ec.generate_private_key(ec.SECP256R1()), _common("Unknown Issuer")
            case "no-name":
                shown = ()
            case "weak-key":
                key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - weak on purpose: the zoo
            case "client-only":
                purpose = ExtendedKeyUsageOID.CLIENT_AUTH
            case "rsa":
                key = self._rsa()
                chain, signing, issuer = self._chain(("Issuing 1", None), ("Issuing 2", None))
            case "name-constraint":
                chain, signing, issuer = self._chain(("Constrained", name.partition(".")[2]))
            case "wildcard":
                shown = ("*." + name.partition(".")[2],)
            case "many-names":
                shown = (*(f"n{index}.{name}" for index in range(99)), name)
            case "leaf-as-issuer":
                middle_key = ec.generate_private_key(ec.SECP256R1())
                middle = self._leaf(
                    ("middle." + name,),
                    middle_key.public_key(),
                    self.key,
                    self.certificate.subject,
                    begin,
                    end,
                    purpose,
                )
                signing, issuer, chain = (
                    middle_key,
                    middle.subject,
                    middle.public_bytes(serialization.Encoding.PEM),
                )
        leaf = self._leaf(shown, key.public_key(), signing, issuer, begin, end, purpose)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return leaf.public_bytes(serialization.Encoding.PEM) + chain + private

    def _rsa(self) -> rsa.RSAPrivateKey:
        """One RSA key of 2048 bits for all names: making it takes a while."""
        if self._rsa_key is None:
            self._rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._rsa_key

    def _chain(self, *middles: tuple[str, str | None]) -> tuple[bytes, ec.EllipticCurvePrivateKey, x509.Name]:
        """Intermediate authorities below the root, each with a domain it may not sign for, or None.

        Returns:
            Their certificates as PEM, lowest first, and the key and name of the lowest.
        """
        signing, issuer, chain = self.key, self.certificate.subject, b""
        for title, excluded in middles:
            key = ec.generate_private_key(ec.SECP256R1())
            subject = _common(f"{self.name} {title}")
            builder = (
                x509.CertificateBuilder()
                .subject_name(subject)
                .issuer_name(issuer)
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(self.now - timedelta(days=100))
                .not_valid_after(self.now + timedelta(days=900))
                .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                .add_extension(_usage(signs=True), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .add_extension(
                    x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
                )
            )
            if excluded:
                names = x509.NameConstraints(permitted_subtrees=None, excluded_subtrees=[_general(excluded)])
                builder = builder.add_extension(names, critical=True)
            chain = builder.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + chain
            signing, issuer = key, subject
        return chain, signing, issuer

    def _leaf(
        self,
        names: Sequence[str],
        public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        signing: ec.EllipticCurvePrivateKey,
        issuer: x509.Name,
        begin: datetime,
        end: datetime,
        purpose: x509.ObjectIdentifier,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_common(names[0] if names else "unnamed"))
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
            )
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general(name) for name in names]), critical=False
            )
        return builder.sign(signing, hashes.SHA256())

    def load(self, context: ssl.SSLContext, name: str) -> None:
        """Give a context of the caller's own the certificate for `name`."""
        load_pem(context, self.issue(name))

    def _context(
        self, name: str, flaw: str = "good", protocols: tuple[str, ...] = ("http/1.1",)
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if flaw == "weak-key":
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else OpenSSL would refuse to serve it
        load_pem(context, self.issue(name, flaw))
        context.set_alpn_protocols(list(protocols))
        return context


def limit(context: ssl.SSLContext, newest: str) -> None:
    """Let a context speak no newer TLS than `1.1` or `1.2`; empty leaves it as it is."""
    if newest == "1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    elif newest:
        speak_of_old(context)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.maximum_version = ssl.TLSVersion.TLSv1_1


def speak_of_old(context: ssl.SSLContext) -> None:
    """Let a context speak TLS 1.1 too, which OpenSSL otherwise refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


def load_pem(context: ssl.SSLContext, pem: bytes) -> None:
    """Load chain and key from memory: `load_cert_chain` takes only paths, and a memfd has one."""
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _common(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])  # X.520: at most 64 characters


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def moment() -> datetime:
    """Now, in UTC: the one place where the lab's authority asks the clock."""
    return datetime.now(UTC)
