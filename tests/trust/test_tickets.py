"""Tickets on a locked phone upload one file each, read nothing, and end with their session."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx

from diary.crypto.upload_ticket import UploadTicket
from diary.encoding import unb64
from diary.ids import id_text, new_id, parse_id
from tests.server_fixture import (
    InProcessServer,
    Keeper,
    Phone,
    RequestBody,
    SealedUpload,
    new_device_sign_in_body,
    seal_file,
)

HOUR_MS = 3_600_000


@dataclass
class LockedPhone:
    """Locked phone: it has tickets only."""

    phone: Phone
    diary: str
    file: SealedUpload
    key: bytes
    ticket: UploadTicket

    @property
    def blob_path(self) -> str:
        """Return the path of the file."""
        return f"{self.diary}/blobs/{self.file.blob}"

    async def request_with_ticket(
        self, method: str, path: str, body: RequestBody = None, ticket: UploadTicket | str | None = None
    ) -> httpx.Response:
        """Send a request with the ticket, or another one."""
        token = ticket if isinstance(ticket, str) else (ticket or self.ticket).sign(self.key)
        return await self.phone.request(method, path, body, x_ticket=token)

    async def upload_file(self) -> list[int]:
        """Upload the whole file, and return the statuses."""
        answers = [await self.request_with_ticket("PUT", self.blob_path, self.file.declaration)]
        answers += [
            await self.request_with_ticket("PUT", f"{self.blob_path}/parts/{i}", part)
            for i, part in enumerate(self.file.sealed_parts)
        ]
        answers.append(
            await self.request_with_ticket("POST", f"{self.blob_path}/complete", {"digest": self.file.digest})
        )
        return [response.status_code for response in answers]


async def lock_phone(keeper: Keeper, server: InProcessServer, phone: Phone | None = None) -> LockedPhone:
    """Sign the keeper in, create a ticket for a file, and lock the phone."""
    sign_in = await (phone or keeper).request(
        "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof)
    )
    session, file = sign_in.json(), seal_file(keeper, b"x" * 2_000_000)
    ticket = UploadTicket(
        session=parse_id(session["session"]),
        diary=parse_id(keeper.identity.diary),
        blob=parse_id(file.blob),
        expires_at_ms=server.clock.now_ms() + 2 * HOUR_MS,
        part_count=file.declaration["parts"],
        size_bytes=file.declaration["size"],
        digest=unb64(file.digest),
    )
    return LockedPhone(Phone(server.http_client()), keeper.diary, file, unb64(session["upload_key"]), ticket)


def status_and_code(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["error"]


async def test_a_ticket_sends_its_file_and_reads_nothing(keeper: Keeper, server: InProcessServer) -> None:
    """Without a session the file is uploaded completely; requests that read are answered as without a ticket."""
    locked = await lock_phone(keeper, server)
    assert await locked.upload_file() == [200, 204, 204, 204]
    for path in (
        locked.blob_path,
        f"{locked.blob_path}/parts/0",
        f"{locked.diary}/changes",
        "/v1/session",
        "/v1/usage",
        "/v1/grants",
    ):
        assert status_and_code(await locked.request_with_ticket("GET", path)) == (401, "signed_out"), path
    for method, path in (
        ("DELETE", "/v1/session"),
        ("POST", "/v1/packs"),
        ("PUT", f"{locked.diary}/records/a/versions/b"),
    ):
        assert (await locked.request_with_ticket(method, path)).status_code == 401, path
    assert (await keeper.request("GET", f"{locked.blob_path}/parts/0")).content == locked.file.sealed_parts[0]


async def test_a_ticket_is_for_one_file_only(keeper: Keeper, other_keeper: Keeper, server: InProcessServer) -> None:
    """Another file, diary, size or content and an altered ticket are refused."""
    locked = await lock_phone(keeper, server)
    other_path = f"{locked.diary}/blobs/{id_text(new_id())}"
    assert status_and_code(await locked.request_with_ticket("PUT", other_path, locked.file.declaration)) == (
        401,
        "signed_out",
    )
    not_theirs = f"{other_keeper.diary}/blobs/{locked.file.blob}"
    assert status_and_code(await locked.request_with_ticket("PUT", not_theirs, locked.file.declaration)) == (
        401,
        "signed_out",
    )
    smaller = locked.file.declaration | {"size": 5}
    assert status_and_code(await locked.request_with_ticket("PUT", locked.blob_path, smaller)) == (400, "bad_request")
    assert status_and_code(
        await locked.request_with_ticket("POST", f"{locked.blob_path}/complete", {"digest": "A" * 43})
    ) == (400, "bad_request")
    good = locked.ticket.sign(locked.key)
    wrong = [good[:i] + ("A" if good[i] != "A" else "B") + good[i + 1 :] for i in range(0, len(good), 3)]
    for sent in (
        *wrong,
        good + "AAAA",
        good[:-4],
        "A",
        "\x7f",
        replace(locked.ticket, session=new_id()).sign(locked.key),
    ):
        assert status_and_code(
            await locked.request_with_ticket("PUT", locked.blob_path, locked.file.declaration, sent)
        ) == (401, "signed_out")
    # Another account's session signs a ticket for a file that is not theirs: it is answered as unknown.
    theirs = await lock_phone(other_keeper, server, Phone(server.http_client("203.0.113.9")))
    foreign = replace(theirs.ticket, diary=locked.ticket.diary, blob=locked.ticket.blob)
    answer = await theirs.request_with_ticket("PUT", locked.blob_path, theirs.file.declaration, foreign)
    assert answer.status_code in (400, 404)
    assert await locked.upload_file() == [200, 204, 204, 204]


async def test_a_ticket_ends_with_its_time_and_with_its_session(keeper: Keeper, server: InProcessServer) -> None:
    """A ticket is refused after sign-out, remote sign-out or expiry, and if its lifetime is too long."""
    locked = await lock_phone(keeper, server)
    too_long = replace(locked.ticket, expires_at_ms=server.clock.now_ms() + 25 * HOUR_MS)
    assert status_and_code(
        await locked.request_with_ticket("PUT", locked.blob_path, locked.file.declaration, too_long)
    ) == (401, "signed_out")
    server.clock.advance(2 * HOUR_MS)
    assert status_and_code(await locked.request_with_ticket("PUT", locked.blob_path, locked.file.declaration)) == (
        401,
        "signed_out",
    )
    second = Phone(server.http_client("192.0.2.2"))
    locked = await lock_phone(keeper, server, second)
    assert (await locked.request_with_ticket("PUT", locked.blob_path, locked.file.declaration)).status_code == 200
    assert (await keeper.request("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    assert status_and_code(
        await locked.request_with_ticket("PUT", f"{locked.blob_path}/parts/0", locked.file.sealed_parts[0])
    ) == (401, "session_ended")
    locked = await lock_phone(keeper, server, second)
    assert (await second.request("DELETE", "/v1/session")).status_code == 204
    assert status_and_code(await locked.request_with_ticket("PUT", locked.blob_path, locked.file.declaration)) == (
        401,
        "signed_out",
    )


async def test_a_desk_gets_no_key_for_tickets(keeper: Keeper, server: InProcessServer) -> None:
    """A desk uploads no files."""
    body = new_device_sign_in_body(keeper.identity.login, keeper.proof) | {"desk": True}
    assert (
        "upload_key" not in (await Phone(server.http_client("192.0.2.3")).request("POST", "/v1/sessions", body)).json()
    )
