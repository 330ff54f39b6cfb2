"""One-click services: the names and paths a family means when it says "TikTok". Our own compilation.

Holds which addresses belong to a service. Knows nothing of policies: what is done with one is decided there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rules import strict_yaml
from rules.address import lineage
from rules.rows import Row, data_files, is_host, repeated_ids, settle
from rules.taxonomy import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rules.address import Address
    from rules.errors import Problem

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service.

    Attributes:
        id: permanent id, as policies name it: `tiktok`.
        title: what people call it.
        group: title of the group it is shown in: `Social networks`.
        category: id of its category (taxonomy.yaml).
        hosts: names that are the service's own; each covers itself and all below.
        paths: parts of other sites, as `host/path`; each covers the path and what is under it, on the host
            and all below.
        reporting: where it takes reports and gives help, and nothing else is: a host and all below, or a
            `host/path` on that host and `www` below it. Open while the service is closed (`rules.reporting`).
    """

    id: str
    title: str
    group: str
    category: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    reporting: tuple[str, ...] = ()


def load(folder: Path) -> tuple[Service, ...]:
    """Read a folder of services, one YAML file a group.

    Returns:
        All services, in the order of files and lines.

    Raises:
        StairgateError: with every problem of every file, each with file and line.
    """
    problems: list[Problem] = []
    found: list[Service] = []
    ids: list[tuple[str, str]] = []
    for file in data_files(folder):
        document = strict_yaml.load_file(file, name=file.name)
        top = Row(document, (), problems)
        group = top.text("title")
        for index, row in enumerate(top.rows("services")):
            found.append(service := _read(row, group))
            ids.append((service.id, document.place("services", index, "id")))
        top.close()
    settle(problems + repeated_ids(ids))
    return tuple(found)


def _read(row: Row, group: str) -> Service:
    service = Service(
        id=row.id(),
        title=row.text("title"),
        group=group,
        category=row.word("category", CATEGORIES),
        hosts=row.hosts("hosts", required=False),
        paths=row.texts("paths", required=False),
        reporting=row.texts("reporting", required=False),
    )
    row.close()
    if not service.hosts and not service.paths:
        row.complain(
            None, "empty-service", "It has neither hosts nor paths.", "Add `hosts: […]` or `paths: […]`."
        )
    for path in service.paths:
        if "/" not in path or not _is_path(path):
            row.complain(
                "paths", "bad-path", f"{path!r} is no `host/path`.", "Write it like `example.org/part`."
            )
    for entry in service.reporting:
        if not (_is_path(entry) if "/" in entry else is_host(entry)):
            hint = "Write it like `help.example.org` or `example.org/help`."
            row.complain("reporting", "bad-path", f"{entry!r} is neither host nor `host/path`.", hint)
        elif entry in (*service.hosts, *service.paths):
            hint = "Name the part of it that takes reports, or leave it out."
            row.complain("reporting", "opens-service", f"{entry!r} is the service itself.", hint)
    return service


def _is_path(text: str) -> bool:
    host, slash, rest = text.partition("/")
    return bool(slash and rest) and is_host(host) and text == text.lower() and not text.endswith("/")


@cache
def services() -> Mapping[str, Service]:
    """The services we ship, by id, in the order of the files."""
    return {service.id: service for service in load(FOLDER)}


@cache
def _by_host() -> Mapping[str, tuple[tuple[str, Service], ...]]:
    """Host → what its services cover there: a path prefix, empty for the whole host."""
    table: dict[str, list[tuple[str, Service]]] = {}
    for service in services().values():
        for host in service.hosts:
            table.setdefault(host, []).append(("", service))
        for path in service.paths:
            host, _, rest = path.partition("/")
            table.setdefault(host, []).append((f"/{rest}", service))
    return {host: tuple(sorted(pairs, key=lambda pair: -len(pair[0]))) for host, pairs in table.items()}


def services_at(address: Address, names: Sequence[str] = ()) -> tuple[Service, ...]:
    """The services an address belongs to: the nearest name first, and there the longest path first.

    Args:
        address: canonical; only its host and path are looked at. Paths are compared without regard to case.
        names: its host and every parent of it, where they are at hand.
    """
    table = _by_host()
    names = names or lineage(address.host)
    if table.keys().isdisjoint(names):
        return ()
    found: dict[str, Service] = {}
    for host in names:
        if host in table:
            path = address.path.lower()
            for prefix, service in table[host]:
                if not prefix or path == prefix or path.startswith(f"{prefix}/"):
                    found.setdefault(service.id, service)
    return tuple(found.values())


def has_parts(names: Sequence[str]) -> bool:
    """Whether a service is only a part of a site.

    Args:
        names: the site's host and every parent of it.
    """
    table = _by_host()
    return any(prefix for name in names for prefix, _ in table.get(name, ()))


def describe() -> str:
    """The reference page of all services, as Markdown."""
    lines = [
        "# One-click services",
        "",
        "Generated by `make docs` from `rules/services/`. A policy names a service by its id; a host covers",
        "itself and all below, a path covers itself and what is under it. Where a service takes reports and",
        "gives help stays open while it is closed: see [write-a-policy.md](write-a-policy.md#report-pages).",
        "",
        f"{len(services())} services.",
    ]
    group = ""
    for service in services().values():
        if service.group != group:
            group = service.group
            lines += [
                "",
                f"## {group}",
                "",
                "| id | service | category | hosts and paths | reports and help |",
                "| --- | --- | --- | --- | --- |",
            ]
        covered = " ".join(f"`{name}`" for name in (*service.hosts, *service.paths))
        reports = " ".join(f"`{name}`" for name in service.reporting)
        lines.append(f"| `{service.id}` | {service.title} | `{service.category}` | {covered} | {reports} |")
    return "\n".join(lines) + "\n"
