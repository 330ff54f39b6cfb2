"""A control's journal: an object a line; no query, no path, no visit to a help service, but for faults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance_tests.controls.decision import split_target
from conformance_tests.controls.faults import Fault
from conformance_tests.lab.spelling import plain_host

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Journal:
    """What a control writes down."""

    def __init__(self, path: Path, fault: Fault | None, help_hosts: frozenset[str]) -> None:
        """Written to `path`; `help_hosts` and what is below them never appear."""
        self.path = path
        self.fault = fault
        self.help_hosts = help_hosts

    def note(self, at: datetime, url: str, category: str | None) -> None:
        """One decision."""
        scheme, host, _, _ = split_target(url)
        name = plain_host(host)
        is_help = any(name == known or name.endswith(f".{known}") for known in self.help_hosts)
        if is_help and self.fault is not Fault.HELP_IN_JOURNAL:
            return
        record = {
            "at": at.isoformat(timespec="seconds"),
            "who": "everyone",
            "address": url if self.fault is Fault.SECRETS_KEPT else f"{scheme}://{name}/",
            "category": category,
            "action": "block" if category else "allow",
            "rule": f"{name} in the list {category}" if category else None,
        }
        if self.fault is Fault.RECORDS_WITHOUT_RULE:
            record |= {"rule": None, "category": None}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
