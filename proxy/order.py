"""One plain request as the exchange handles it: what is asked for, and how it goes out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from proxy.flows import is_opened, is_page
from proxy.head import HeadError
from proxy.stay import Use
from proxy.wire import ABSOLUTE, host_agrees, request_bytes
from rules.address import Address, AddressError, parse
from rules.bypass import ways_of
from rules.decide import Reason, Request, refuse

if TYPE_CHECKING:
    from proxy.head import Head
    from proxy.identity import Asker
    from rules.decide import Decision


class Order(NamedTuple):
    """A request to be decided and sent.

    Attributes:
        head: as the client sent it.
        address: where it leads.
        path: path and query as sent.
        length: bytes of its body.
        request: what is decided on.
        refusal: why it is not even decided on: its Host field names another place than its target.
    """

    head: Head
    address: Address
    path: bytes
    length: int
    request: Request
    refusal: Decision | None

    @property
    def port(self) -> int:
        """The port it leads to."""
        return self.address.port or 80

    def wire(self) -> bytes:
        """Its head as it goes to the site."""
        return request_bytes(self.head, self.path, self.address)

    def use(self, decision: Decision) -> Use:
        """What a connection is used for when it is served."""
        wanted, taken = self.head.get(b"sec-fetch-dest"), self.head.get(b"accept")
        return Use(request=self.request, decision=decision, load=is_opened(wanted or None, taken or None))


def read_order(head: Head, asker: Asker) -> Order:
    """What a head asks of a plain proxy.

    Args:
        head: the head.
        asker: who asks.

    Raises:
        HeadError: no address of the web.
    """
    place = ABSOLUTE.match(head.target)
    if place is None:
        raise HeadError("it asks for no address of the web")
    try:
        address = parse(head.target)
    except AddressError as error:
        raise HeadError(f"it asks for no address of the web: {error.reason}") from error
    page_load = is_page(head.get(b"sec-fetch-dest") or None, head.get(b"accept") or None)
    return Order(
        head=head,
        address=address,
        path=place[2].encode("ascii"),
        length=int(head.get(b"content-length") or 0),
        request=Request(
            address=address,
            text=head.target,
            page_load=page_load,
            person=asker.person,
            findings=ways_of((head.get(b"content-type"), head.get(b"accept"))),
            device=asker.device,
        ),
        refusal=None if host_agrees(head, place[1], address) else _doubt(address),
    )


def _doubt(address: Address) -> Decision:
    because = f"The request can't be trusted: it asks for {address.host} and names another host."
    return refuse(Reason.BYPASS, because)


def is_for_mitmproxy(head: Head) -> bool:
    """What the exchange does not do itself: other protocols, bodies of unknown length, and HTTP/1.0."""
    return (
        head.upgrade
        or head.version == "1.0"
        or bool(head.get(b"transfer-encoding") or head.get(b"expect") or head.get(b"upgrade"))
    )
