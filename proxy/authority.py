"""Our own certificate authority: made on the first run, private to this home, and the leaves it signs.

Knows files, keys and X.509. It must not know connections, policies or mitmproxy's options.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import os
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from proxy.home import Home

FILE = "mitmproxy-ca.pem"
"""Key and certificate in one file, under the name mitmproxy's store looks for in its `confdir`."""

_AUTHORITY_YEARS = 10
_LEAF_LIFE = dt.timedelta(days=90)
_CLOCK_SLACK = dt.timedelta(days=2)  # devices whose clock is behind must accept a leaf made now
_LONGEST_COMMON_NAME = 64  # X.520 ub-common-name


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate for one name, and the key that goes with it (never the authority's own key)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def renew_at(self) -> float:
        """From when on another one is made in its place: half its life; seconds since 1970, by the clock.

        Not by a clock that stands still while a machine sleeps.
        """
        begin, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return (begin + (end - begin) / 2).timestamp()

    def pem(self) -> bytes:
        """Key and certificate as one PEM text, as `ssl.SSLContext.load_cert_chain` wants them."""
        return _private_pem(self.key) + self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Authority:
    """Our CA, loaded: what signs the certificates the gate shows to devices.

    Attributes:
        certificate: the public part, the one people install.
        key: the private part; it signs and does nothing else.
        folder: the private folder it lies in; mitmproxy's `confdir`.
        public: the public part as a file.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    folder: Path
    public: Path
    _leaf_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def leaf(self, name: str) -> Leaf:
        """A certificate for `name`, signed now.

        Args:
            name: a host name in A-labels or an IP address, as the client asked for it.

        One key serves all leaves of this process: a stolen leaf key dies with the process and can't sign.
        """
        now = dt.datetime.now(dt.UTC)
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if len(name) < _LONGEST_COMMON_NAME else []
        issuer_id = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        public_key = self._leaf_key.public_key()
        builder = (
            x509.CertificateBuilder()
            .issuer_name(self.certificate.subject)
            .subject_name(x509.Name(subject))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - _CLOCK_SLACK, self.certificate.not_valid_before_utc))
            .not_valid_after(min(now + _LEAF_LIFE, self.certificate.not_valid_after_utc))
            # RFC 5280 4.2.1.6: the names are critical where there is no subject.
            .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=not subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False
            )
        )
        return Leaf(builder.sign(self.key, hashes.SHA256()), self._leaf_key)


def ensure(home: Home) -> Authority:
    """The home's authority: loaded, or made where there is none yet.

    Args:
        home: the home folder; `home.ca` becomes 0700, the key in it 0600, `home.ca_pem` readable by all.

    Raises:
        StairgateError: 69 where the folder can't be written, 65 where what lies there is not our CA.
    """
    target = home.ca / FILE
    try:
        home.ca.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.ca.chmod(0o700)
        if not target.exists():
            create(home.ca, target)
        target.chmod(0o600)
        authority = load(target, home.ca_pem, now=dt.datetime.now(dt.UTC))
        public = authority.certificate.public_bytes(serialization.Encoding.PEM)
        if not home.ca_pem.exists() or home.ca_pem.read_bytes() != public:
            _replace(home.ca_pem, public, 0o644)
    except OSError as error:
        raise StairgateError(
            Problem(
                code="ca-not-writable",
                place=str(error.filename or home.ca),
                cause=f"The certificate authority can't be kept there: {error.strerror or error}.",
                hint="Mend the folder's permissions, or name another one with --home DIR.",
            ),
            exit_code=Exit.MISSING,
        ) from error
    return authority


def create(folder: Path, target: Path, *, now: dt.datetime | None = None) -> None:
    """Make a new CA; one that has come to lie at `target` meanwhile stays.

    Args:
        folder: private, where it lies.
        target: the file with key and certificate.
        now: aware; the machine's clock where it is not given.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now = now or dt.datetime.now(dt.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # The year and four digits of the key tell two homes' authorities apart in a device's list of
    # certificates, and say nothing about the family or the machine.
    common_name = f"Stairgate home filter {now.year} {identifier.digest.hex()[:4]}"
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Stairgate"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + dt.timedelta(days=365 * _AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        # Chains of ours are good for web servers only, whatever else a device would trust a CA for.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        # Python 3.13 checks strictly (VERIFY_X509_STRICT) and wants both identifiers.
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    content = _private_pem(key) + certificate.public_bytes(serialization.Encoding.PEM)
    descriptor, name_of_draft = tempfile.mkstemp(dir=folder)  # 0600 from its first byte
    try:
        with os.fdopen(descriptor, "wb") as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        # A link never overwrites: of two first runs at once, both go on with the same authority.
        with contextlib.suppress(FileExistsError):
            os.link(name_of_draft, target)
    finally:
        os.unlink(name_of_draft)  # noqa: PTH108 - mkstemp gives a plain string


def load(target: Path, public: Path, *, now: dt.datetime | None) -> Authority:
    """Read a CA.

    Args:
        target: the file with key and certificate.
        public: where its public part lies.
        now: aware; None reads one that has expired as well.

    Raises:
        StairgateError: it is not ours, or has expired (65).
        OSError: it can't be read.
    """
    content = target.read_bytes()
    try:
        key = serialization.load_pem_private_key(content, None)
        certificate = x509.load_pem_x509_certificate(content)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("it holds another kind of key than ours")  # noqa: TRY301 - told as one problem below
        if key.public_key() != certificate.public_key():
            raise ValueError("its key and its certificate do not belong together")  # noqa: TRY301 - the same
        if now is not None and certificate.not_valid_after_utc <= now:
            ended = f"{certificate.not_valid_after_utc:%-d %B %Y}"
            raise ValueError(f"it has expired on {ended}")  # noqa: TRY301 - the same
    except (ValueError, TypeError) as error:
        raise StairgateError(
            Problem(
                code="ca-unusable",
                place=str(target),
                cause=f"The certificate authority can't be used: {error}.",
                hint="Check this machine's clock; restore it from a backup; or move it away, start again, "
                "and trust the new ca.pem.",
            )
        ) from error
    return Authority(certificate, key, target.parent, public)


def _replace(target: Path, content: bytes, mode: int) -> None:
    descriptor, draft = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), mode)
    os.replace(draft, target)  # noqa: PTH105 - mkstemp gives a plain string


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
