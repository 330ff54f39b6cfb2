"""Runs of the small standard, and bundles made of them, for tests to break in one place."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from standard import catalogue, seed
from standard.facts import Product
from standard.record import Announced, Header, Result
from standard.register import bundle, keys, signing
from standard.result_writer import Writer
from standard.words import Level, Seal, Stand
from tests.standard.register.runs import BUILD, ON, STATEMENT, drawn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def header(home: Path) -> Header:
    """Of a whole run in a sealed lab."""
    edition = catalogue.load(home).editions["2026.1"].sha256
    return Header(
        run="2026-11-21T16-00-00Z-7f3a",
        edition="2026.1",
        edition_sha256=edition,
        product=Product(
            id="sample-filter",
            name="Sample Filter",
            version="0.4.0",
            build=BUILD,
            vendor="Example & Daughters",
        ),
        stand=Stand.FORWARD_PROXY,
        level=Level.BASIC,
        seal=Seal.NAMESPACE,
        how="network namespace without a way out",
        seed=str(seed.derive(BUILD, edition)),
        seed_is_derived=True,
        cases="cd" * 32,
        started="2026-11-21T16:00:00Z",
        statement=STATEMENT,
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a result file."""

    def write_(
        header: Header,
        results: list[Result],
        *,
        is_whole: bool = True,
        name: str = "results.jsonl",
        finished: str = "2026-11-21T16:20:00Z",
    ) -> Path:
        path = tmp_path / name
        with Writer.create(path, header) as writer:
            for result in results:
                writer.write(result)
            if is_whole:
                writer.finish(finished=finished)
        return path

    return write_


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def signed(
    write: Callable[..., Path], header: Header, home: Path, key: Ed25519PrivateKey, tmp_path: Path
) -> Path:
    """A sound bundle."""
    results = write(header, drawn(4))
    path = tmp_path / "declaration.zip"
    path.write_bytes(signing.sign(results, key, on=ON, home=home).content)
    return path


@pytest.fixture
def forge(tmp_path: Path) -> Callable[..., Path]:
    """Makes another bundle of one: files replaced, and hashed and signed again where asked."""

    def forge_(
        path: Path,
        changes: dict[str, bytes | None],
        *,
        edit: Callable[[dict[str, Any]], None] | None = None,
        sign_with: Ed25519PrivateKey | None = None,
    ) -> Path:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        for name, content in changes.items():
            if content is None:
                del files[name]
            else:
                files[name] = content
        declared = json.loads(files[bundle.DECLARATION])
        if edit is not None:
            edit(declared)
        if sign_with is not None:
            import hashlib

            declared["key"]["fingerprint"] = keys.fingerprint(sign_with.public_key())
            declared["files"] = {
                name: hashlib.sha256(content).hexdigest()
                for name, content in files.items()
                if name not in {bundle.DECLARATION, bundle.SIGNATURE}
            }
        if edit is not None or sign_with is not None:
            files[bundle.DECLARATION] = json.dumps(declared).encode()
        if sign_with is not None:
            signature = json.loads(files[bundle.SIGNATURE])
            signature["public_key"] = keys.public_hex(sign_with.public_key())
            signature["signature"] = sign_with.sign(files[bundle.DECLARATION]).hex()
            files[bundle.SIGNATURE] = json.dumps(signature).encode()
        forged = tmp_path / "forged.zip"
        forged.write_bytes(bundle.pack(files))
        return forged

    return forge_


@pytest.fixture
def announced() -> Announced:
    return Announced(case="content.gambling/known-sites/drawn", because="fixed in 0.5", expires="2027-01-31")
