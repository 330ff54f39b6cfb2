"""Ed25519 keys: make one, load one, sign, verify, and the fingerprint by which people compare them."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from standard.errors import Problem, StairgateError
from standard.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path


def make(path: Path) -> Ed25519PrivateKey:
    """Write a new private key as PEM, readable by its owner only, and return it.

    Raises:
        StairgateError: there is already a file, or it can't be written.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        # O_EXCL: a key is never written over another one.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        problem = Problem(
            code="key-exists",
            place=str(path),
            cause="There is already a file of that name; a key is never written over.",
            hint="Name another file.",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE) from error
    except OSError as error:
        problem = Problem(
            code="unwritable-file",
            place=str(path),
            cause=f"The key can't be written: {error.strerror}.",
            hint="Name a file in a folder that exists and that you may write to.",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING) from error
    with os.fdopen(handle, "wb") as stream:
        stream.write(pem)
    return key


def load(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file.

    Raises:
        StairgateError: unreadable, protected by a password, or not an Ed25519 private key.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        problem = Problem(
            code="unreadable-key",
            place=str(path),
            cause=f"The key can't be read: {error.strerror}.",
            hint="Make one:  stairgate certify key --out key.pem",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING) from error
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise StairgateError(
            _wrong_key(path, "This is not an unencrypted private key in PEM form.")
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StairgateError(_wrong_key(path, "This key is not an Ed25519 key."))
    return key


def _wrong_key(path: Path, cause: str) -> Problem:
    return Problem(
        code="wrong-key", place=str(path), cause=cause, hint="Make one:  stairgate certify key --out key.pem"
    )


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 over the key's SubjectPublicKeyInfo, in groups people can read to each other."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.sha256(der).hexdigest()
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def public_hex(key: Ed25519PublicKey) -> str:
    """The raw public key, 32 bytes as hexadecimal."""
    return key.public_bytes_raw().hex()


def is_signed_by(public: str, signature: str, content: bytes) -> Ed25519PublicKey | None:
    """The key, where `signature` (hexadecimal) is its signature over `content`; else None."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), content)
    except (ValueError, InvalidSignature):
        return None
    return key
