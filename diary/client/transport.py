"""HTTP client for the API (docs/api.md) over httpx. Failures are raised as the errors of diary.errors.

For `*.localhost` it connects to 127.0.0.1 and sends the name as Host: not every resolver knows these names.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from diary import errors

WRITE_HEADERS: Final = {"X-Requested-By": "app", "Sec-Fetch-Site": "same-origin"}
HTTP_TIMEOUT: Final = httpx.Timeout(60, connect=5)
_LOCAL_HOST_SUFFIXES: Final = ("localhost", ".localhost")
# Shown instead of a foreign answer, such as a captive portal's page.
_UNINTELLIGIBLE_ANSWER_MESSAGE: Final = "The server's answer makes no sense. Nothing was lost."


def _error_classes(base: type[errors.KeptError] = errors.KeptError) -> Iterator[type[errors.KeptError]]:
    """Yield `base` and every class below it."""
    yield base
    for subclass in base.__subclasses__():
        yield from _error_classes(subclass)


def error_from_response(response: httpx.Response) -> errors.KeptError:
    """Return the error of a failed response; Unavailable when it is not from this API."""
    try:
        body = json.loads(response.content)
        code, message = str(body["error"]), str(body["message"])
    except (ValueError, TypeError, KeyError):
        return errors.Unavailable(_UNINTELLIGIBLE_ANSWER_MESSAGE)
    if code == errors.TooManyRequests.code:
        return errors.TooManyRequests(int(response.headers.get("retry-after", "1")), message)
    if code == errors.IncompleteUpload.code:
        return errors.IncompleteUpload(tuple(body.get("missing", ())), message)
    for error_class in _error_classes():
        if error_class.code == code:
            return error_class(message)
    return errors.Unavailable(_UNINTELLIGIBLE_ANSWER_MESSAGE)


class RemoteServer:
    """One server as seen by one device: an origin and the tokens it issued."""

    def __init__(self, client: httpx.AsyncClient, origin: str) -> None:
        """Use `client` to reach the server. `origin`: the app host's, as used in key derivation."""
        self._client = client
        self.tokens: dict[str, str] = {}
        self.origin = origin

    async def json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        proof: str | None = None,
    ) -> dict[str, Any]:
        """Send a JSON body and return the JSON response, {} if it is empty.

        `proof`: base64 of AUTH, for requests that need one.
        """
        content = None if body is None else json.dumps(body).encode()
        response = await self._send_request(method, path, content, "application/json", proof)
        reply = self._json_object(response)
        self._store_tokens(method, path, reply)
        return reply

    @property
    def device_credentials(self) -> dict[str, str]:
        """Return the sign-in fields of a known device, `{"device_token": text}`; empty for a new one."""
        return {"device_token": self.tokens["device"]} if "device" in self.tokens else {}

    async def put(self, path: str, content: bytes) -> dict[str, Any]:
        """Put opaque bytes and return the JSON response."""
        return self._json_object(await self._send_request("PUT", path, content, "application/octet-stream", None))

    async def get(self, path: str, *, proof: str | None = None) -> bytes:
        """Return the bytes at an address. `proof`: for requests that need one."""
        return (await self._send_request("GET", path, None, "", proof)).content

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the bytes at an address."""
        async with self._client.stream("GET", path, headers=self._headers("GET", "", None)) as response:
            if response.status_code != httpx.codes.OK:
                await response.aread()
                raise error_from_response(response)
            yield response.aiter_bytes()

    async def _send_request(
        self, method: str, path: str, content: bytes | None, content_type: str, proof: str | None
    ) -> httpx.Response:
        """Send one request and return the response. Raise the error of a failed response.

        Do not follow redirects: the app host has none.
        """
        headers = self._headers(method, content_type if content is not None else "", proof)
        try:
            response = await self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise errors.Unavailable("The server cannot be reached. Nothing was lost.") from error
        if not response.is_success:
            raise error_from_response(response)
        return response

    def _headers(self, method: str, content_type: str, proof: str | None) -> dict[str, str]:
        """Return the headers: host, session, and what writing requests must carry."""
        headers = {"Host": urlsplit(self.origin).netloc}
        if "session" in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['session']}"
        if method != "GET":
            headers |= WRITE_HEADERS
        if content_type:
            headers["Content-Type"] = content_type
        if proof:
            headers["X-Proof"] = proof
        return headers

    def _store_tokens(self, method: str, path: str, reply: Mapping[str, Any]) -> None:
        """Store the tokens of an answer. Drop the session token once the session has ended."""
        if (method, path) == ("DELETE", "/v1/session"):
            self.tokens.pop("session", None)
        for name, field in (("session", "token"), ("device", "device_token")):
            if field in reply:
                self.tokens[name] = str(reply[field])

    @staticmethod
    def _json_object(response: httpx.Response) -> dict[str, Any]:
        """Return the JSON object in a response, {} when it is empty. Raise Unavailable for anything else."""
        if not response.content:
            return {}
        try:
            value = response.json()
        except ValueError:
            raise errors.Unavailable(_UNINTELLIGIBLE_ANSWER_MESSAGE) from None
        if not isinstance(value, dict):
            raise errors.Unavailable(_UNINTELLIGIBLE_ANSWER_MESSAGE)
        return value


@asynccontextmanager
async def connect(origin: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[RemoteServer]:
    """Connect to the server at `origin`. `transport`: replaces the network, for tests."""
    url = urlsplit(origin)
    host = url.hostname or ""
    is_local = host.endswith(_LOCAL_HOST_SUFFIXES) and transport is None
    base_url = f"{url.scheme}://127.0.0.1:{url.port or 80}" if is_local else origin
    async with httpx.AsyncClient(
        base_url=base_url, transport=transport, timeout=HTTP_TIMEOUT, trust_env=False
    ) as client:
        yield RemoteServer(client, origin)
