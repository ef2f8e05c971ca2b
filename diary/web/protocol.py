"""The server's HTTP/1.1 protocol: size limits for request heads, and security headers on early error responses.

uvicorn parses requests and refuses malformed ones before the application runs. Its own error response has no security
headers, and it limits neither the number nor the size of request headers.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from diary.encoding import canonical_json
from diary.errors import BadRequest, KeptError, TooLarge
from diary.web.headers import NO_STORE_HEADER, PUBLIC_POLICY, HeaderPair, security_headers

# A browser sends about 20 headers in 2 KB; a proxy adds a few.
MAX_HEADERS: Final = 100
MAX_HEAD_BYTES: Final = 32 << 10


class _HeadTooLargeError(Exception):
    """Exception that stops the parser inside a callback."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on the head of a request, on trailers and on what comes between chunks."""

    response_headers: tuple[HeaderPair, ...] = ()
    _header_count = 0
    _head_bytes = 0
    _stalled_bytes = 0
    _has_progressed = False
    _is_head_too_large = False

    def data_received(self, data: bytes) -> None:
        """Parse received bytes. Limit the bytes that complete neither a head nor a piece of a body.

        The parser buffers an unfinished header line, URL or trailer for as long as it grows, and calls back only at its
        end. Counting in the callbacks alone would not limit it.
        """
        self._has_progressed = False
        super().data_received(data)
        self._stalled_bytes = 0 if self._has_progressed else self._stalled_bytes + len(data)
        if self._stalled_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._is_head_too_large = True
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Reset the counts for the head of a new request."""
        self._header_count = self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count a piece of the URL."""
        self._count_head_bytes(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, or a trailer after a chunked body."""
        self._header_count += 1
        self._count_head_bytes(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Note that a head is complete."""
        self._has_progressed = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note a piece of the body. The route handler limits its size and pace."""
        self._has_progressed = True
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Refuse the request in the form that all failures share, and close the connection.

        Ignore uvicorn's own sentence.
        """
        del msg
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            # A client would read a second head in the middle of a response as a part of it.
            self.transport.close()
            return
        error: KeptError = BadRequest()
        status = 400
        if self._is_head_too_large:
            error, status = TooLarge("The head of that request is too large: at most 100 headers and 32 KB."), 431
        body = canonical_json({"error": error.code, "message": error.message})
        headers = [*self.response_headers, NO_STORE_HEADER, (b"content-type", b"application/json")]
        headers += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        self.transport.close()

    def _count_head_bytes(self, size: int) -> None:
        """Count bytes of a head. Raise an exception in the parser, so that uvicorn calls `send_400_response`."""
        self._head_bytes += size
        if self._header_count > MAX_HEADERS or self._head_bytes > MAX_HEAD_BYTES:
            self._is_head_too_large = True
            raise _HeadTooLargeError


def make_protocol(*, tls: bool) -> type[asyncio.Protocol]:
    """Return the protocol class for one server. `tls`: its app's address begins with https."""

    class ServerProtocol(BoundedProtocol):
        """Protocol with this server's security headers."""

        # Until the head has been read the host is unknown, so the stricter policy applies.
        response_headers = security_headers(PUBLIC_POLICY, tls=tls)

    return ServerProtocol
