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

WRITING: Final = {"X-Requested-By": "app", "Sec-Fetch-Site": "same-origin"}
TIMEOUT: Final = httpx.Timeout(60, connect=5)
_HERE: Final = ("localhost", ".localhost")
# What a page of somebody else's, such as a captive portal, might answer with; never worth showing.
_NOT_OURS: Final = "The server's answer makes no sense. Nothing was lost."


def _classes(top: type[errors.KeptError] = errors.KeptError) -> Iterator[type[errors.KeptError]]:
    """Every class of the tree."""
    yield top
    for below in top.__subclasses__():
        yield from _classes(below)


def error_of(answer: httpx.Response) -> errors.KeptError:
    """The failure an answer speaks of; Unavailable for anything that is not ours."""
    try:
        told = json.loads(answer.content)
        code, sentence = str(told["error"]), str(told["message"])
    except (ValueError, TypeError, KeyError):
        return errors.Unavailable(_NOT_OURS)
    if code == errors.TryLater.code:
        return errors.TryLater(int(answer.headers.get("retry-after", "1")), sentence)
    if code == errors.Incomplete.code:
        return errors.Incomplete(tuple(told.get("missing", ())), sentence)
    for known in _classes():
        if known.code == code:
            return known(sentence)
    return errors.Unavailable(_NOT_OURS)


class Server:
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
        answer = await self._ask(method, path, content, "application/json", proof)
        told = self._object(answer)
        self._keep_tokens(method, path, told)
        return told

    @property
    def known(self) -> dict[str, str]:
        """What a sign-in says of a device that has signed in before: `{"device_token": text}`, empty for a new one."""
        return {"device_token": self.tokens["device"]} if "device" in self.tokens else {}

    async def put(self, path: str, content: bytes) -> dict[str, Any]:
        """A JSON answer to opaque bytes."""
        return self._object(await self._ask("PUT", path, content, "application/octet-stream", None))

    async def get(self, path: str, *, proof: str | None = None) -> bytes:
        """The bytes at an address. `proof`: for what needs one."""
        return (await self._ask("GET", path, None, "", proof)).content

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes at an address as they come."""
        async with self._client.stream("GET", path, headers=self._headers("GET", "", None)) as answer:
            if answer.status_code != httpx.codes.OK:
                await answer.aread()
                raise error_of(answer)
            yield answer.aiter_bytes()

    async def _ask(self, method: str, path: str, content: bytes | None, kind: str, proof: str | None) -> httpx.Response:
        """One request; raises what went wrong. Nothing follows a redirect: the app host has none."""
        headers = self._headers(method, kind if content is not None else "", proof)
        try:
            answer = await self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise errors.Unavailable("The server cannot be reached. Nothing was lost.") from error
        if not answer.is_success:
            raise error_of(answer)
        return answer

    def _headers(self, method: str, kind: str, proof: str | None) -> dict[str, str]:
        """Host, session, and what a writing request must carry."""
        headers = {"Host": urlsplit(self.origin).netloc}
        if "session" in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['session']}"
        if method != "GET":
            headers |= WRITING
        if kind:
            headers["Content-Type"] = kind
        if proof:
            headers["X-Proof"] = proof
        return headers

    def _keep_tokens(self, method: str, path: str, told: Mapping[str, Any]) -> None:
        """Tokens as an answer gives them; the session's goes when the session has ended."""
        if (method, path) == ("DELETE", "/v1/session"):
            self.tokens.pop("session", None)
        for name, field in (("session", "token"), ("device", "device_token")):
            if field in told:
                self.tokens[name] = str(told[field])

    @staticmethod
    def _object(answer: httpx.Response) -> dict[str, Any]:
        """The JSON object in an answer."""
        if not answer.content:
            return {}
        try:
            value = answer.json()
        except ValueError:
            raise errors.Unavailable(_NOT_OURS) from None
        if not isinstance(value, dict):
            raise errors.Unavailable(_NOT_OURS)
        return value


@asynccontextmanager
async def connect(origin: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Server]:
    """A server at `origin`. `transport`: how to reach it other than over the network, for tests."""
    where = urlsplit(origin)
    host = where.hostname or ""
    here = host.endswith(_HERE) and transport is None
    base = f"{where.scheme}://127.0.0.1:{where.port or 80}" if here else origin
    async with httpx.AsyncClient(base_url=base, transport=transport, timeout=TIMEOUT, trust_env=False) as client:
        yield Server(client, origin)
