"""What a good filter knows by itself, for the controls: help services, sensitive hosts, safe modes.

Read from the published standard, as a vendor would read it; never from a case.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import h11
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

# Engine -> the parameter that forces its safe mode, and its value.
_SAFE: Mapping[str, tuple[str, str]] = {
    "google": ("safe", "active"),
    "bing": ("adlt", "strict"),
    "duckduckgo": ("kp", "1"),
}
_VIDEO = ("youtube.com", "youtube-nocookie.com", "youtubei.googleapis.com", "youtube.googleapis.com")


_SAFE_NAMES: Mapping[str, str] = {
    "google": "forcesafesearch.google.com",
    "bing": "strict.bing.com",
    "duckduckgo": "safe.duckduckgo.com",
}
_SAFE_VIDEO = "restrict.youtube.com"
UNFORCED = frozenset({
    "search.brave.com", "www.ecosia.org", "www.qwant.com", "www.startpage.com", "search.yahoo.com",
    "yandex.com", "www.baidu.com", "www.mojeek.com", "swisscows.com", "metager.org", "www.ask.com",
})  # fmt: skip
"""Search engines that are not forced, and are closed instead."""
AGES = {"toddler": (0, 5), "child": (6, 11), "teen": (12, 15), "youth": (16, 17), "adult": (18, 120)}
"""A control's profiles -> the first and the last year they are for."""
OPT_OUTS = (
    "use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com", "mask-api.icloud.com",
    "doh.dns.apple.com", "_dns.resolver.arpa",
)  # fmt: skip
"""Names by which a network says that it filters: to be answered negatively."""


def safe_name(host: str) -> str:
    """The name whose addresses serve a search engine or the video site in safe mode; empty for others."""
    labels = host.split(".")
    if any(host == video or host.endswith("." + video) for video in _VIDEO):
        return "" if host == _SAFE_VIDEO else _SAFE_VIDEO
    found = next((_SAFE_NAMES[label] for label in labels if label in _SAFE_NAMES), "")
    return "" if found == host else found


@functools.cache
def help_hosts() -> frozenset[str]:
    """Every host of the recognised help services."""
    services = _annex("help-services.yaml")["services"]
    return frozenset(host for service in services for host in service["hosts"])


_HELPS = {
    "self-harm-promotion": {"suicide-and-self-harm", "crisis"},
    "abuse": {"abuse", "child-helpline"},
    "grooming": {"grooming-and-sexual-abuse", "reporting"},
}


def help_for(category: str, country: str) -> list[tuple[str, str]]:
    """Name and address of three help services that fit a block in a country; none for other categories."""
    topics = _HELPS.get(category, set())
    services = _annex("help-services.yaml")["services"]
    fitting = (one for one in services if one["country"] == country and topics & set(one["topics"]))
    return [(one["name"], one["web"]) for one in fitting][:3]


@functools.cache
def sensitive_hosts() -> frozenset[str]:
    """Hosts that are never looked into."""
    items = _annex("sets/sensitive-hosts.yaml")["items"]
    return frozenset(item["text"].partition(":")[0] for item in items)


@functools.cache
def _classes() -> Mapping[str, str]:
    items = _annex("sets/reference-services.yaml")["items"]
    return dict(item["text"].split(", class ") for item in items)


@functools.cache
def _reports() -> tuple[tuple[str, str], ...]:
    items = _annex("sets/report-addresses.yaml")["items"]
    return tuple((urlsplit(item["text"]).hostname or "", urlsplit(item["text"]).path) for item in items)


def class_of(host: str, *, below: bool) -> str:
    """The class of service that a host is of, by itself or, with `below`, by a parent; empty for none."""
    known = _classes()
    labels = host.split(".")
    names = [".".join(labels[index:]) for index in range(len(labels))] if below else [host]
    return next((known[name] for name in names if name in known), "")


def reports_to(host: str, target: str) -> bool:
    """Whether a page is one by which a service is told of abuse, or asked for help."""
    return any(host == known and target.startswith(path) for known, path in _reports())


def with_safe_mode(url: str, request: h11.Request) -> tuple[str, h11.Request]:
    """The same question with the engine's safe mode forced; any other question as it came."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if any(host == video or host.endswith("." + video) for video in _VIDEO):
        kept = [(name, value) for name, value in request.headers if name.lower() != b"youtube-restrict"]
        headers = [*kept, (b"YouTube-Restrict", b"Strict")]
        return url, h11.Request(method=request.method, target=request.target, headers=headers)
    labels = host.split(".")
    forced = next((_SAFE[label] for label in labels if label in _SAFE), None)
    if forced is None:
        return url, request
    query = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != forced[0]
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, forced]))), request


@functools.cache
def _annex(name: str) -> Any:
    text = (resources.files("standard") / "annexes" / name).read_text(encoding="utf-8")
    return yaml.safe_load(text)
