"""What a control decides: its own small canonical form and list look-up, each fault in one place. Pure.

Written apart from the product on purpose: the examiner knows no product, ours included.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from conformance_tests.controls.faults import Fault
from conformance_tests.controls.known import UNFORCED
from conformance_tests.lab.spelling import plain_host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HOME = tuple(
    map(
        ip_network,
        (
            "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
            "0.0.0.0/8", "::1/128", "fe80::/10", "fc00::/7", "::/128", "::ffff:0:0/96",
            "64:ff9b::/96", "2002::/16",
        ),
    )
)  # fmt: skip
_HARM = re.compile("self-?harm|suicid", re.IGNORECASE)
_ADDRESS_INSIDE = re.compile(r"(?:https?:/{1,2})?((?:[\w-]+\.)+[a-z]{2,})(/[^\s&?#]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The product's own lists: host -> category, and (host, path) -> category."""

    hosts: Mapping[str, str]
    paths: Mapping[tuple[str, str], str]
    are_missing: bool = False
    """Whether they could not be read: then nothing is known to be open but help."""


def read_lists(folder: Path) -> Lists:
    """The lists in squidGuard's layout: `<category>/domains` and `<category>/urls`."""
    hosts: dict[str, str] = {}
    paths: dict[tuple[str, str], str] = {}
    for category in sorted(path for path in folder.iterdir() if path.is_dir()):
        for line in _lines(category / "domains"):
            hosts[plain_host(line)] = category.name
        for line in _lines(category / "urls"):
            host, _, path = line.partition("/")
            paths[plain_host(host), plain_path("/" + path)] = category.name
    return Lists(hosts=hosts, paths=paths)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def plain_path(path: str) -> str:
    """One form for a path: unreserved characters decoded, dot segments and doubled slashes gone."""
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", _decode, path.encode("utf-8", "surrogateescape"))
    segments: list[bytes] = []
    parts = raw.split(b"/")
    for part in parts[1:]:
        if part == b"..":
            segments = segments[:-1]
        elif part not in {b".", b""}:
            segments.append(part)
    tail = b"/" if parts[-1] in {b"", b".", b".."} and segments else b""
    return (b"/" + b"/".join(segments) + tail).decode("utf-8", "replace")


def _decode(found: re.Match[bytes]) -> bytes:
    byte = bytes([int(found.group(1), 16)])
    # A reserved slash stays as it was written; everything else has one meaning only.
    return found.group(0).upper() if byte in {b"/", b"?", b"#", b"%"} else byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Decides for a control with one fault, or none.

    Attributes:
        lists: what is listed.
        fault: what it gets wrong; None for the flawless one.
        help_hosts: hosts never blocked.
        open_home: `address:port` pairs reachable although they are at home.
    """

    lists: Lists
    fault: Fault | None = None
    help_hosts: frozenset[str] = frozenset()

    def blocked_for(
        self, scheme: str, host: str, port: int, target: str, *, body: bytes = b"", asks_names: bool = False
    ) -> str | None:
        """The category (or reason) a request is blocked for, None where it is allowed.

        Args:
            scheme: `http` or `https`.
            host: as it was spelled.
            port: asked for.
            target: path and query.
            body: what is sent.
            asks_names: the request says it is a DNS query.
        """
        if self.fault is Fault.HTTPS_PASSES and scheme == "https":
            return None
        name = self._name(host, port)
        category = self._listed_host(name)
        if self.is_help(name):
            return None
        if self.lists.are_missing:
            return "lists that are missing"
        if category is None and self.fault is not Fault.PATHS_IGNORED:
            category = self._listed_path(name, target)
        if category is None and asks_names and self.fault is not Fault.DOH_PASSES:
            category = "encrypted_dns"
        if category is None and self.fault is not Fault.RELAYS_UNKNOWN:
            category = self._listed_inside(name, target, body)
        if category is None and name in UNFORCED and self.fault is not Fault.ENGINES_LEFT:
            category = "search without a safe mode"
        if category is None and self.fault is Fault.WORDS_BLOCK and _HARM.search(name + target):
            category = "self-harm"
        if category is None and self.fault is Fault.STRANGERS_BLOCKED and _is_strange(name):
            category = "unknown"
        return category

    def is_help(self, name: str) -> bool:
        """Whether a plain host is a help service's, or below one."""
        return self.fault is not Fault.HELP_BLOCKED and _covered(name, self.help_hosts)

    def lists_host(self, host: str) -> bool:
        """Whether the whole host is listed."""
        return self.category_of(host) is not None

    def category_of(self, host: str) -> str | None:
        """The category that the whole host is listed in."""
        return self._listed_host(plain_host(host))

    def refuses_address(self, address: str) -> bool:
        """Whether clients may not be taken to this address: loopback, home, metadata."""
        if self.fault is Fault.OPEN_TO_HOME:
            return False
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in _HOME if found.version == network.version)

    def _name(self, host: str, port: int) -> str:
        name = plain_host(host)
        if self.fault is Fault.CASE_MATTERS:
            name = host.rstrip(".")
        if self.fault is Fault.TRAILING_DOT_PASSES and host.endswith("."):
            name = host.lower()
        if self.fault is Fault.SPELLED_NUMBERS and name != host and name.replace(".", "").isdigit():
            name = host
        if self.fault is Fault.PORT_IN_NAME and port not in {80, 443}:
            name = f"{name}:{port}"
        return name

    def _listed_host(self, name: str) -> str | None:
        if self.fault is Fault.WHOLE_HOSTS_ONLY:
            return self.lists.hosts.get(name)
        if self.fault is Fault.SUBSTRING:
            # A listed `sex-shop.example` has taught it the word before the hyphen.
            listed = (
                (host.partition(".")[0].partition("-"), kind) for host, kind in self.lists.hosts.items()
            )
            for (word, hyphen, _), kind in listed:
                if hyphen and len(word) > 2 and word in name:
                    return kind
        for parent in _parents(name):
            if parent in self.lists.hosts:
                return self.lists.hosts[parent]
        return None

    def _listed_path(self, name: str, target: str) -> str | None:
        path, _, query = target.partition("?")
        plain = plain_path(path)
        whole = plain + "?" + query if query else plain
        forms = [plain if self.fault is Fault.QUERY_FORGOTTEN else whole, plain, plain.split(";")[0]]
        for host in _parents(name):
            for (listed_host, listed), category in self.lists.paths.items():
                if listed_host != host:
                    continue
                if self.fault is Fault.PATH_BLOCKS_HOST:
                    return category
                if any(_below(form, listed, loose=self.fault is Fault.PATH_IS_PREFIX) for form in forms):
                    return category
        return None

    def _listed_inside(self, name: str, target: str, body: bytes) -> str | None:
        """An address inside an address: every host-like piece of path, query, form and label is looked up."""
        text = unquote(unquote(target)) + " " + unquote(body[:4096].decode("latin-1"))
        for word in re.findall(r"[A-Za-z0-9+/_-]{12,}={0,2}", text):
            with suppress(ValueError):
                text += " " + base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_").decode(
                    "latin-1"
                )
        first = name.partition(".")[0]
        if "-" in first:
            text += " " + first.replace("--", " ").replace("-", ".").replace(" ", "-")
        for host, path in _ADDRESS_INSIDE.findall(text):
            category = self._listed_host(plain_host(host)) or self._listed_path(plain_host(host), path or "/")
            if category is not None:
                return category
        return None


def _is_strange(name: str) -> bool:
    first = name.partition(".")[0]
    return name.startswith("xn--") or len(name) > 100 or first.isdigit() or ":" in name


def _below(form: str, listed: str, *, loose: bool) -> bool:
    if loose:
        return form.startswith(listed)
    return form == listed or form.startswith((listed.rstrip("/") + "/", listed + "?", listed + "&"))


def _covered(name: str, hosts: frozenset[str]) -> bool:
    return any(parent in hosts for parent in _parents(name))


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[index:]) for index in range(len(labels))] if ":" not in name else [name]


def split_target(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and target (path with query) of an absolute address."""
    scheme, _, rest = url.partition("://")
    parts = urlsplit(url)
    port = parts.port or (443 if scheme.lower() in {"https", "wss"} else 80)
    # The host as it was spelled: urlsplit would lower its case, and one control must not.
    spelled = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    host = spelled.partition("]")[0].strip("[") if spelled.startswith("[") else spelled.partition(":")[0]
    return scheme.lower(), host, port, (parts.path or "/") + (f"?{parts.query}" if "?" in url else "")
