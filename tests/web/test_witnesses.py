"""A witness answers once, with nine words and no account; other words reveal nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from diary.crypto import handover, witness_code
from diary.crypto.file_parts import parts_digest
from diary.crypto.fingerprints import fingerprint
from diary.crypto.handover import HandoverMetadata
from diary.crypto.kdf import CHEAPEST_PROFILE
from diary.crypto.witness_code import WitnessCodeSecrets
from diary.crypto.words import word_list
from diary.encoding import b64, encode_frames, unb64
from diary.errors import BadRequest, BadSignature, SealError
from diary.ids import id_text, new_id
from diary.ledger.sharing import witness_statements
from diary.services.sync.purge import purge
from tests.advocate_helpers import open_instance_on_database
from tests.server_fixture import InProcessServer, Keeper, Phone

PLAINTEXT_SENTINEL = "I saw him by the blue gate at Alder Road."
QUESTION_NOTE = "About Tuesday at the tram stop."
DAY_MS = 86_400_000


@dataclass
class WitnessRequest:
    """Code as its keeper has it, and a witness on the public host."""

    words: str
    code: WitnessCodeSecrets
    id: str
    witness_phone: Phone
    ticket: str = ""
    fields: dict[str, str] = field(default_factory=lambda: {
        "contact": "", "name": "Sam Ray", "saw_how": "saw", "when": "on Tuesday", "words": PLAINTEXT_SENTINEL,
    })  # fmt: skip

    async def enter_words(self, code: WitnessCodeSecrets | None = None) -> httpx.Response:
        """Enter the words, as on the page."""
        answer = await self.witness_phone.request("POST", "/v1/statement/code", {"name": b64((code or self.code).name)})
        if answer.status_code == 200 and not answer.json()["over"]:
            self.ticket = answer.json()["ticket"]
        return answer

    def seal_statement(
        self, keeper: Keeper, files: Mapping[str, object] | None = None, proof: bytes | None = None
    ) -> bytes:
        """Return the statement in its envelope."""
        code = self.code if proof is None else WitnessCodeSecrets(self.code.name, self.code.key, proof)
        statement = {"fields": self.fields, "files": files, "made_at": 1}
        return witness_statements.seal_statement(code, keeper.identity.keyset.hpke_pub, self.id, statement)

    async def send_statement(self, *parts: bytes) -> httpx.Response:
        """Send the statement, as the page does."""
        return await self.witness_phone.request("PUT", "/v1/statement", encode_frames(parts), x_proof=self.ticket)


def statement_path(server: InProcessServer) -> str:
    """Return the page's address for entering the words."""
    return f"{server.settings.public_url}/answer"


async def create_witness_code(server: InProcessServer, keeper: Keeper) -> WitnessRequest:
    """Create a code as a keeper, and return it for the witness."""
    keys = keeper.identity.keyset
    words = witness_code.generate_words(fingerprint(keys.ecdsa_pub, keys.hpke_pub))
    code = witness_code.derive_secrets(*witness_code.parse_words(words), statement_path(server), CHEAPEST_PROFILE)
    witness_id = id_text(new_id())
    request = {
        "ecdsa_pub": b64(keys.ecdsa_pub), "hpke_pub": b64(keys.hpke_pub), "made_at": 1, "name": "Maya",
        "note": QUESTION_NOTE, "until": 2,
    }  # fmt: skip
    body = {
        "name": b64(code.name),
        "sealed": b64(witness_statements.seal_request(code, witness_id, request)),
        "witness": witness_id,
    }
    assert (await keeper.request("POST", f"{keeper.diary}/witnesses", body, x_proof=keeper.proof)).status_code == 201
    assert (await keeper.request("POST", f"{keeper.diary}/witnesses", body, x_proof=keeper.proof)).status_code == 201
    client = httpx.AsyncClient(
        transport=server.http_client("198.51.100.99")._transport, base_url=server.settings.public_url
    )
    return WitnessRequest(words, code, witness_id, Phone(client))


async def list_codes(keeper: Keeper) -> list[dict[str, object]]:
    """Return the keeper's codes and the statements."""
    return list((await keeper.request("GET", f"{keeper.diary}/witnesses")).json()["witnesses"])


async def test_one_statement_sealed_to_the_keeper_and_read_by_nobody_else(
    server: InProcessServer, keeper: Keeper
) -> None:
    """The right words return the request; one proved statement arrives; the server stores nothing readable."""
    witness_request = await create_witness_code(server, keeper)
    answer = (await witness_request.enter_words()).json()
    _, key_words = witness_code.parse_words(witness_request.words.upper().replace(" ", ", "))
    request = witness_statements.open_request(
        witness_request.code, key_words, witness_request.id, unb64(answer["sealed"])
    )
    assert (request["note"], request["name"]) == (QUESTION_NOTE, "Maya")
    envelope = witness_request.seal_statement(keeper)
    assert (await witness_request.send_statement(envelope)).status_code == 204
    assert (
        await witness_request.send_statement(envelope)
    ).status_code == 204  # the answer was lost on the way, and it is sent again
    (row,) = await list_codes(keeper)
    scalar = keeper.identity.keyset.hpke_scalar
    statement, verified = witness_statements.open_statement(
        scalar, witness_request.code.proof, witness_request.id, unb64(str(row["statement"]))
    )
    assert verified and statement["fields"]["words"] == PLAINTEXT_SENTINEL
    held = "\n".join(server.dump())
    four = " ".join(witness_request.words.split()[:4])
    needles = (
        PLAINTEXT_SENTINEL,
        QUESTION_NOTE,
        "Sam Ray",
        four,
        witness_request.code.name.hex(),
        b64(witness_request.code.name),
        witness_request.code.key.hex(),
    )
    assert not [one for one in needles if one in held or one.upper() in held]
    for file in server.settings.data.rglob("*"):
        raw = file.read_bytes() if file.is_file() else b""
        assert not [one for one in (PLAINTEXT_SENTINEL, QUESTION_NOTE, witness_request.words) if one.encode() in raw], (
            file
        )
    assert (
        await keeper.request("DELETE", f"{keeper.diary}/witnesses/{witness_request.id}", x_proof=keeper.proof)
    ).status_code == 204
    assert await list_codes(keeper) == []


async def test_wrong_words_learn_nothing_and_right_ones_that_are_over_are_told_kindly(
    server: InProcessServer, keeper: Keeper
) -> None:
    """Wrong, removed and unknown words give the same bytes.

    Used and expired codes are revealed to the right words only.
    """
    used, late, removed = (
        await create_witness_code(server, keeper),
        await create_witness_code(server, keeper),
        await create_witness_code(server, keeper),
    )
    wrong = await used.enter_words(WitnessCodeSecrets(os.urandom(16), b"", b""))
    await used.enter_words()
    assert (await used.send_statement(used.seal_statement(keeper))).status_code == 204
    assert (
        await keeper.request("DELETE", f"{keeper.diary}/witnesses/{removed.id}", x_proof=keeper.proof)
    ).status_code == 204
    never = await removed.enter_words()
    assert (wrong.status_code, wrong.json()["error"], wrong.content) == (401, "no_match", never.content)
    again = await used.enter_words()
    server.clock.advance(14 * DAY_MS)
    answer_when_over = await late.enter_words()
    for one, answer in ((used, again), (late, answer_when_over)):
        assert answer.json() == {"files_bytes": 100_000_000, "over": True, "witness": one.id}
    assert (await late.send_statement(late.seal_statement(keeper))).status_code == 401  # no ticket was ever issued
    server.clock.advance(31 * DAY_MS)
    async with open_instance_on_database(server) as instance:
        for _ in range(2):
            await purge(instance)
            server.clock.advance(3_600_000)
    # Statements that arrived are never deleted automatically.
    assert [bytes(row[0]) for row in server.query("SELECT id FROM witness_code")] == [unb64(used.id)]


async def test_a_ticket_is_for_its_code_its_time_and_one_statement(server: InProcessServer, keeper: Keeper) -> None:
    """A ticket for another place, a second statement, an old ticket and an altered one are refused; the first stays."""
    code_with_ticket, other = await create_witness_code(server, keeper), await create_witness_code(server, keeper)
    await code_with_ticket.enter_words()
    await other.enter_words()
    assert (await code_with_ticket.send_statement(other.seal_statement(keeper))).status_code == 400
    raw = unb64(code_with_ticket.ticket)
    altered = b64(raw[:-1] + bytes([raw[-1] ^ 1]))
    for ticket in (altered, "", "A" * 75, b64(raw[:16] + b"\xff" * 8 + raw[24:])):
        answer = await code_with_ticket.witness_phone.request(
            "PUT", "/v1/statement", encode_frames([code_with_ticket.seal_statement(keeper)]), x_proof=ticket
        )
        assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    server.clock.advance(2 * 3_600_000)
    assert (await code_with_ticket.send_statement(code_with_ticket.seal_statement(keeper))).status_code == 401
    await code_with_ticket.enter_words()
    first = code_with_ticket.seal_statement(keeper)
    assert (await code_with_ticket.send_statement(first)).status_code == 204
    assert (await code_with_ticket.send_statement(code_with_ticket.seal_statement(keeper))).status_code == 404
    row = next(one for one in await list_codes(keeper) if one["witness"] == code_with_ticket.id)
    assert row["statement"] == b64(first)


async def test_files_come_whole_and_a_large_one_is_refused_plainly(server: InProcessServer, keeper: Keeper) -> None:
    """A file is uploaded sealed and read by the keeper; 2 GB are refused before upload; a partial file is refused."""
    witness_request = await create_witness_code(server, keeper)
    await witness_request.enter_words()
    content, key, upload = os.urandom(70_000), os.urandom(32), id_text(new_id())
    path = f"/v1/statement/files/{upload}"
    large = await witness_request.witness_phone.request(
        "PUT", path, {"parts": 2081, "size": 2 << 30}, x_proof=witness_request.ticket
    )
    assert (large.status_code, large.json()["error"]) == (413, "too_large")
    assert "Leave the largest out" in large.json()["message"]
    assert server.query("SELECT count(*) FROM blob") == [(0,)]
    slip = HandoverMetadata("files", len(content), hashlib.sha256(content).hexdigest(), 1)
    sealed = list(handover.seal_handover(key, upload, [content], slip))
    declaration = {"parts": len(sealed), "size": sum(map(len, sealed))}
    assert (
        await witness_request.witness_phone.request("PUT", path, declaration, x_proof=witness_request.ticket)
    ).status_code == 204
    digest = parts_digest(hashlib.sha256(frame).digest() for frame in sealed)
    files = {
        "key": b64(key),
        "list": [{"name": "door.mp4", "size": len(content), "type": "video/mp4"}],
        "upload": upload,
    }
    partial_answer = await witness_request.send_statement(
        witness_request.seal_statement(keeper, files), unb64(upload), digest
    )
    assert (partial_answer.status_code, partial_answer.json()["error"]) == (409, "incomplete")
    for i, part in enumerate(sealed):
        assert (
            await witness_request.witness_phone.request(
                "PUT", f"{path}/parts/{i}", part, x_proof=witness_request.ticket
            )
        ).status_code == 204
    assert (
        await witness_request.send_statement(witness_request.seal_statement(keeper, files), unb64(upload), digest)
    ).status_code == 204
    received = [
        (await keeper.request("GET", f"{keeper.diary}/blobs/{upload}/parts/{i}")).content for i in range(len(sealed))
    ]
    assert received == sealed and not any(content[:64] in part for part in received)
    late_answer = await witness_request.witness_phone.request(
        "PUT", f"{path}/parts/0", sealed[0], x_proof=witness_request.ticket
    )
    assert late_answer.status_code == 404
    await keeper.request("DELETE", f"{keeper.diary}/witnesses/{witness_request.id}", x_proof=keeper.proof)
    assert (await keeper.request("GET", f"{keeper.diary}/blobs/{upload}")).status_code in (404, 410)


async def test_substituted_keys_and_forged_statements_are_noticed(
    server: InProcessServer, keeper: Keeper, other_keeper: Keeper
) -> None:
    """Another key under the right code is refused by the page; a statement without the proof is not verified."""
    witness_request = await create_witness_code(server, keeper)
    theirs = other_keeper.identity.keyset
    forged_request = {
        "ecdsa_pub": b64(theirs.ecdsa_pub), "hpke_pub": b64(theirs.hpke_pub), "made_at": 1, "name": "", "note": "", "until": 2,
    }  # fmt: skip
    _, key_words = witness_code.parse_words(witness_request.words)
    with pytest.raises(BadSignature):
        witness_statements.open_request(
            witness_request.code,
            key_words,
            witness_request.id,
            witness_statements.seal_request(witness_request.code, witness_request.id, forged_request),
        )
    with pytest.raises(SealError):
        guessed = WitnessCodeSecrets(witness_request.code.name, bytes(32), b"")
        witness_statements.open_request(
            guessed,
            key_words,
            witness_request.id,
            witness_statements.seal_request(witness_request.code, witness_request.id, forged_request),
        )
    forged = witness_request.seal_statement(keeper, proof=bytes(32))
    _, verified = witness_statements.open_statement(
        keeper.identity.keyset.hpke_scalar, witness_request.code.proof, witness_request.id, forged
    )
    assert not verified
    *first, fourth = witness_request.words.split()[: witness_code.CODE_WORD_COUNT]
    # The four check bits are at the end of the fourth word, so that the next word in the list is never valid.
    neighbour_word = word_list()[word_list().index(fourth) ^ 1]
    with pytest.raises(BadRequest):
        witness_code.parse_words(
            " ".join((*first, neighbour_word, *witness_request.words.split()[witness_code.CODE_WORD_COUNT :]))
        )
