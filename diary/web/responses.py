"""Responses: bytes with a status, a media type and headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Receive, Scope, Send

from diary.encoding import canonical_json

JSON_MEDIA_TYPE: Final = b"application/json"
BINARY_MEDIA_TYPE: Final = b"application/octet-stream"
HTML_MEDIA_TYPE: Final = b"text/html; charset=utf-8"
RESPONSE_LIMIT_BYTES: Final = 64 << 20
HeaderPairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class BytesResponse:
    """A whole response. The security headers are added by `SecurityHeadersMiddleware`."""

    status: int = 204
    body: bytes = b""
    media_type: bytes | None = None
    headers: HeaderPairs = field(default=())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        del scope, receive  # ASGI passes them to every application
        headers = [*self.headers]
        if self.status != 204:
            headers.append((b"content-length", str(len(self.body)).encode()))
        if self.media_type:
            headers.append((b"content-type", self.media_type))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_response(value: Mapping[str, object], status: int = 200, headers: HeaderPairs = ()) -> BytesResponse:
    """Return a response of canonical JSON."""
    return BytesResponse(
        status, canonical_json(dict(value), limit_bytes=RESPONSE_LIMIT_BYTES), JSON_MEDIA_TYPE, headers
    )


def binary_response(raw: bytes, status: int = 200) -> BytesResponse:
    """Return a response that no browser displays: it is for code, and is saved if it is ever opened."""
    return BytesResponse(status, raw, BINARY_MEDIA_TYPE, ((b"content-disposition", b"attachment"),))
