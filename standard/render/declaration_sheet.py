"""The declaration as PDF, from its plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .typesetter import typeset
from .wording import day, percent, thousands

if TYPE_CHECKING:
    from collections.abc import Mapping


def render(declared: Mapping[str, Any]) -> bytes:
    """The declaration to read and to file; the signed JSON beside it is the one that counts."""
    return typeset("declaration.typ", _data(declared), at=declared["declared_on"])


def _data(declared: Mapping[str, Any]) -> dict[str, Any]:
    product, edition, scope, run = (declared[key] for key in ("product", "edition", "scope", "run"))
    facts = [
        ("Product", f"{product['name']} {product['version']}"),
        ("Supplier", product["vendor"] or "not named"),
        ("Build", product["build"] or "not named"),
        ("Standard", f"{edition['title']}, edition {edition['id']} ({edition['status']})"),
        ("Stand, level", f"{scope['stand']}, {scope['level']}; setting {scope['setting']}"),
        ("Modules", ", ".join(scope["modules"])),
        ("For", scope["audience"] or "not stated"),
        ("Languages", ", ".join(scope["languages"]) or "none claimed"),
        ("Run", f"{run['id']}, {thousands(run['cases'])} cases, {thousands(run['records'])} records"),
        ("Lab", f"{run['lab']}; seed {run['seed']}"),
        ("Runs of this build kept", str(run["runs_of_build"])),
    ]
    return {
        "title": f"Declaration: {product['name']} {product['version']}",
        "product": f"{product['name']} {product['version']}",
        "vendor": product["vendor"],
        "says": declared["says"],
        "sentence": declared["sentence"],
        "declared": day(declared["declared_on"]),
        "expires": day(declared["expires_on"]),
        "facts": facts,
        "numbers": [_number(number) for number in declared["numbers"]],
        "limits": [[one["capability"] or "limit", one["because"]] for one in declared["limits"]],
        "not_applicable": [
            [one["number"], one["title"], one["because"]] for one in declared["not_applicable"]
        ],
        "not_satisfied": [
            [one["number"], f"{one['title']} ({one['obligation']})", one["because"]]
            for one in declared["not_satisfied"]
        ],
        "not_examined": [[one["number"], one["text"], one["method"]] for one in declared["not_examined"]],
        "fingerprint": declared["key"]["fingerprint"],
        "note": declared["key"]["note"],
        "draft": edition["note"],
        "edition_sha256": edition["sha256"],
        "cases_sha256": run["cases_sha256"],
    }


def _number(number: Mapping[str, Any]) -> list[str]:
    seen = f"{number['passed']} of {number['counted']}"
    if "seen" in number:
        relation = "at least" if number["is_floor"] else "at most"
        low, high = number["wilson"]
        seen += f"; {percent(number['seen'])} ({percent(low)} to {percent(high)})"
        supports = f"{relation} {percent(number['bound'])}"
    elif number.get("quantity") and number["quantity"]["seen"] is not None:
        quantity = number["quantity"]
        seen += f"; {quantity['statistic']} {quantity['seen']:g} {quantity['unit']}"
        supports = "" if quantity["bound"] is None else f"at most {quantity['bound']:g} {quantity['unit']}"
    elif number.get("difference") and number["difference"]["seen"] is not None:
        seen += f"; {number['difference']['seen']:.1f} points"
        bound = number["difference"]["bound"]
        supports = "" if bound is None else f"at most {bound:.1f} points"
    else:
        supports = ""
    return [number["number"], number["criterion"], number["asked"], seen, supports]
