"""One diary on two devices: nothing is lost, and nothing unproved is accepted."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from diary.client import accounts, attachments
from diary.client.accounts import Identity
from diary.client.attachments import SealedFileReference
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer, connect
from diary.clock import FixedClock
from diary.crypto import kdf
from diary.encoding import b64, canonical_json, decode_frames, encode_frames, parse_canonical_json
from diary.errors import BadSignature, InvalidCredentials, KdfPolicyViolation, SealError
from tests.server_fixture import NOON_MS, PASSPHRASE, RECOVERY_CODE, InProcessServer, running_server

TEXT = "Он снова ждал у двери 😡 \u200f تم کہاں ہو"


@pytest.fixture
async def in_process_server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    """Run a server."""
    async with running_server(tmp_path) as server_process:
        yield server_process


@pytest.fixture
async def first_connection(in_process_server: InProcessServer) -> AsyncIterator[RemoteServer]:
    """Connect as the first device."""
    async with connect(in_process_server.settings.app_url, httpx.ASGITransport(in_process_server.app)) as api_client:
        yield api_client


async def register(server: RemoteServer) -> Identity:
    """Register a keeper."""
    return await accounts.enrol(
        server, PASSPHRASE, code=RECOVERY_CODE, profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY
    )


def open_journal(identity: Identity) -> Journal:
    """Return a journal for the keeper's device."""
    return Journal(identity, FixedClock(NOON_MS))


async def second_device(running: InProcessServer, login: str) -> tuple[RemoteServer, Journal]:
    """Connect and sign in with the words as a second device."""
    api_client = RemoteServer(running.http_client(), running.settings.app_url)
    identity = await accounts.sign_in(api_client, login, PASSPHRASE, policy=kdf.TEST_POLICY)
    return api_client, open_journal(identity)


async def test_a_second_device_gets_everything(
    in_process_server: InProcessServer, first_connection: RemoteServer
) -> None:
    """A second device reads all the first wrote, open, restricted and private, with only the name and the words."""
    identity = await register(first_connection)
    first = open_journal(identity)
    local_version = first.append(VersionContent("incident", {"narrative": TEXT}, {"place_detail": "kept apart"}))
    first.append(VersionContent("note", {"of_id": local_version.opened_version.ids.record, "text": "for me only"}))
    assert first.unsent_count == 2
    await first.send(first_connection)
    assert first.unsent_count == 0
    second_client, second = await second_device(in_process_server, identity.login)
    assert await second.fetch(second_client) == 2
    assert await second.fetch(second_client) == 0
    read = second.newest_version(local_version.opened_version.ids.record)
    assert read.fields["narrative"] == TEXT
    assert read.restricted == {"place_detail": "kept apart"}
    assert not read.is_altered
    assert [row["kind"] for row in second.versions()] == ["incident", "note"]
    assert all(row["receipt"] for row in second.versions())


async def test_two_offline_devices_keep_both(
    in_process_server: InProcessServer, first_connection: RemoteServer
) -> None:
    """Two devices that continue from the same version offline: both versions remain, on both devices."""
    identity = await register(first_connection)
    first = open_journal(identity)
    start = first.append(VersionContent("incident", {"narrative": "one"}))
    await first.send(first_connection)
    second_client, second = await second_device(in_process_server, identity.login)
    await second.fetch(second_client)
    record, parents = start.opened_version.ids.record, (start.opened_version.ids.version,)
    for journal, text in ((first, "one, and two"), (second, "one, and three")):
        journal.append(VersionContent("incident", {"narrative": text}, record=record, parents=parents))
    await first.send(first_connection)
    await second.send(second_client)
    await first.fetch(first_connection)
    for journal in (first, second):
        assert journal.unsent_count == 0
        texts = [row["open"]["fields"]["narrative"] for row in journal.versions()]
        assert texts == ["one", "one, and two", "one, and three"]


async def test_the_recovery_code_opens_it_and_the_old_words_stop(
    in_process_server: InProcessServer, first_connection: RemoteServer
) -> None:
    """The recovery code and new words open everything; the old words no longer open anything."""
    identity = await register(first_connection)
    journal = open_journal(identity)
    journal.append(VersionContent("incident", {"narrative": TEXT}))
    await journal.send(first_connection)
    recovering_client = RemoteServer(in_process_server.http_client("192.0.2.5"), in_process_server.settings.app_url)
    recovered_identity = await accounts.recover(
        recovering_client,
        identity.login,
        RECOVERY_CODE,
        "entirely new six words here now",
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )
    recovered_journal = open_journal(recovered_identity)
    assert await recovered_journal.fetch(recovering_client) == 1
    with pytest.raises(InvalidCredentials):
        await accounts.sign_in(recovering_client, identity.login, PASSPHRASE, policy=kdf.TEST_POLICY)
    again = await accounts.sign_in(
        recovering_client, identity.login, "entirely new six words here now", policy=kdf.TEST_POLICY
    )
    assert again.diary_key == identity.diary_key


async def test_a_cheap_derivation_is_refused_before_anything_is_sent(first_connection: RemoteServer) -> None:
    """A server that asks for a cost below the minimum receives nothing derived from the words."""
    identity = await register(first_connection)
    with pytest.raises(KdfPolicyViolation):
        await accounts.sign_in(first_connection, identity.login, PASSPHRASE)


class TamperingTransport(httpx.AsyncBaseTransport):
    """Transport that alters a server's answers."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        """Wrap `inner`, which sends the real requests."""
        self.inner = inner
        self.tamper: Callable[[str, bytes], bytes] = lambda path, content: content

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the real answer, altered."""
        answer = await self.inner.handle_async_request(request)
        content = self.tamper(request.url.path, await answer.aread())
        headers = [(k, v) for k, v in answer.headers.items() if k != "content-length"]
        return httpx.Response(answer.status_code, headers=headers, content=content)


@pytest.fixture
async def tampered_connection(
    in_process_server: InProcessServer,
) -> AsyncIterator[tuple[TamperingTransport, RemoteServer]]:
    """Connect through the tampering transport."""
    transport = TamperingTransport(httpx.ASGITransport(in_process_server.app))
    async with connect(in_process_server.settings.app_url, transport) as api_client:
        yield transport, api_client


@pytest.mark.parametrize("name", ["sig", "c", "env", "log", "ts"])
async def test_a_receipt_that_does_not_hold_keeps_the_version_waiting(
    tampered_connection: tuple[TamperingTransport, RemoteServer], name: str
) -> None:
    """A wrong signature, commitment, envelope, notary or time is refused, and the version stays in the outbox."""
    liar, server = tampered_connection
    journal = open_journal(await register(server))
    journal.append(VersionContent("incident", {"narrative": TEXT}))

    def change(path: str, content: bytes) -> bytes:
        answer = parse_canonical_json(content)
        assert isinstance(answer, dict)
        receipt = answer["receipt"]
        receipt[name] = receipt["ts"] + 1 if name == "ts" else b64(bytes(64 if name == "sig" else 32))
        return canonical_json(answer)

    liar.tamper = change
    with pytest.raises(BadSignature):
        await journal.send(server)
    assert journal.unsent_count == 1
    liar.tamper = lambda path, content: content
    await journal.send(server)
    assert journal.unsent_count == 0


def without_first_version(content: bytes) -> bytes:
    """Return a feed answer without its first version."""
    summary, *versions = decode_frames(content, frames_limit=600)
    return encode_frames([summary, *versions[1:]])


def with_first_two_swapped(content: bytes) -> bytes:
    """Return a feed answer with its first two versions swapped."""
    summary, first, second, *rest = decode_frames(content, frames_limit=600)
    return encode_frames([summary, second, first, *rest])


@pytest.mark.parametrize("change", [without_first_version, with_first_two_swapped])
async def test_a_feed_that_leaves_out_or_reorders_is_noticed(
    tampered_connection: tuple[TamperingTransport, RemoteServer],
    in_process_server: InProcessServer,
    change: Callable[[bytes], bytes],
) -> None:
    """A server that drops or reorders versions for one device is detected."""
    liar, server = tampered_connection
    identity = await register(server)
    first = open_journal(identity)
    for number in range(3):
        first.append(VersionContent("incident", {"narrative": f"{number}"}))
    await first.send(server)
    liar.tamper = lambda path, content: change(content) if path.endswith("/changes") else content
    with pytest.raises(BadSignature):
        await open_journal(identity).fetch(server)


async def test_a_file_is_returned_unchanged_and_never_swapped(first_connection: RemoteServer) -> None:
    """Files are returned byte for byte, at part boundaries too; under another key or length they do not open."""
    identity = await register(first_connection)
    for size in (0, 1, 1_032_191, 1_032_192, 1_200_000):
        content = (b"\x80\x00\x01" * (size // 3 + 1))[:size]
        blob = SealedFileReference.new(size)
        sealed = attachments.seal_file(identity.diary, blob, content)
        for _ in range(2):
            await attachments.upload_blob(first_connection, identity.diary, blob, sealed)
        assert (
            b"".join([chunk async for chunk in attachments.fetch_blob(first_connection, identity.diary, blob)])
            == content
        )
    with pytest.raises(SealError):
        async for _ in attachments.fetch_blob(
            first_connection, identity.diary, SealedFileReference(blob.blob_id, bytes(32), blob.size_bytes)
        ):
            pass
