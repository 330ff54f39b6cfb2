"""The controls' driver: writes the settings a control reads, fetches its list, hands out its journal.

Run as a program: `python -m conformance_tests.controls.driver [--fault WORD]`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.controls.known import AGES
from conformance_tests.controls.settings import ahead_of

_NAME = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z0-9-]+")


class Household:
    """The settings as this driver last wrote them."""

    def __init__(self, work: Path, fault: Fault | None) -> None:
        """`work` is the control's folder."""
        self.work = work
        self.fault = fault
        self.told: dict[str, Any] = {"profile": "child", "blocked": [], "opened": []}

    def change(self, change: dict[str, Any]) -> None:
        """One change of settings."""
        match change["change"]:
            case "block-host" | "allow-host" as word if change.get("scope") == "person":
                self.told.setdefault("persons", {})[change["host"]] = word == "allow-host"
            case "allow-host":
                self.told.setdefault("allowed", []).append(change["host"])
            case "block-host":
                self.told["blocked"].append(change["host"])
            case "unblock-host":
                self.told["blocked"].remove(change["host"])
            case "open-category":
                self.told["opened"].append(change["category"])
            case "close-category":
                self.told["opened"] = [one for one in self.told["opened"] if one != change["category"]]
            case "change-profile":
                self.told["profile"] = change["profile"]
                self.told["age"] = AGES[change["profile"]][0]
            case "pause" | "resume" as word:
                self.told["paused"] = word == "pause"
            case "schedule":
                told = ("closed", "zone", "holidays", "spared")
                self.told |= {"spared": ""} | {key: change[key] for key in told if key in change}
            case "budget":
                self.told["is_spent"] = change["minutes"] == 0
            case "country":
                self.told["country"] = change["country"]
            case "allow-address":
                self.told.setdefault("reach", []).append(change["address"])
            case "unlisted":
                self.told["unlisted"] = change["action"]
            case "override":
                ends = self.told.setdefault("overrides", {})
                ends[change["host"]] = time.time() + self.told.get("ahead", 0) + change["minutes"] * 60
            case "close-class" | "open-class" as word:
                closed = set(self.told.get("classes", ()))
                changed = closed | {change["class"]} if word == "close-class" else closed - {change["class"]}
                self.told["classes"] = sorted(changed)
        self.write()

    def update(self, source: str, category: str) -> None:
        """Fetch the list; what does not look like one never replaces one that did."""
        try:
            with urllib.request.urlopen(source, timeout=5) as answer:  # noqa: S310 - the case's own http address
                text = answer.read(1 << 20).decode("utf-8", "replace")
        except OSError:
            text = ""
        lines = text.split("\n")
        names = [line.strip() for line in lines if _NAME.fullmatch(line.strip())]
        is_list = bool(names) and len(names) >= len([line for line in lines if line.strip()]) / 2
        if is_list or self.fault is Fault.GARBAGE_TAKEN:
            self.told["subscribed"] = dict.fromkeys(names, category)
            self.write()

    def journal(self) -> list[Any]:
        """Every record."""
        path = self.work / "journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def write(self) -> None:
        """Replace the settings file in one step."""
        fresh = self.work / "settings.new"
        fresh.write_text(json.dumps(self.told))
        os.replace(fresh, self.work / "settings.json")  # noqa: PTH105 - named as the system call is


def answer(household: Household, told: dict[str, Any]) -> dict[str, Any]:
    """Do what one question asks for."""
    match told["do"]:
        case "configure":
            household.change(told)
        case "clock":
            household.told["ahead"] = ahead_of(told["at"])
            household.write()
        case "update":
            household.update(told["source"], told["category"])
        case "journal":
            return {"records": household.journal()}
    return {}


def main() -> None:
    """Answer questions until the examiner closes the line."""
    parser = argparse.ArgumentParser(description="The driver of a control.")
    parser.add_argument("--fault", default="", choices=["", *Fault, *Sham])
    fault = next((known for known in Fault if known == parser.parse_args().fault), None)
    household: Household | None = None
    for line in sys.stdin:
        told = json.loads(line)
        if household is None:
            household = Household(Path(told["work"]), fault)
            done: dict[str, Any] = {"protocol": 1, "verbs": ["configure", "journal", "clock", "update"]}
        else:
            done = answer(household, told)
        sys.stdout.write(json.dumps({"id": told["id"], "ok": True, **done}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
