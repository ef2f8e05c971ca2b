"""One diary on two devices: nothing is lost, nothing unproved is believed."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from diary.client import accounts, attachments
from diary.client.accounts import Identity
from diary.client.attachments import Blob
from diary.client.journal import Journal, Said
from diary.client.transport import Server, connect
from diary.clock import FixedClock
from diary.crypto import kdf
from diary.encoding import b64, canon, frames, parse, read_frames
from diary.errors import BadSignature, KdfRefused, NoMatch, SealError
from tests.keepers import CODE, NOON, WORDS, Served, served

TEXT = "Он снова ждал у двери 😡 \u200f تم کہاں ہو"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Served]:
    """A server."""
    async with served(tmp_path) as one:
        yield one


@pytest.fixture
async def server(running: Served) -> AsyncIterator[Server]:
    """The first device's connection."""
    async with connect(running.settings.app_url, httpx.ASGITransport(running.app)) as reached:
        yield reached


async def enrolled(server: Server) -> Identity:
    """A registered keeper."""
    return await accounts.enrol(server, WORDS, code=CODE, profile=kdf.CHEAPEST, policy=kdf.TESTS)


def journal_of(identity: Identity) -> Journal:
    """That keeper's device."""
    return Journal(identity, FixedClock(NOON))


async def second_device(running: Served, login: str) -> tuple[Server, Journal]:
    """Another device, signed in with the words."""
    reached = Server(running.client(), running.settings.app_url)
    identity = await accounts.sign_in(reached, login, WORDS, policy=kdf.TESTS)
    return reached, journal_of(identity)


async def test_a_second_device_gets_everything(running: Served, server: Server) -> None:
    """What one device wrote, another reads with the name and the words: open, restricted and private alike."""
    identity = await enrolled(server)
    first = journal_of(identity)
    held = first.append(Said("incident", {"narrative": TEXT}, {"place_detail": "kept apart"}))
    first.append(Said("note", {"of_id": held.opened.place.record, "text": "for me only"}))
    assert first.waiting == 2
    await first.send(server)
    assert first.waiting == 0
    reached, second = await second_device(running, identity.login)
    assert await second.fetch(reached) == 2
    assert await second.fetch(reached) == 0
    read = second.newest(held.opened.place.record)
    assert read.fields["narrative"] == TEXT
    assert read.restricted == {"place_detail": "kept apart"}
    assert not read.altered
    assert [row["kind"] for row in second.versions()] == ["incident", "note"]
    assert all(row["receipt"] for row in second.versions())


async def test_two_offline_devices_keep_both(running: Served, server: Server) -> None:
    """Each wrote on from the same version without the other: both versions stand, on both devices."""
    identity = await enrolled(server)
    first = journal_of(identity)
    start = first.append(Said("incident", {"narrative": "one"}))
    await first.send(server)
    reached, second = await second_device(running, identity.login)
    await second.fetch(reached)
    record, parents = start.opened.place.record, (start.opened.place.version,)
    for journal, text in ((first, "one, and two"), (second, "one, and three")):
        journal.append(Said("incident", {"narrative": text}, record=record, parents=parents))
    await first.send(server)
    await second.send(reached)
    await first.fetch(server)
    for journal in (first, second):
        assert journal.waiting == 0
        texts = [row["open"]["fields"]["narrative"] for row in journal.versions()]
        assert texts == ["one", "one, and two", "one, and three"]


async def test_the_recovery_code_opens_it_and_the_old_words_stop(running: Served, server: Server) -> None:
    """With the code and new words everything is there; the words that were lost open nothing any more."""
    identity = await enrolled(server)
    journal = journal_of(identity)
    journal.append(Said("incident", {"narrative": TEXT}))
    await journal.send(server)
    reached = Server(running.client("192.0.2.5"), running.settings.app_url)
    back = await accounts.recover(
        reached, identity.login, CODE, "entirely new six words here now", profile=kdf.CHEAPEST, policy=kdf.TESTS
    )
    found = journal_of(back)
    assert await found.fetch(reached) == 1
    with pytest.raises(NoMatch):
        await accounts.sign_in(reached, identity.login, WORDS, policy=kdf.TESTS)
    again = await accounts.sign_in(reached, identity.login, "entirely new six words here now", policy=kdf.TESTS)
    assert again.diary_key == identity.diary_key


async def test_a_cheap_derivation_is_refused_before_anything_is_sent(server: Server) -> None:
    """A server that asks for less than the floor learns nothing of the words."""
    identity = await enrolled(server)
    with pytest.raises(KdfRefused):
        await accounts.sign_in(server, identity.login, WORDS)


class Lying(httpx.AsyncBaseTransport):
    """A server whose answers somebody changes on the way."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        """Answers come from `inner`."""
        self.inner = inner
        self.change = lambda path, content: content

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The real answer, changed."""
        answer = await self.inner.handle_async_request(request)
        content = self.change(request.url.path, await answer.aread())
        headers = [(k, v) for k, v in answer.headers.items() if k != "content-length"]
        return httpx.Response(answer.status_code, headers=headers, content=content)


@pytest.fixture
async def lying(running: Served) -> AsyncIterator[tuple[Lying, Server]]:
    """A connection with a liar in it."""
    liar = Lying(httpx.ASGITransport(running.app))
    async with connect(running.settings.app_url, liar) as reached:
        yield liar, reached


@pytest.mark.parametrize("name", ["sig", "c", "env", "log", "ts"])
async def test_a_receipt_that_does_not_hold_keeps_the_version_waiting(lying: tuple[Lying, Server], name: str) -> None:
    """Wrong signature, commitment, envelopes, notary or time: refused, and nothing leaves the outbox."""
    liar, server = lying
    journal = journal_of(await enrolled(server))
    journal.append(Said("incident", {"narrative": TEXT}))

    def change(path: str, content: bytes) -> bytes:
        answer = parse(content)
        assert isinstance(answer, dict)
        receipt = answer["receipt"]
        receipt[name] = receipt["ts"] + 1 if name == "ts" else b64(bytes(64 if name == "sig" else 32))
        return canon(answer)

    liar.change = change
    with pytest.raises(BadSignature):
        await journal.send(server)
    assert journal.waiting == 1
    liar.change = lambda path, content: content
    await journal.send(server)
    assert journal.waiting == 0


def _without_first(content: bytes) -> bytes:
    """A feed answer that leaves its first version out."""
    summary, *versions = read_frames(content, at_most=600)
    return frames([summary, *versions[1:]])


def _swapped(content: bytes) -> bytes:
    """A feed answer whose first two versions have changed places."""
    summary, one, two, *rest = read_frames(content, at_most=600)
    return frames([summary, two, one, *rest])


@pytest.mark.parametrize("change", [_without_first, _swapped])
async def test_a_feed_that_leaves_out_or_reorders_is_noticed(
    lying: tuple[Lying, Server], running: Served, change
) -> None:  # type: ignore[no-untyped-def]
    """A server cannot drop or reorder versions for one device without being found out."""
    liar, server = lying
    identity = await enrolled(server)
    first = journal_of(identity)
    for number in range(3):
        first.append(Said("incident", {"narrative": f"{number}"}))
    await first.send(server)
    liar.change = lambda path, content: change(content) if path.endswith("/changes") else content
    with pytest.raises(BadSignature):
        await journal_of(identity).fetch(server)


async def test_a_file_comes_back_as_it_was_and_never_as_another(server: Server) -> None:
    """Byte for byte at the part boundary; under another key or length it does not open."""
    identity = await enrolled(server)
    for size in (0, 1, 1_032_191, 1_032_192, 1_200_000):
        content = (b"\x80\x00\x01" * (size // 3 + 1))[:size]
        blob = Blob.new(size)
        sealed = attachments.seal(identity.diary, blob, content)
        for _ in range(2):
            await attachments.upload(server, identity.diary, blob, sealed)
        assert b"".join([chunk async for chunk in attachments.fetch(server, identity.diary, blob)]) == content
    with pytest.raises(SealError):
        async for _ in attachments.fetch(server, identity.diary, Blob(blob.blob, bytes(32), blob.size)):
            pass
