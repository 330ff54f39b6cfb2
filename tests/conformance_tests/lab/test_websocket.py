"""WebSocket messages as the lab frames and reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance_tests.lab.websocket import frame_text, read_text


@given(text=st.text(max_size=500), fragment=st.integers(0, 40), is_deflated=st.booleans())
def test_a_message_is_read_as_it_was_framed(text: str, fragment: int, *, is_deflated: bool) -> None:
    """In one frame or many, compressed or not."""
    framed = frame_text(text, fragment, is_deflated=is_deflated)
    assert read_text(framed) == (text.encode(), True)


def test_a_compressed_message_does_not_show_its_text() -> None:
    """Else nothing would be shown of a filter that reads messages only as they come."""
    text = "canary " * 20
    framed = frame_text(text, is_deflated=True)
    assert text.encode() not in framed
    assert read_text(framed[:-1])[1] is False


@pytest.mark.parametrize("garbage", [b"", b"\x81", b"\xc1\x03abc"])
def test_what_is_no_message_is_no_error(garbage: bytes) -> None:
    """A product may answer anything."""
    assert isinstance(read_text(garbage)[0], bytes)
