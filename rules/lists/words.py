"""The words of list lines: a host, a network, a path become rules; whatever can't be judged gets a reason.

Knows public suffixes and reserved names; knows no list format.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from rules.address.host import AddressError, canonical
from rules.address.parsing import canonical_path, parse
from rules.address.suffix import is_suffix, is_top

from .entry import Covers, Kind, Refusal, Rule

# Names that every hosts file begins with, and what RFC 6761 and RFC 8375 keep for the local network.
LOCAL = frozenset(
    (  # noqa: SIM905 -- words are read more easily than a column of quoted strings
        "localhost localhost.localdomain local broadcasthost ip6-localhost ip6-loopback ip6-localnet "
        "ip6-mcastprefix ip6-allnodes ip6-allrouters ip6-allhosts "
        "localdomain invalid onion arpa home.arpa lan"
    ).split()
)
PORTLESS = "port-in-line"


def host_rule(text: str, covers: Covers = Covers.NAME_AND_BELOW, *, suffix: bool = False) -> Rule | Refusal:
    """Make a rule from a host as a list spells it.

    Args:
        text: a name or an IP address, any case, Unicode or A-labels.
        covers: what the format says that it reaches.
        suffix: accept a public suffix.

    Returns:
        The rule, of kind network for an IP address; or why there is none.
    """
    if "*" in text:  # browsers take it as a letter of a host, no list means it so
        return Refusal("wildcard-inside-name")
    try:
        host = canonical(text)
    except AddressError as error:
        return Refusal(_reason(text, error))
    if host.ip is not None:
        return network_rule(text) if text.strip(".") == host.name else Refusal("number-as-name")
    name = host.name
    if name in LOCAL:
        return Refusal("local-name")
    if len(name) > 253 or any(len(label) > 63 for label in name.split(".")):
        return Refusal("name-too-long")
    if is_suffix(name) and not suffix:
        return Refusal("public-suffix" if "." in name or is_top(name) else "single-label")
    return Rule(name, Kind.NAME, covers)


def _reason(text: str, error: AddressError) -> str:
    if "://" in text:
        return "url-in-place-of-name"
    return "empty-label" if "empty label" in error.reason or not text.strip(".") else "malformed-name"


def network_rule(text: str) -> Rule | Refusal:
    """Make a rule from an IP address or a network in CIDR form.

    Args:
        text: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; bits beyond the mask are cleared.

    Returns:
        The rule, or why there is none.
    """
    try:
        network = ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return Refusal("malformed-network")
    if network.prefixlen < (8 if network.version == 4 else 19):  # nobody is given more (RFC 7020 practice)
        return Refusal("network-too-broad")
    return Rule(str(network), Kind.NETWORK, Covers.NAME)


def is_ip(text: str) -> bool:
    """Tell whether a word is an IP address in its usual form."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def path_rule(text: str, *, suffix: bool = False) -> Rule | Refusal:
    """Make a rule from a host with a path, with or without a scheme in front.

    Args:
        text: `host/path`, `http://host/path?query`.
        suffix: accept a public suffix where there is no path.

    Returns:
        A rule of kind path: host, path and query in canonical form; a name or network where there is no path.
    """
    try:
        address = parse(text)
    except AddressError as error:
        return Refusal("no-host" if error.reason == "no host" else "malformed-address")
    if address.path == "/" and not address.query:
        return host_rule(address.host, suffix=suffix)
    if address.ip is None and "." not in address.host:
        return Refusal("single-label")
    query = f"?{address.query}" if address.query else ""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return Rule(f"{host}{canonical_path(address.path)}{query}", Kind.PATH)
