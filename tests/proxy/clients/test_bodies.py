"""Bodies through the gate, by httpx and curl: whole, in parts, coded, as they come, and upwards."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from .site import BIG, CODINGS, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

CURL = shutil.which("curl")


def browser(road: Any) -> httpx.Client:
    verify = True if road.way == "plain" else road.context()
    return httpx.Client(proxy=road.gate.url, verify=verify, trust_env=False, timeout=20)


def curl(road: Any, *words: str, given: bytes = b"") -> bytes:
    if CURL is None:
        pytest.skip("no curl here: apt-get install curl")
    command = [CURL, "-sS", "--fail", "-x", road.gate.url, "--cacert", road.ca, *words]
    return subprocess.run(command, input=given, capture_output=True, timeout=30, check=True).stdout


def test_a_large_download_arrives_whole_and_a_part_of_it_as_that_part(each_way: Any) -> None:
    assert curl(each_way, f"{each_way.base}/big") == BIG
    with browser(each_way) as client:
        assert client.get(f"{each_way.base}/big").content == BIG
        part = client.get(f"{each_way.base}/big", headers={"range": "bytes=1000000-1000999"})
    assert (part.status_code, part.headers["content-range"]) == (206, f"bytes 1000000-1000999/{len(BIG)}")
    assert part.content == BIG[1_000_000:1_001_000]


def test_a_broken_download_is_taken_up_where_it_ended(each_way: Any, tmp_path: Any) -> None:
    begun = tmp_path / "big"
    begun.write_bytes(BIG[:3_000_000])
    curl(each_way, "-C", "-", "-o", str(begun), f"{each_way.base}/big")
    assert begun.read_bytes() == BIG


def test_a_coded_body_arrives_as_the_site_coded_it(each_way: Any) -> None:
    with browser(each_way) as client:
        for coding, body in CODINGS.items():
            with client.stream("GET", f"{each_way.base}/coded/{coding}") as answer:
                assert (b"".join(answer.iter_raw()), answer.headers["content-encoding"]) == (body, coding)


def test_curl_decodes_what_it_asked_for(each_way: Any) -> None:
    assert curl(each_way, "--compressed", f"{each_way.base}/coded/br") == TEXT


def test_events_arrive_one_by_one_as_they_are_sent(each_way: Any) -> None:
    """The site sends the next one only after the one before has arrived: whatever holds them back hangs."""
    events: list[str] = []
    accept = {"accept": "text/event-stream"}
    with browser(each_way) as client, client.stream("GET", f"{each_way.base}/events", headers=accept) as told:
        for line in told.iter_lines():
            if line:
                events.append(line)
                each_way.site.next_event.release()
    assert events == ["data: 0", "data: 1", "data: 2"]


def test_a_large_upload_of_unknown_length_arrives_whole(each_way: Any) -> None:
    def parts() -> Iterator[bytes]:
        for place in range(0, len(BIG), 300_000):
            yield BIG[place : place + 300_000]

    with browser(each_way) as client:
        answer = client.post(f"{each_way.base}/up", content=parts())
    assert answer.text.split()[0] == hashlib.sha256(BIG).hexdigest()


@pytest.mark.parametrize("how", ["of known length", "chunked"])
def test_a_client_that_asks_before_it_uploads_is_let_go_on(each_way: Any, how: str) -> None:
    """`Expect: 100-continue` (RFC 9110 section 10.1.1): curl waits a second for the answer, and 60 s here."""
    words = ["-H", "Expect: 100-continue", "--expect100-timeout", "60", "--data-binary", "@-"]
    if how == "chunked":
        words += ["-H", "Transfer-Encoding: chunked"]
    answer = curl(each_way, *words, f"{each_way.base}/up", given=BIG)
    assert answer.split()[0].decode() == hashlib.sha256(BIG).hexdigest()
