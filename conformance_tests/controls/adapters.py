"""The adapters that start the controls: each gets what a product gets, and nothing more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from conformance_tests.adapter import Adapter
from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.controls.known import AGES
from standard import capability
from standard.words import Stand

if TYPE_CHECKING:
    from standard.catalogue import Catalogue

FLAWLESS = "flawless"
_PROXY = ("conformance_tests.controls.program", "--listen", "$LISTEN", "--ca", "$CA", "--work", "$WORK")
_GATEWAY = (*_PROXY, "--also", "$LISTEN_HOST6")
_RESOLVER = ("conformance_tests.controls.resolver", "--listen", "$LISTEN", "--also", "$LISTEN_HOST6")

_BLOCKED = (
    "block-against-category", "household-against-person", "two-categories", "parent-against-host",
    "path-against-host", "label-against-allow",
)  # fmt: skip
_ALLOWED = (
    "allow-against-category", "person-against-household", "host-against-parent", "schedule-against-allow",
    "override-against-category", "help-against-all",
)  # fmt: skip
_BRACKETS = {
    "under-6": "toddler", "from-6": "child", "from-12": "teen", "from-16": "youth", "under-13": "child",
    "from-13-to-15": "teen", "from-16-to-17": "youth", "adult": "adult",
}  # fmt: skip
_CLASSES = [
    "social", "chat", "video-call", "webmail", "streaming", "games", "file-sharing", "dating",
    "generated-chat",
]  # fmt: skip
_ORDER = dict.fromkeys(_BLOCKED, "blocked") | dict.fromkeys(_ALLOWED, "allowed")


def adapter_of(control: str, stand: Stand, catalogue: Catalogue) -> Adapter:
    """The adapter that starts a control at a stand.

    Args:
        control: `flawless`, a fault or a sham.
        stand: where it stands.
        catalogue: the loaded standard.
    """
    described = _described(control, stand, [] if control == Fault.SAYS_LITTLE else [*catalogue.capabilities])
    fault = () if control == FLAWLESS else ("--fault", control)
    program = {Stand.DNS_RESOLVER: _RESOLVER, Stand.GATEWAY: _GATEWAY}.get(stand, _PROXY)
    return Adapter(
        id=f"control-{control}",
        name=f"Control: {control}",
        vendor="The examiner",
        homepage="https://control.example/",
        version=("echo", "1.0"),
        version_pattern=r"(\S+)",
        stands={stand: (sys.executable, "-m", *program, "--lists", "$LISTS", *fault)},
        statement=capability.parse(described, catalogue, place=lambda *_: "control"),
        statement_data=described,
        rules=_rules(control),
        files={"settings.json": "{}"},
        keeps={"lists": ("lists/*/*",), "journal": ("journal.jsonl",), "trust-anchor": ("control-ca.pem",)},
        authority="" if stand is Stand.DNS_RESOLVER else "$WORK/control-ca.pem",
        marks={
            "is-a-block": "Blocked by",
            "by-what": "Control filter",
            "why": "belongs to the category",
            "what-to-do": "What to do",
        },
        order=_ORDER,
        signal="KILL",
        grace=0,
        # A sham never gets ready, and there is nothing to learn from waiting.
        driver=(sys.executable, "-m", "conformance_tests.controls.driver", *fault),
        patience=2 if control in set(Sham) else 30,
    )


def _described(control: str, stand: Stand, offers: list[str]) -> dict[str, Any]:
    """A control's capability statement: whole, but for the one that says little."""
    described: dict[str, Any] = {
        "format": 1,
        "product": {"id": f"control-{control}", "name": f"Control: {control}", "vendor": "The examiner"},
        "audience": "Nobody: a fake that shows a case can fail.",
        "stands": [stand],
        "offers": offers,
        "lacks": [],
        "limits": [
            {
                "text": "A metasearch instance under a name that no list holds stays open.",
                "clauses": ["content.engines-without-safe-mode"],
            }
        ],
    }
    described["profiles"] = [{"id": name, "from": first, "to": last} for name, (first, last) in AGES.items()]
    if control == Fault.SAYS_LITTLE:
        return described
    return described | {
        "settings": ["home"],
        "languages": [],
        "unknown_sites": dict.fromkeys(AGES, "allow"),
        "brackets": _BRACKETS,
        "classes": _CLASSES,
        "ports": [{"protocol": "tcp", "port": 8080, "address": "as told", "purpose": "the filter"}],
        "flows": [],
        "lists": [{"source": "the case", "licence": "none"}],
    }


def _rules(control: str) -> str:
    """A gateway's rules: names and connections come to it, and nothing else goes on."""
    lan = 'iifname "lan0"'
    if control == Fault.IPV6_UNGUARDED:
        lan += " meta nfproto ipv4"
    names = [f"{lan} {transport} dport 53 redirect to :5353" for transport in ("udp", "tcp")]
    connections, passing = f"{lan} meta l4proto tcp redirect to :8080", ""
    match control:
        case Fault.OTHER_RESOLVERS_ANSWER:
            own = '"lan0" fib daddr type local'
            names = [f"iifname {own} {transport} dport 53 redirect to :5353" for transport in ("udp", "tcp")]
            passing = "meta l4proto { tcp, udp } th dport 53 accept"
            connections = f"{lan} tcp dport != 53 redirect to :8080"
        case Fault.ODD_PORTS_UNGUARDED:
            connections, passing = (
                f"{lan} tcp dport {{ 80, 443, 853 }} redirect to :8080",
                "meta l4proto tcp accept",
            )
        case Fault.PORT_853_PASSES:
            connections, passing = f"{lan} tcp dport != 853 redirect to :8080", "tcp dport 853 accept"
        case Fault.DATAGRAMS_ROUTED:
            passing = "meta l4proto udp accept"
        case Fault.IPV6_UNGUARDED:
            passing = "meta nfproto ipv6 accept"
        case _:
            pass
    redirected = "; ".join([*names, connections])
    return f"""table inet gateway {{
  chain comes {{ type nat hook prerouting priority dstnat; {redirected}; }}
  chain goes {{ type filter hook forward priority filter; policy drop; iifname "wan0" accept; {passing}; }}
}}
"""
