"""The adapters that start the controls: each gets what a product gets, and nothing more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from conformance_tests.adapter import Adapter
from conformance_tests.controls.faults import Sham
from standard import capability
from standard.words import Stand

if TYPE_CHECKING:
    from standard.catalogue import Catalogue

FLAWLESS = "flawless"
_PROXY = ("conformance_tests.controls.gate", "--listen", "$LISTEN", "--ca", "$CA", "--work", "$WORK")
_RESOLVER = ("conformance_tests.controls.resolver", "--listen", "$LISTEN", "--also", "$LISTEN_HOST6")


def adapter_of(control: str, stand: Stand, catalogue: Catalogue) -> Adapter:
    """The adapter that starts a control at a stand.

    Args:
        control: `flawless`, a fault or a sham.
        stand: where it stands.
        catalogue: the loaded standard.
    """
    described = {
        "format": 1,
        "product": {"id": f"control-{control}", "name": f"Control: {control}", "vendor": "The examiner"},
        "audience": "Nobody: a fake that shows a case can fail.",
        "stands": [stand],
        "offers": [],
        "lacks": [],
    }
    fault = () if control == FLAWLESS else ("--fault", control)
    program = _RESOLVER if stand is Stand.DNS_RESOLVER else _PROXY
    return Adapter(
        id=f"control-{control}",
        name=f"Control: {control}",
        vendor="The examiner",
        homepage="",
        version=("true",),
        version_pattern="(.*)",
        stands={stand: (sys.executable, "-m", *program, "--lists", "$LISTS", *fault)},
        statement=capability.parse(described, catalogue, place=lambda *_: "control"),
        statement_data=described,
        authority="" if stand is Stand.DNS_RESOLVER else "$WORK/control-ca.pem",
        marks={
            "is-a-block": "Blocked by",
            "by-what": "Control filter",
            "why": "belongs to the category",
            "what-to-do": "What to do",
        },
        signal="KILL",
        grace=0,
        # A sham never gets ready, and there is nothing to learn from waiting.
        patience=2 if control in set(Sham) else 30,
    )
