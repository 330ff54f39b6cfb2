"""A rewriter that speaks squidGuard's line protocol over a pack: what bench_pack.py drives beside squidGuard.

    python benchmarks/pack_helper.py PACK < lines

Each line is `URL client/fqdn user method`; the answer is an address for a listed URL, else an empty line.
Lines that wait together are answered together, as Squid sends them under load.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from rules.address import AddressError, parse
from rules.pack import Pack

# A line whose host is plainly canonical, or the whole address for the careful way.
LINE = re.compile(rb"^(?:(?:https?://)?([a-z0-9][a-z0-9.-]*\.[a-z]+)(?=[/? \n])|([^ \n]*)).*$", re.MULTILINE)


def main() -> None:
    """Answer every line of standard input."""
    holds = Pack.open(Path(sys.argv[1])).holds

    def careful(text: bytes) -> bool:
        try:
            return holds(parse(text.decode("utf-8", "replace")).host.encode())
        except AddressError:
            return True

    rest = b""
    while chunk := os.read(0, 1 << 16):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            answers = [
                "http://blocked.example/\n"
                if (holds(host) if host and b"xn--" not in host else careful(text or host))
                else "\n"
                for host, text in LINE.findall(whole)
            ]
            sys.stdout.write("".join(answers))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
