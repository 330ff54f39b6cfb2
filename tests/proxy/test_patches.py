"""Each patch of mitmproxy's core does what it replaces, and stays out where it does not know the source."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.http import Headers

from proxy import patches
from proxy.gateway import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = st.sampled_from([b"Host", b"host", b"X-A", b"x-a", b"Set-Cookie", b"\xff"])
FIELDS = st.lists(st.tuples(NAMES, st.binary(max_size=8)), max_size=6)
ASKED = st.sampled_from(["host", "HOST", "x-a", "set-cookie", "missing", b"host", "\udcff"])


def test_this_mitmproxy_is_one_the_patches_were_tested_with() -> None:
    assert {
        name: print_ in patches.TESTED[name] for name, print_ in patches.sources().items()
    } == dict.fromkeys(patches.TESTED, True)


@given(FIELDS, ASKED)
def test_the_quick_headers_answer_like_the_slow_ones(
    fields: list[tuple[bytes, bytes]], asked: str | bytes
) -> None:
    """The stock answers come from the functions that were kept when the module was imported."""
    headers = Headers(fields)
    stock_all = patches._stock["Headers"]["get_all"](headers, asked)
    assert patches._get_all(headers, asked) == stock_all
    assert patches._get(headers, asked, "none") == (", ".join(stock_all) if stock_all else "none")
    assert patches._contains(headers, asked) == bool(stock_all)


def test_a_name_of_another_kind_is_in_no_headers() -> None:
    assert not patches._contains(Headers([(b"1", b"x")]), 1)


@pytest.mark.parametrize("patch", list(patches.TESTED))
def test_a_patch_stays_out_where_the_source_is_another(patch: str) -> None:
    """In a process of its own, because what is installed stays installed."""
    code = (
        "from proxy import patches\n"
        f"patches.TESTED[{patch!r}] = frozenset()\n"
        "class Own: pass\n"
        "print(','.join(sorted(patches.install(Own))))\n"
        "from mitmproxy import http\n"
        "print(http.Headers.get_all is patches._get_all, http.MessageData.__post_init__ is patches._trust,\n"
        "      hasattr(Own, 'server_event'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, placed = done.stdout.splitlines()
    assert names == ",".join(sorted(set(patches.TESTED) - {patch}))
    assert placed == f"{patch != 'headers'} {patch != 'type_check'} {patch != 'server_event'}"


def test_a_running_gate_has_all_of_them(start_gate: Callable[..., Any]) -> None:
    gate = start_gate("country: GB\npeople: {everyone: {profile: tween}}\n")
    assert set(gate.gate.patches) == set(patches.TESTED)
    assert Connection.server_event is patches.server_event
