"""The mitmproxy options the gate runs with, and those that would weaken it.

One table for our own master and for `mitmdump -s proxy/addon.py`. Each value was measured or argued; see
docs/how-it-works.md. It must not know connections or policies.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import certifi

from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mitmproxy.options import Options

NEEDED: dict[str, object] = {
    "connection_strategy": "lazy",  # eager dials the blocked site before the hook is asked
    "upstream_cert": False,  # a leaf is made from the name; the origin is not dialled for its certificate
    "http3": False,  # browsers refuse private CAs on QUIC
    "rawtcp": False,  # else 1 or 2 bytes of a TLS greeting in the first segment turn inspection off
    "tcp_timeout": 7200,  # 600 kills push channels, whose heartbeats are slower
    "validate_inbound_headers": True,  # off means request smuggling
    "ssl_insecure": False,
    "show_ignored_hosts": False,
    "stream_large_bodies": None,  # a block beside it hangs the client; we stream flow by flow
    "body_size_limit": None,  # turns streamed answers into 502
    "store_streamed_bodies": False,
}
"""Set at start, and not open to change while running."""

HARMLESS: dict[str, tuple[object, ...]] = {
    "emudhra": (False, None, ""),  # 12.3: sign with a CA whose key is public
    "emudhra_old": (False, None, ""),
    "ignore_hosts": ([], ()),
    "allow_hosts": ([], ()),
    "tcp_hosts": ([], ()),
    "udp_hosts": ([], ()),
    "certs": ([], ()),
    "client_certs": (None, ""),
    "map_remote": ([], ()),
    "map_local": ([], ()),
}
"""Options that must stay at one of these values; those a mitmproxy does not have are fine."""


def weakened(options: Options) -> list[Problem]:
    """Every option that lets something past the gate, as a problem each; empty where all is well."""
    problems = [
        _problem(name, getattr(options, name), wanted)
        for name, wanted in NEEDED.items()
        if name in options and getattr(options, name) != wanted
    ]
    problems += [
        _problem(name, getattr(options, name), good[0])
        for name, good in HARMLESS.items()
        if name in options and getattr(options, name) not in good
    ]
    return problems


def require(options: Options) -> None:
    """Refuse to run with options that weaken the gate.

    Raises:
        StairgateError: every such option, at once (exit code 64).
    """
    problems = weakened(options)
    if problems:
        raise StairgateError(*problems, exit_code=Exit.USAGE)


def _problem(name: str, value: object, wanted: object) -> Problem:
    return Problem(
        code="weakening-option",
        place=f"mitmproxy option {name}",
        cause=f"It is {value!r}; with it, traffic would pass unfiltered or unchecked.",
        hint=f"Leave it out, or set it to {wanted!r}.",
    )


def trust_bundle(folder: Path, extra: Iterable[Path]) -> Path:
    """One file with the web's root certificates and the household's own (policy `trust`).

    Args:
        folder: where the file is kept (the CA's private folder).
        extra: further CA files in PEM, for origins the household runs itself.

    Returns:
        A file whose name changes with its content: TLS contexts are cached by file name.

    Raises:
        StairgateError: 65 for each extra file that can't be read or holds no certificate.
    """
    parts = [Path(certifi.where()).read_bytes()]
    problems: list[Problem] = []
    for path in extra:
        try:
            content = path.read_bytes()
        except OSError as error:
            problems.append(_untrusted(path, f"It can't be read: {error.strerror or error}."))
            continue
        if b"-----BEGIN CERTIFICATE-----" not in content:
            problems.append(_untrusted(path, "It holds no certificate in PEM form."))
        parts.append(content)
    if problems:
        raise StairgateError(*problems)
    bundle = b"\n".join(parts)
    target = folder / f"trust-{hashlib.sha256(bundle).hexdigest()[:16]}.pem"
    if not target.exists():
        descriptor, draft = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bundle)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)  # noqa: PTH105 - mkstemp gives a plain string
        for old in folder.glob("trust-*.pem"):
            if old != target:
                old.unlink(missing_ok=True)
    return target


def _untrusted(path: Path, cause: str) -> Problem:
    return Problem(
        code="trust-unreadable", place=str(path), cause=cause, hint="Mend or remove it under `trust:`."
    )
