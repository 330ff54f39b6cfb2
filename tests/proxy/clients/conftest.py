"""A gate, a site behind it, and the three ways a client may be served: plain, looked into, passed on."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from .site import Server, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = "good.example"
WAYS = ("plain", "looked into", "passed on")


@dataclass
class Road:
    """From a client to the site."""

    gate: Any
    site: Server
    way: str
    trusted: Path

    @property
    def base(self) -> str:
        """The site's address, as a client asks for it."""
        return f"{'http' if self.way == 'plain' else 'https'}://{NAME}:{self.site.port}"

    @property
    def ca(self) -> str:
        """Whom the client trusts, and nobody else: who signs shows which way it was served."""
        return str(self.trusted) if self.way == "passed on" else str(self.gate.ca)

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)


@pytest.fixture
def road(
    tmp_path: Path, origin_authority: Any, start_gate: Callable[..., Any]
) -> Iterator[Callable[..., Road]]:
    """`road(way)`; `host`: where the site lies, `listen`: where the gate does, `rules`: into the policy."""
    ca_file, context = origin_authority
    folder = tmp_path / "site"
    folder.mkdir()
    with contextlib.ExitStack() as opened:

        def build(way: str, *, host: str = "127.0.0.1", rules: str = "", **settings: Any) -> Road:
            site = opened.enter_context(serve(folder, None if way == "plain" else context(NAME), host))
            place = f"[{host}]:{site.port}" if ":" in host else f"{host}:{site.port}"
            decrypt = "false" if way == "passed on" else "true"
            gate = start_gate(
                f"country: GB\npeople: {{everyone: {{profile: tween, decrypt: {decrypt}}}}}\n"
                f"names: {{{NAME}: '{host}'}}\nreach: ['{place}']\ntrust: ['{ca_file}']\n{rules}",
                **settings,
            )
            return Road(gate, site, way, ca_file)

        yield build


@pytest.fixture(params=WAYS)
def each_way(request: pytest.FixtureRequest, road: Callable[..., Road]) -> Road:
    """Each of the three ways in turn."""
    return road(request.param)
