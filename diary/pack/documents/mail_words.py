"""The words of a saved e-mail (.eml): headers, text, names of files, and the messages inside it.

An e-mail comes from anybody. It is read in an isolated process of its own, within limits that are checked before it is
parsed. Nothing is rendered and no address in it is requested: HTML becomes plain text. The phone shows the keeper an
e-mail with a reader of its own (static/src/imports/mail.ts): print no header that it does not show.
"""

import email
import email.header
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from typing import Final

from diary import constants
from diary.pack.capsule.exhibits import MAIL_TYPE

MAIL_LIMIT_BYTES: Final = constants.MAIL_LIMIT_BYTES
# What the parser's time grows with: it compares each line with the boundary of each part that the line is in.
LINES_LIMIT: Final = 1_000_000
PARTS_LIMIT: Final = 200
DEPTH_LIMIT: Final = 4
MESSAGES_LIMIT: Final = 10
FILES_LIMIT: Final = 50
HEADER_LIMIT_CHARACTERS: Final = 2000
WORDS_LIMIT_CHARACTERS: Final = 60_000
_HEADERS: Final = ("From", "To", "Cc", "Date", "Subject")
_MAIL_ONLY_HEADERS: Final = frozenset(("from", "to", "date", "subject", "received", "message-id", "return-path"))
_CHARSET_PATTERN: Final = re.compile(
    r"(?:us-)?ascii|utf-?(?:7|8|16|32)(?:-?[bl]e)?|iso-?8859-?\d{1,2}|windows-?\d{3,4}|cp\d{3,4}|latin-?\d|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5(?:-hkscs)?|euc-(?:jp|kr)|shift[-_]jis|iso-2022-(?:jp|kr)|macintosh|mac-?roman"
)
_HIDDEN_TAGS: Final = frozenset(("script", "style", "head", "title", "template"))
_BLOCK_TAGS: Final = frozenset(
    ("address", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol")
    + ("p", "pre", "table", "tr", "ul")
)


@dataclass(frozen=True, slots=True)
class MailMessage:
    """One message.

    - `headers`: name and decoded value, in a fixed order.
    - `text`: with line feeds; cut at WORDS_LIMIT_CHARACTERS if `is_cut`.
    - `files`: name, or type without a name, and size in bytes of each file that came with it.
    """

    headers: tuple[tuple[str, str], ...]
    text: str
    is_cut: bool
    files: tuple[tuple[str, int], ...]


def read_mail(raw: bytes) -> tuple[MailMessage, ...]:
    """Return the message in a saved e-mail, then those forwarded in it. Raise ValueError if it is not an e-mail."""
    lines, parts = raw.count(b"\n"), raw.lower().count(b"content-type:")
    if len(raw) > MAIL_LIMIT_BYTES or lines > LINES_LIMIT or parts > PARTS_LIMIT:
        raise ValueError("too large")
    message = email.message_from_bytes(raw)
    if len(_MAIL_ONLY_HEADERS.intersection(name.lower() for name in message.keys())) < 2:  # noqa: SIM118 - no mapping
        raise ValueError("no e-mail")
    return tuple(_messages(message, 0))[:MESSAGES_LIMIT]


def _messages(message: Message, depth: int) -> Iterator[MailMessage]:
    """Yield a message and those inside it."""
    plain, html = None, None
    files: list[tuple[str, int]] = []
    inside: list[Message] = []
    for part in _parts(message, 0):
        kind = part.get_content_type()
        is_attached = part.get_content_disposition() == "attachment"
        if kind == MAIL_TYPE and depth < DEPTH_LIMIT:
            inside += (
                [nested for nested in part.get_payload() if isinstance(nested, Message)] if part.is_multipart() else []
            )
        elif kind == "text/plain" and plain is None and not is_attached:
            plain = _decoded_text(part)
        elif kind == "text/html" and html is None and not is_attached:
            html = _decoded_text(part)
        else:
            files.append((_file_name(part) or kind, len(_content(part))))
    text = (plain or ("" if html is None else html_to_text(html))).replace("\r\n", "\n").strip("\n")
    headers = tuple((name, words) for name in _HEADERS if (words := _header_words(message, name)))
    is_cut = len(text) > WORDS_LIMIT_CHARACTERS
    yield MailMessage(headers, text[:WORDS_LIMIT_CHARACTERS], is_cut, tuple(files[:FILES_LIMIT]))
    for nested in inside:
        yield from _messages(nested, depth + 1)


def _parts(message: Message, depth: int) -> Iterator[Message]:
    """Yield the parts of a message that are no containers."""
    if not message.is_multipart() or message.get_content_type() == MAIL_TYPE:
        yield message
    elif depth < PARTS_LIMIT:
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)


def _header_words(message: Message, name: str) -> str:
    """Return the values of a header on one line, with encoded words decoded."""
    values = (_decode_header(str(value)) for value in message.get_all(name, []))
    return " ".join(" ".join(values).split())[:HEADER_LIMIT_CHARACTERS]


def _decode_header(value: str) -> str:
    """Return a header's value with encoded words decoded; as it is where they are malformed."""
    # Unfolded, or the words around an encoded word would lose the space between them.
    value = re.sub(r"[\r\n]+(?=[ \t])", "", value)
    # The parser represents bytes that are not ASCII as surrogates.
    value = value[: HEADER_LIMIT_CHARACTERS * 8].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pieces = email.header.decode_header(value)
    except (ValueError, LookupError):
        return value
    return "".join(
        _decode_bytes(piece, charset or "") if isinstance(piece, bytes) else str(piece) for piece, charset in pieces
    )


def _file_name(part: Message) -> str:
    """Return the name that a file in a message has, on one line, or ''."""
    name = part.get_filename()
    return " ".join(_decode_header(str(name)).split())[:HEADER_LIMIT_CHARACTERS] if name else ""


def _decoded_text(part: Message) -> str:
    """Return the text of a part; what its encoding does not allow becomes a replacement character."""
    content = _content(part)
    return _decode_bytes(content, part.get_content_charset() or "")


def _content(part: Message) -> bytes:
    """Return the bytes of a part."""
    # The library decodes some parts on the way, in any encoding that Python has a name for.
    if not _CHARSET_PATTERN.fullmatch((part.get_content_charset() or "").lower()):
        part.del_param("charset")
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decode_bytes(raw: bytes, charset: str) -> str:
    """Return the text of bytes in a named encoding, UTF-8 for one that is not used in mail."""
    if not _CHARSET_PATTERN.fullmatch(charset.lower()):
        charset = "utf-8"
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def html_to_text(html: str) -> str:
    """Return the words of an HTML page, a line for each block, without scripts, styles and comments."""
    reader = _HtmlText()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


class _HtmlText(HTMLParser):
    """Collects the words of an HTML page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        if tag in _HIDDEN_TAGS:
            self._hidden_depth += 1
        elif tag in _BLOCK_TAGS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN_TAGS:
            self._hidden_depth = max(0, self._hidden_depth - 1)
        elif tag in _BLOCK_TAGS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden_depth:
            self.pieces.append(data.replace("\n", " "))
