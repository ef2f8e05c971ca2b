"""Talking to a server: docs/api.md over httpx, with its failures as the errors of diary.errors.

The reference client connects to this computer's own address and names the host it means, as a phone's
name server would: `*.localhost` does not resolve everywhere.
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
# What a page of somebody else's, such as a captive portal, might answer with; never worth showing.
_UNINTELLIGIBLE_ANSWER_MESSAGE: Final = "The server's answer makes no sense. Nothing was lost."


def _error_classes(base: type[errors.KeptError] = errors.KeptError) -> Iterator[type[errors.KeptError]]:
    """Every class of the tree."""
    yield base
    for subclass in base.__subclasses__():
        yield from _error_classes(subclass)


def error_from_response(response: httpx.Response) -> errors.KeptError:
    """The failure an answer speaks of; Unavailable for anything that is not ours."""
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
    """One server as one device sees it: an origin and the tokens it gave."""

    def __init__(self, client: httpx.AsyncClient, origin: str) -> None:
        """`client` reaches the server; `origin` is the app host's, as it stands in key derivation."""
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
        """A JSON answer to a JSON body; {} when there is none. `proof`: b64 of AUTH, for what needs it."""
        content = None if body is None else json.dumps(body).encode()
        response = await self._send_request(method, path, content, "application/json", proof)
        reply = self._json_object(response)
        self._store_tokens(method, path, reply)
        return reply

    @property
    def device_credentials(self) -> dict[str, str]:
        """What a sign-in says of a device that has signed in before: `{"device_token": text}`, empty for a new one."""
        return {"device_token": self.tokens["device"]} if "device" in self.tokens else {}

    async def put(self, path: str, content: bytes) -> dict[str, Any]:
        """A JSON answer to opaque bytes."""
        return self._json_object(await self._send_request("PUT", path, content, "application/octet-stream", None))

    async def get(self, path: str, *, proof: str | None = None) -> bytes:
        """The bytes at an address. `proof`: for what needs one."""
        return (await self._send_request("GET", path, None, "", proof)).content

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes at an address as they come."""
        async with self._client.stream("GET", path, headers=self._headers("GET", "", None)) as response:
            if response.status_code != httpx.codes.OK:
                await response.aread()
                raise error_from_response(response)
            yield response.aiter_bytes()

    async def _send_request(
        self, method: str, path: str, content: bytes | None, content_type: str, proof: str | None
    ) -> httpx.Response:
        """One request; raises what went wrong. Nothing follows a redirect: the app host has none."""
        headers = self._headers(method, content_type if content is not None else "", proof)
        try:
            response = await self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise errors.Unavailable("The server cannot be reached. Nothing was lost.") from error
        if not response.is_success:
            raise error_from_response(response)
        return response

    def _headers(self, method: str, content_type: str, proof: str | None) -> dict[str, str]:
        """Host, session, and what a writing request must carry."""
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
        """Tokens as an answer gives them; the session's goes when the session has ended."""
        if (method, path) == ("DELETE", "/v1/session"):
            self.tokens.pop("session", None)
        for name, field in (("session", "token"), ("device", "device_token")):
            if field in reply:
                self.tokens[name] = str(reply[field])

    @staticmethod
    def _json_object(response: httpx.Response) -> dict[str, Any]:
        """The JSON object in an answer."""
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
    """A server at `origin`. `transport`: how to reach it other than over the network, for tests."""
    url = urlsplit(origin)
    host = url.hostname or ""
    is_local = host.endswith(_LOCAL_HOST_SUFFIXES) and transport is None
    base_url = f"{url.scheme}://127.0.0.1:{url.port or 80}" if is_local else origin
    async with httpx.AsyncClient(
        base_url=base_url, transport=transport, timeout=HTTP_TIMEOUT, trust_env=False
    ) as client:
        yield RemoteServer(client, origin)
