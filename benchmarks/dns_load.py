"""A load of DNS questions in a process of its own: `python dns_load.py PORT NAMES SECONDS WINDOW [RATE]`.

NAMES is a file with one name a line; they are asked in order, again and again, WINDOW at a time; with RATE
no faster than that many a second. With 0 SECONDS each is asked once. Prints one JSON object: answers,
seconds, codes, lost, p50 and p99 in ms. With `--serve PORT` it plays the name server behind: every name has
one address.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
from collections import Counter
from pathlib import Path

OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
ADDRESS = b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc6\x33\x64\x07"  # 198.51.100.7 for an hour


def question(name: str) -> bytes:
    """A question for an address, with EDNS as today's devices send it, without its id."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return b"\1\0\0\1\0\0\0\0\0\1" + labels + b"\0\0\1\0\1" + OPT


def serve(port: int) -> None:
    """Answer every question with one address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        while True:
            data, client = server.recvfrom(2048)
            end = data.index(b"\0", 12) + 5
            flags = b"\x81\x80\0\1\0\1\0\0\0\0"
            server.sendto(data[:2] + flags + data[12:end] + ADDRESS, client)


def load(port: int, names: list[str], seconds: float, window: int, rate: float) -> dict[str, object]:
    """Ask, and count what comes back."""
    questions = [question(name) for name in names]
    times: list[float] = []
    codes: Counter[str] = Counter()
    sent: dict[int, float] = {}
    number = lost = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        begun = now = time.perf_counter()
        asking = True
        while asking or sent:
            asking = now < begun + seconds if seconds else number < len(questions)
            while asking and len(sent) < window and (not rate or number < (now - begun) * rate):
                key = number & 0xFFFF
                client.send(struct.pack("!H", key) + questions[number % len(questions)])
                sent[key] = time.perf_counter()
                number += 1
            try:
                answer = client.recv(2048)
            except BlockingIOError:
                if not select.select([client], [], [], 0.0005 if asking else 0.5)[0] and not asking:
                    lost += len(sent)
                    sent.clear()
                now = time.perf_counter()
                continue
            now = time.perf_counter()
            begin = sent.pop(answer[0] << 8 | answer[1], None)
            if begin is None:
                continue
            times.append(now - begin)
            codes[f"{answer[3] & 15}/{answer[7]}"] += 1
        took = now - begun
    times.sort()
    return {
        "answers": len(times),
        "seconds": took,
        "codes": dict(codes),
        "lost": lost,
        "p50_ms": 1000 * times[len(times) // 2],
        "p99_ms": 1000 * times[len(times) * 99 // 100],
    }


def main() -> None:
    """Serve or load."""
    if sys.argv[1] == "--serve":
        serve(int(sys.argv[2]))
    port, file, seconds, window = sys.argv[1:5]
    rate = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0
    names = Path(file).read_text(encoding="ascii").split()
    print(json.dumps(load(int(port), names, float(seconds), int(window), rate)))


if __name__ == "__main__":
    main()
