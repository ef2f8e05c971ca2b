"""Answers: bytes with a status, a type and headers, sent as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Receive, Scope, Send

from diary.encoding import canon

JSON: Final = b"application/json"
OCTETS: Final = b"application/octet-stream"
HTML: Final = b"text/html; charset=utf-8"
ANSWER_LIMIT: Final = 64 << 20
Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; the security headers are added on the way out."""

    status: int = 204
    body: bytes = b""
    media_type: bytes | None = None
    headers: Pairs = field(default=())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive  # the form of every ASGI application
        headers = [*self.headers]
        if self.status != 204:
            headers.append((b"content-length", str(len(self.body)).encode()))
        if self.media_type:
            headers.append((b"content-type", self.media_type))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(value: Mapping[str, object], status: int = 200, headers: Pairs = ()) -> Answer:
    """Canonical JSON."""
    return Answer(status, canon(dict(value), limit=ANSWER_LIMIT), JSON, headers)


def octets(raw: bytes, status: int = 200) -> Answer:
    """Bytes that no browser shows: they are for code, and saved if ever opened."""
    return Answer(status, raw, OCTETS, ((b"content-disposition", b"attachment"),))
