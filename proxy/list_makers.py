"""Makers of well-known lists: their terms, said where the list itself does not say them, and their wishes.

Facts about others, kept small: a licence and whom to name, and the hours in which a maker asks not to be
visited. What a list says of itself goes before what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """One maker of lists.

    Attributes:
        host: where its lists are served.
        path: how their path begins there.
        licence: its terms.
        attribution: whom to name.
        hours: when it may be asked, `HH-HH` in UTC; empty for any time.
    """

    host: str
    path: str = "/"
    licence: str
    attribution: str
    hours: str = ""


_UT1 = {"licence": "CC BY-SA 4.0", "attribution": "Fabrice Prigent, Université Toulouse Capitole"}
_RAW = "raw.githubusercontent.com"
_HAGEZI = {"licence": "GPL-3.0", "attribution": "HaGeZi, https://github.com/hagezi/dns-blocklists"}
_BLOCK_LIST = {
    "licence": "Unlicense",
    "attribution": "The Block List Project, https://github.com/blocklistproject/Lists",
}
_SINFONIETTA = {"licence": "MIT", "attribution": "Sinfonietta, https://github.com/Sinfonietta/hostfiles"}

MAKERS: tuple[Maker, ...] = (
    # The university's site asks for no downloads from 08 to 19 h GMT.
    Maker(host="dsi.ut-capitole.fr", hours="19-08", **_UT1),
    Maker(host=_RAW, path="/olbat/ut1-blacklists/", **_UT1),
    Maker(
        host=_RAW,
        path="/StevenBlack/hosts/",
        licence="MIT",
        attribution="Steven Black, https://github.com/StevenBlack/hosts",
    ),
    Maker(host=_RAW, path="/hagezi/dns-blocklists/", **_HAGEZI),
    Maker(host="blocklistproject.github.io", **_BLOCK_LIST),
    Maker(host=_RAW, path="/blocklistproject/Lists/", **_BLOCK_LIST),
    Maker(host=_RAW, path="/Sinfonietta/hostfiles/", **_SINFONIETTA),
)


def maker_of(source: str) -> Maker | None:
    """The maker of a list by its address, or None where none is known.

    Args:
        source: a path or an http(s) address.
    """
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    return next(
        (one for one in MAKERS if one.host == host and parts.path.lower().startswith(one.path.lower())), None
    )
