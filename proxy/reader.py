"""A process that reads answers for a worker: one after another, from a socket, until the worker is gone.

It holds the phrases and nothing else: no keys, no journal, no policy. `python -m proxy.reader` reads frames
from standard input, which is a socket, and writes findings back on it.

A frame is its length (4 bytes, big-endian), the length of its head (4 bytes), a head in JSON and the body as
it came; a reply is its length and a JSON list of findings, or `null`.
"""

from __future__ import annotations

import json
import signal
import socket
import struct
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from proxy.reading import Answer, Findings, read
from rules.content import Form
from rules.decision import Finding
from rules.phrases import matcher
from rules.presets import Profile

if TYPE_CHECKING:
    from typing import Any

LENGTH = struct.Struct(">I")
LONGEST = 2 << 20
"""Bytes of a frame; a longer one is a mistake of ours."""


def frame(answer: Answer) -> bytes:
    """An answer as it is sent to a reader."""
    head = json.dumps(
        [answer.codings, answer.labels, answer.charset, answer.profile, answer.most, answer.form]
    ).encode()
    parts = (LENGTH.pack(len(head)), head, answer.raw)
    return LENGTH.pack(sum(map(len, parts))) + b"".join(parts)


def read_frame(body: bytes) -> Answer:
    """An answer as a reader got it, without the frame's length.

    Raises:
        ValueError: it is no such frame.
    """
    (size,) = LENGTH.unpack_from(body)
    codings, labels, charset, profile, most, form = json.loads(body[4 : 4 + size])
    return Answer(
        raw=body[4 + size :],
        codings=codings,
        labels=tuple((name, value) for name, value in labels),
        charset=charset,
        profile=Profile(profile),
        most=most,
        form=Form(form),
    )


def reply(findings: Findings) -> bytes:
    """Findings as they are sent back."""
    body = json.dumps(None if findings is None else [asdict(one) for one in findings]).encode()
    return LENGTH.pack(len(body)) + body


def read_reply(body: bytes) -> Findings:
    """Findings as they came, without the length."""
    found = json.loads(body)
    return None if found is None else tuple(Finding(**one) for one in found)


def serve(stream: Any) -> None:
    """Read frames until the other side is gone.

    Args:
        stream: a binary file that can be read and written, as `socket.makefile` gives it.
    """
    while len(length := stream.read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(length)
        if size > LONGEST:
            return
        body = stream.read(size)
        if len(body) < size:
            return
        stream.write(reply(read(read_frame(body))))
        stream.flush()


def main() -> None:
    """Serve the socket that is standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the gate's; we end when our socket does
    matcher()
    with socket.socket(fileno=sys.stdin.fileno()) as here:
        here.setblocking(True)
        serve(here.makefile("rwb"))


if __name__ == "__main__":
    main()
