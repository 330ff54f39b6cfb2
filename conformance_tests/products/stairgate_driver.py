"""Stairgate's driver: does what an adult does, with the command line and the files of the product alone.

Speaks the driver protocol (`conformance_tests/schemas/driver.schema.json`) over standard input and output. It
imports nothing of the product.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_FAKETIME = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
)
_LIST = "subscribed"
# The standard's class of service -> what an adult closes here: categories, and single services.
_CLASSES = {
    "social": [("categories", "social_networks"), ("categories", "short_video")],
    "chat": [("categories", "messaging")],
    "video-call": [("services", "zoom"), ("services", "microsoft_teams"), ("services", "google_meet")],
    "webmail": [("services", "gmail"), ("services", "outlook"), ("services", "yahoo_mail")],
    "streaming": [("categories", "video_streaming"), ("categories", "music_radio")],
    "games": [("categories", "games")],
    "file-sharing": [("categories", "file_sharing")],
    "dating": [("categories", "dating")],
    "generated-chat": [("categories", "ai_chat")],
}


class CannotError(Exception):
    """The product, or this machine, can't do what was asked for."""


class Household:
    """The policy as this driver last wrote it."""

    def __init__(self, told: dict[str, Any]) -> None:
        """`told` is the examiner's `start`."""
        self.home = Path(told["work"]) / "home"
        self.everyone: dict[str, Any] = {"profile": told["profile"]}
        self.policy: dict[str, Any] = {
            "country": "GB",
            "zone": "UTC",
            "trust": [told["ca"]],
            "people": {"everyone": self.everyone},
        }

    def change(self, told: dict[str, Any]) -> None:
        """One change of settings, as an adult would make it in the policy file."""
        match told["change"]:
            case "block-host" | "allow-host" as word:
                whose = self.everyone if told.get("scope") == "person" else self.policy
                whose.setdefault(word.removesuffix("-host"), []).append(told["host"])
            case "unblock-host":
                self.policy["block"] = [host for host in self.policy.get("block", []) if host != told["host"]]
            case "close-category":
                self.everyone.setdefault("categories", {})[told["category"]] = "block"
            case "open-category":
                self.everyone.setdefault("categories", {})[told["category"]] = "allow"
            case "change-profile":
                self.everyone["profile"] = told["profile"]
            case "pause":
                self.everyone["schedules"] = [_closing("Pause", ["00:00-24:00"])]
            case "resume":
                self.everyone.pop("schedules", None)
            case "schedule" if not told["closed"]:
                self.everyone.pop("schedules", None)
            case "schedule":
                self.policy["zone"] = told.get("zone", "UTC")
                if holidays := told.get("holidays"):
                    self.policy["school"] = {
                        "days": ["mon", "tue", "wed", "thu", "fri"],
                        "holidays": holidays,
                    }
                spared = {"spare": [told["spared"]]} if "spared" in told else {}
                self.everyone["schedules"] = [_closing("Closed", told["closed"]) | spared]
            case "budget" if told["minutes"] < 0:
                self.everyone.pop("budgets", None)
            case "budget":
                self.everyone["budgets"] = {"everything": told["minutes"]}
            case "country":
                self.policy["country"] = told["country"].upper()
            case "allow-address":
                self.policy.setdefault("reach", []).append(told["address"])
            case "unlisted":
                self.everyone.setdefault("categories", {})["uncategorised"] = told["action"]
            case "override":
                self._run("override", "add", told["host"], "--for", f"{round(told['minutes'])}m")
                return
            case "close-class" | "open-class" as word:
                action = "block" if word == "close-class" else "allow"
                for kind, name in _CLASSES[told["class"]]:
                    self.everyone.setdefault(kind, {})[name] = action
            case other:
                msg = f"there is no setting for {other}"
                raise CannotError(msg)
        self._write()

    def update(self, told: dict[str, Any]) -> None:
        """Subscribe to the list, or fetch it again where it is subscribed to."""
        shown = self._run("lists", "show", "--json")
        known = any(json.loads(line)["name"] == _LIST for line in shown.splitlines())
        if known:
            # Exit 1 says that a source is in trouble; whether the list still holds is seen at the pages.
            self._run("lists", "update", may_fail=True)
        else:
            self._run("lists", "add", _LIST, told["source"], "--category", told["category"], may_fail=True)

    def journal(self) -> list[dict[str, Any]]:
        """The export, in the protocol's words."""
        rows = [json.loads(line) for line in self._run("log", "export").splitlines()]
        return [
            {
                "at": row["at"],
                "who": row["person"] or row["device"],
                "address": row["url"] or row["host"],
                "category": row["category"],
                "action": row["action"],
                "rule": json.dumps(row["rule"]) if row["rule"] else row["reason"],
            }
            for row in rows
        ]

    def _run(self, *words: str, may_fail: bool = False) -> str:
        command = ["stairgate", *words, "--home", str(self.home)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        if done.returncode and not may_fail:
            msg = f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()[:200]}"
            raise CannotError(msg)
        return done.stdout

    def _write(self) -> None:
        """The policy file, replaced in one step; JSON is YAML too."""
        path = self.home / "policy.yaml"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(self.policy, indent=1) + "\n")
        os.replace(fresh, path)  # noqa: PTH105 - replaces atomically; named as the system call is


def _closing(name: str, windows: list[str]) -> dict[str, Any]:
    return {"name": name, "on": ["everything"], "block": windows}


def _false_clock(at: str) -> dict[str, str]:
    library = next((path for path in _FAKETIME if Path(path).exists()), None)
    if library is None:
        msg = "libfaketime is not on this machine"
        raise CannotError(msg)
    # The instant as local time would be read in TZ, which the examiner sets to UTC.
    return {
        "LD_PRELOAD": library,
        "FAKETIME": f"@{at.removesuffix('Z').replace('T', ' ')}",
        # The gate doubts a clock that no time server keeps, and a false one has none. Who starts it vouches.
        "STAIRGATE_CLOCK": "machine",
    }


def main() -> None:
    """Answer questions until the examiner closes the line."""
    household: Household | None = None
    for line in sys.stdin:
        told = json.loads(line)
        answer: dict[str, Any] = {"id": told["id"], "ok": True}
        try:
            match told["do"], household:
                case "start", _:
                    household = Household(told)
                    answer |= {"protocol": 1, "verbs": ["configure", "journal", "clock", "update"]}
                case "configure", Household():
                    household.change(told)
                case "update", Household():
                    household.update(told)
                case "journal", Household():
                    answer["records"] = household.journal()
                case "clock", _:
                    answer["environment"] = _false_clock(told["at"])
                case other, _:
                    answer |= {"ok": False, "because": f"there is no {other} here"}
        except CannotError as error:
            answer |= {"ok": False, "because": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
