"""The words of a page: HTML to plain lower-case text, in time linear in its size, whatever the page does.

A browser's parser would be more exact; the fastest one tried takes 9 s for 200 KB of nested `<div>`
(measured), and a hostile page must not slow the gate. So: comments and raw text elements are cut out, tags
fall away, character references are read, ASCII is folded. Letters beyond ASCII stay as they are:
`rules.phrases` knows both cases.
"""

from __future__ import annotations

import re
from html.entities import html5

LARGEST = 512 * 1024
"""Bytes of a page that are read; what comes later adds nothing to a verdict."""

# Tags inside a word do not end it: `ca<b>si</b>no`. What stands before the tag is looked at first: most fail
# there. [^<>] keeps the expression linear.
_INLINE = "(?:[bisu]|em|strong|font|small|su[bp]|wbr|mark|big|tt)(?:[ \n/][^<>]*)?>"
_IN_WORD = re.compile(rf"<(?<=[^ \n>]<)/?{_INLINE}(?:</?{_INLINE})*".encode())
_REFERENCE = re.compile(rb"&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,30}));?")
_NAMED = {name.rstrip(";").lower().encode(): character.lower().encode() for name, character in html5.items()}
_LINE = re.compile(rb"\n[ \n]*")
# Not seen at all: soft hyphens, zero-width joiners. Seen as a blank: no-break and thin spaces, curly quotes,
# dashes, dots, guillemets. Looking for the first bytes alone costs a tenth of looking for the expression.
_SIGNS = tuple(
    (lead, re.compile(lead + rest), instead)
    for lead, rest, instead in (
        (b"\xc2", rb"\xad", b""),
        (b"\xe2\x80", rb"[\x8b-\x8f]", b""),
        (b"\xef\xbb", rb"\xbf", b""),
        (b"\xe2\x80", rb"[\x80-\x8a\x90-\xbf]", b" "),
        (b"\xc2", rb"[\xa0-\xbf]", b" "),
    )
)
_LOWER = bytes(
    32 if byte < 32 and byte != 10 else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256)
)  # control characters but the line end are blanks
_WORDS = bytes(
    byte if byte >= 128 or 48 <= byte <= 57 or 97 <= byte <= 122 else 32 for byte in _LOWER
)  # letters and digits stay, all other ASCII is a blank


def openings(*names: str) -> re.Pattern[bytes]:
    """What `cut` looks for: comments, and elements whose content is not the page's text."""
    joined = "|".join(names)
    return re.compile(rf"<(!--|(?:{joined})(?=[ \n\t\r\f/>]))".encode())


INVISIBLE = openings("script", "style", "template", "noscript", "svg")
"""Elements whose content a person does not read."""


def read_page(body: bytes, charset: str | None = None) -> bytes:
    """The visible words of an HTML page or a plain text.

    Args:
        body: the decompressed body; only its first `LARGEST` bytes are read.
        charset: as the header names it; None or an unknown one means UTF-8, else Windows-1252.

    Returns:
        Lower-case UTF-8 words with blanks between them and at either end.
    """
    text = as_utf8(body[:LARGEST], charset).translate(_LOWER)
    text = cut(text, INVISIBLE)
    first, *parts = _IN_WORD.sub(b"", text).split(b"<")
    # What precedes the first `>` is the tag; a part without one is text behind a lone `<`.
    text = b" ".join([first, *filter(None, [part[part.find(b">") + 1 :].strip() for part in parts])])
    if b"&" in text:
        text = _REFERENCE.sub(_resolve, text)
    return fold(text)


_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def unescape(body: bytes) -> bytes:
    """JSON with its escapes read (RFC 8259, section 7), so that the texts in it can be read like a page.

    Args:
        body: JSON in UTF-8, whole or its first part; quotes, commas and braces stay.
    """
    return _ESCAPE.sub(_resolve_escape, body) if b"\\" in body else body


def _resolve_escape(match: re.Match[bytes]) -> bytes:
    if match[1] is None:
        return b" " if match[2] in b"bfnrt" else match[2]
    number = int(match[1], 16)
    # Halves of a pair stand for what no word is written in.
    return b" " if 0xD800 <= number <= 0xDFFF else chr(number).encode()


def fold(text: bytes) -> bytes:
    """UTF-8 text as `read_page` gives it.

    Punctuation beside a blank leaves two blanks: no phrase reaches across the end of a sentence.
    """
    text = _LINE.sub(b" ", text)
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    if not text.isascii():
        for lead, sign, instead in _SIGNS:
            if lead[:1] in text and lead in text:  # one byte is found ten times faster than two
                text = sign.sub(instead, text)
    return b" " + text.translate(_WORDS) + b" "


def as_utf8(body: bytes, charset: str | None) -> bytes:
    """The body in UTF-8. A wrong or unknown charset does no harm: bytes that fit nothing are replaced."""
    if body.isascii():
        return body
    name = (charset or "utf-8").strip("\"' ").lower()
    if name in {"utf-8", "utf8"}:
        try:
            # Cutting a long body may have split its last letter.
            return (
                body[:-3].decode("utf-8").encode() if len(body) == LARGEST else body.decode("utf-8").encode()
            )
        except UnicodeDecodeError:
            name = "cp1252"
    try:
        return body.decode(name, "replace").encode("utf-8", "replace")
    except LookupError:
        return body.decode("cp1252", "replace").encode()


def cut(text: bytes, opening: re.Pattern[bytes]) -> bytes:
    """Take out comments and elements with all they hold; one left open reaches to the end.

    Args:
        text: HTML in lower case.
        opening: made by `openings`.
    """
    kept = []
    at = 0
    while match := opening.search(text, at):
        kept.append(text[at : match.start()])
        closing = b"-->" if match[1] == b"!--" else b"</" + match[1]
        end = text.find(closing, match.end())
        if end < 0:
            return b" ".join(kept)
        at = end + 3 if closing == b"-->" else end
    kept.append(text[at:])
    return b" ".join(kept)


def _resolve(match: re.Match[bytes]) -> bytes:
    if (name := match[3]) is not None:
        return _NAMED.get(name, b" ")
    number = int(match[1]) if match[1] is not None else int(match[2], 16)
    if 0xD800 <= number <= 0xDFFF or number > 0x10FFFF:
        return b" "
    return chr(number).lower().encode()
