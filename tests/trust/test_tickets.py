"""What a locked phone holds sends one file each, reads nothing, and ends with its session."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx

from diary.crypto.upload_ticket import UploadTicket
from diary.encoding import unb64
from diary.ids import id_text, new_id, parse_id
from tests.keepers import Keeper, Phone, SealedFile, Served, seal_file, sign_in_body

HOUR = 3_600_000


@dataclass
class Locked:
    """A phone that has been locked: tickets, and nothing else."""

    phone: Phone
    diary: str
    file: SealedFile
    key: bytes
    ticket: UploadTicket

    @property
    def blob(self) -> str:
        """The file's address."""
        return f"{self.diary}/blobs/{self.file.blob}"

    async def ask(
        self, method: str, path: str, body: object = None, ticket: UploadTicket | str | None = None
    ) -> httpx.Response:
        """One request with the ticket, or another one."""
        sent = ticket if isinstance(ticket, str) else (ticket or self.ticket).sign(self.key)
        return await self.phone.ask(method, path, body, x_ticket=sent)  # type: ignore[arg-type]

    async def sends(self) -> list[int]:
        """The file to its end; the statuses."""
        answers = [await self.ask("PUT", self.blob, self.file.declaration)]
        answers += [await self.ask("PUT", f"{self.blob}/parts/{i}", part) for i, part in enumerate(self.file.sealed)]
        answers.append(await self.ask("POST", f"{self.blob}/complete", {"digest": self.file.digest}))
        return [one.status_code for one in answers]


async def lock(keeper: Keeper, server: Served, phone: Phone | None = None) -> Locked:
    """The keeper signs in, makes a ticket for a file, and locks."""
    entered = await (phone or keeper).ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    told, file = entered.json(), seal_file(keeper, b"x" * 2_000_000)
    ticket = UploadTicket(
        session=parse_id(told["session"]),
        diary=parse_id(keeper.identity.diary),
        blob=parse_id(file.blob),
        until=server.clock.now_ms() + 2 * HOUR,
        digest=unb64(file.digest),
        **file.declaration,
    )
    return Locked(Phone(server.client()), keeper.diary, file, unb64(told["upload_key"]), ticket)


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]


async def test_a_ticket_sends_its_file_and_reads_nothing(keeper: Keeper, server: Served) -> None:
    """To its end, with no session; everything that reads is as if nothing had been sent with it."""
    locked = await lock(keeper, server)
    assert await locked.sends() == [200, 204, 204, 204]
    for path in (
        locked.blob,
        f"{locked.blob}/parts/0",
        f"{locked.diary}/changes",
        "/v1/session",
        "/v1/usage",
        "/v1/grants",
    ):
        assert said(await locked.ask("GET", path)) == (401, "signed_out"), path
    for method, path in (
        ("DELETE", "/v1/session"),
        ("POST", "/v1/packs"),
        ("PUT", f"{locked.diary}/records/a/versions/b"),
    ):
        assert (await locked.ask(method, path)).status_code == 401, path
    assert (await keeper.ask("GET", f"{locked.blob}/parts/0")).content == locked.file.sealed[0]


async def test_a_ticket_is_for_one_file_only(keeper: Keeper, other: Keeper, server: Served) -> None:
    """Another file, another diary, other numbers and other bytes are refused, and so is every changed ticket."""
    locked = await lock(keeper, server)
    elsewhere = f"{locked.diary}/blobs/{id_text(new_id())}"
    assert said(await locked.ask("PUT", elsewhere, locked.file.declaration)) == (401, "signed_out")
    not_theirs = f"{other.diary}/blobs/{locked.file.blob}"
    assert said(await locked.ask("PUT", not_theirs, locked.file.declaration)) == (401, "signed_out")
    smaller = locked.file.declaration | {"size": 5}
    assert said(await locked.ask("PUT", locked.blob, smaller)) == (400, "bad_request")
    assert said(await locked.ask("POST", f"{locked.blob}/complete", {"digest": "A" * 43})) == (400, "bad_request")
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
        assert said(await locked.ask("PUT", locked.blob, locked.file.declaration, sent)) == (401, "signed_out")
    # Somebody else's session signs for what is not theirs: it is as if it were not there.
    theirs = await lock(other, server, Phone(server.client("203.0.113.9")))
    foreign = replace(theirs.ticket, diary=locked.ticket.diary, blob=locked.ticket.blob)
    answer = await theirs.ask("PUT", locked.blob, theirs.file.declaration, foreign)
    assert answer.status_code in (400, 404)
    assert await locked.sends() == [200, 204, 204, 204]


async def test_a_ticket_ends_with_its_time_and_with_its_session(keeper: Keeper, server: Served) -> None:
    """Signed out, ended from another device, run out, or made for longer than any may be."""
    locked = await lock(keeper, server)
    too_long = replace(locked.ticket, until=server.clock.now_ms() + 25 * HOUR)
    assert said(await locked.ask("PUT", locked.blob, locked.file.declaration, too_long)) == (401, "signed_out")
    server.clock.advance(2 * HOUR)
    assert said(await locked.ask("PUT", locked.blob, locked.file.declaration)) == (401, "signed_out")
    second = Phone(server.client("192.0.2.2"))
    locked = await lock(keeper, server, second)
    assert (await locked.ask("PUT", locked.blob, locked.file.declaration)).status_code == 200
    assert (await keeper.ask("DELETE", "/v1/sessions", x_proof=keeper.proof)).status_code == 204
    assert said(await locked.ask("PUT", f"{locked.blob}/parts/0", locked.file.sealed[0])) == (401, "session_ended")
    locked = await lock(keeper, server, second)
    assert (await second.ask("DELETE", "/v1/session")).status_code == 204
    assert said(await locked.ask("PUT", locked.blob, locked.file.declaration)) == (401, "signed_out")


async def test_a_desk_gets_no_key_for_tickets(keeper: Keeper, server: Served) -> None:
    """It sends no files of its own."""
    body = sign_in_body(keeper.identity.login, keeper.proof) | {"desk": True}
    assert "upload_key" not in (await Phone(server.client("192.0.2.3")).ask("POST", "/v1/sessions", body)).json()
