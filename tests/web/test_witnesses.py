"""Somebody who saw it answers once, with nine words and no account; whoever has other words learns nothing."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

import httpx
import pytest

from diary.crypto import handover, witness_code
from diary.crypto.file_parts import parts_digest
from diary.crypto.fingerprints import fingerprint
from diary.crypto.handover import Slip
from diary.crypto.kdf import CHEAPEST
from diary.crypto.witness_code import Code
from diary.crypto.words import word_list
from diary.encoding import b64, frames, unb64
from diary.errors import BadRequest, BadSignature, SealError
from diary.ids import id_text, new_id
from diary.ledger.sharing import witness_statements
from diary.services.sync.purge import purge
from tests.advocates import beside
from tests.keepers import Keeper, Phone, Served

SENTINEL = "I saw him by the blue gate at Alder Road."
NOTE = "About Tuesday at the tram stop."
DAY = 86_400_000


@dataclass
class Asked:
    """A code as its keeper has it, and somebody on the public host."""

    words: str
    code: Code
    id: str
    stranger: Phone
    ticket: str = ""
    fields: dict[str, str] = field(default_factory=lambda: {
        "contact": "", "name": "Sam Ray", "saw_how": "saw", "when": "on Tuesday", "words": SENTINEL,
    })  # fmt: skip

    async def types(self, code: Code | None = None) -> httpx.Response:
        """The words, typed on the page."""
        answer = await self.stranger.ask("POST", "/v1/statement/code", {"name": b64((code or self.code).name)})
        if answer.status_code == 200 and not answer.json()["over"]:
            self.ticket = answer.json()["ticket"]
        return answer

    def seal(self, keeper: Keeper, files: dict[str, object] | None = None, proof: bytes | None = None) -> bytes:
        """The statement in its envelope."""
        code = self.code if proof is None else Code(self.code.name, self.code.key, proof)
        said = {"fields": self.fields, "files": files, "made_at": 1}
        return witness_statements.seal_statement(code, keeper.identity.keyset.hpke_pub, self.id, said)

    async def send(self, *parts: bytes) -> httpx.Response:
        """What the page sends in the end."""
        return await self.stranger.ask("PUT", "/v1/statement", frames(parts), x_proof=self.ticket)


def address(server: Served) -> str:
    """Where the words are typed."""
    return f"{server.settings.public_url}/answer"


async def asks(server: Served, keeper: Keeper) -> Asked:
    """A keeper makes a code and says it to somebody."""
    keys = keeper.identity.keyset
    words = witness_code.new_words(fingerprint(keys.ecdsa_pub, keys.hpke_pub))
    code = witness_code.derive(*witness_code.read_words(words), address(server), CHEAPEST)
    one = id_text(new_id())
    told = {
        "ecdsa_pub": b64(keys.ecdsa_pub), "hpke_pub": b64(keys.hpke_pub), "made_at": 1, "name": "Maya", "note": NOTE, "until": 2,
    }  # fmt: skip
    body = {"name": b64(code.name), "sealed": b64(witness_statements.seal_asking(code, one, told)), "witness": one}
    assert (await keeper.ask("POST", f"{keeper.diary}/witnesses", body, x_proof=keeper.proof)).status_code == 201
    assert (await keeper.ask("POST", f"{keeper.diary}/witnesses", body, x_proof=keeper.proof)).status_code == 201
    client = httpx.AsyncClient(transport=server.client("198.51.100.99")._transport, base_url=server.settings.public_url)
    return Asked(words, code, one, Phone(client))


async def came(keeper: Keeper) -> list[dict[str, object]]:
    """The keeper's codes and what came."""
    return list((await keeper.ask("GET", f"{keeper.diary}/witnesses")).json()["witnesses"])


async def test_one_statement_sealed_to_the_keeper_and_read_by_nobody_else(server: Served, keeper: Keeper) -> None:
    """The right words give what is asked; one statement arrives, proved; the server holds nothing that can be read."""
    asked = await asks(server, keeper)
    answer = (await asked.types()).json()
    _, key_words = witness_code.read_words(asked.words.upper().replace(" ", ", "))
    told = witness_statements.open_asking(asked.code, key_words, asked.id, unb64(answer["sealed"]))
    assert (told["note"], told["name"]) == (NOTE, "Maya")
    envelope = asked.seal(keeper)
    assert (await asked.send(envelope)).status_code == 204
    assert (await asked.send(envelope)).status_code == 204  # the answer was lost on the way, and it is sent again
    (row,) = await came(keeper)
    scalar = keeper.identity.keyset.hpke
    said, verified = witness_statements.open_statement(scalar, asked.code.proof, asked.id, unb64(str(row["statement"])))
    assert verified and said["fields"]["words"] == SENTINEL
    held = "\n".join(server.dump())
    four = " ".join(asked.words.split()[:4])
    needles = (SENTINEL, NOTE, "Sam Ray", four, asked.code.name.hex(), b64(asked.code.name), asked.code.key.hex())
    assert not [one for one in needles if one in held or one.upper() in held]
    for file in server.settings.data.rglob("*"):
        raw = file.read_bytes() if file.is_file() else b""
        assert not [one for one in (SENTINEL, NOTE, asked.words) if one.encode() in raw], file
    assert (await keeper.ask("DELETE", f"{keeper.diary}/witnesses/{asked.id}", x_proof=keeper.proof)).status_code == 204
    assert await came(keeper) == []


async def test_wrong_words_learn_nothing_and_right_ones_that_are_over_are_told_kindly(
    server: Served, keeper: Keeper
) -> None:
    """Wrong, removed, of nobody: the same bytes. Used and run out: one answer, to who has the right words only."""
    used, late, gone = await asks(server, keeper), await asks(server, keeper), await asks(server, keeper)
    wrong = await used.types(Code(os.urandom(16), b"", b""))
    await used.types()
    assert (await used.send(used.seal(keeper))).status_code == 204
    assert (await keeper.ask("DELETE", f"{keeper.diary}/witnesses/{gone.id}", x_proof=keeper.proof)).status_code == 204
    never = await gone.types()
    assert (wrong.status_code, wrong.json()["error"], wrong.content) == (401, "no_match", never.content)
    again = await used.types()
    server.clock.advance(14 * DAY)
    out = await late.types()
    for one, answer in ((used, again), (late, out)):
        assert answer.json() == {"files_bytes": 100_000_000, "over": True, "witness": one.id}
    assert (await late.send(late.seal(keeper))).status_code == 401  # no ticket was ever given
    server.clock.advance(31 * DAY)
    async with beside(server) as instance:
        for _ in range(2):
            await purge(instance)
            server.clock.advance(3_600_000)
    # What came is never dropped by itself.
    assert [bytes(row[0]) for row in server.rows("SELECT id FROM witness_code")] == [unb64(used.id)]


async def test_a_ticket_is_for_its_code_its_time_and_one_statement(server: Served, keeper: Keeper) -> None:
    """Another's place, a second statement, a ticket two hours old, bent by a bit: refused, and what came stays as it was."""
    asked, other = await asks(server, keeper), await asks(server, keeper)
    await asked.types()
    await other.types()
    assert (await asked.send(other.seal(keeper))).status_code == 400
    raw = unb64(asked.ticket)
    bent = b64(raw[:-1] + bytes([raw[-1] ^ 1]))
    for ticket in (bent, "", "A" * 75, b64(raw[:16] + b"\xff" * 8 + raw[24:])):
        answer = await asked.stranger.ask("PUT", "/v1/statement", frames([asked.seal(keeper)]), x_proof=ticket)
        assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    server.clock.advance(2 * 3_600_000)
    assert (await asked.send(asked.seal(keeper))).status_code == 401
    await asked.types()
    first = asked.seal(keeper)
    assert (await asked.send(first)).status_code == 204
    assert (await asked.send(asked.seal(keeper))).status_code == 404
    row = next(one for one in await came(keeper) if one["witness"] == asked.id)
    assert row["statement"] == b64(first)


async def test_files_come_whole_and_a_large_one_is_refused_plainly(server: Served, keeper: Keeper) -> None:
    """A file goes up sealed and comes down at the keeper's; 2 GB is refused before a byte is taken; half is no statement."""
    asked = await asks(server, keeper)
    await asked.types()
    content, key, upload = os.urandom(70_000), os.urandom(32), id_text(new_id())
    path = f"/v1/statement/files/{upload}"
    large = await asked.stranger.ask("PUT", path, {"parts": 2081, "size": 2 << 30}, x_proof=asked.ticket)
    assert (large.status_code, large.json()["error"]) == (413, "too_large")
    assert "Leave the largest out" in large.json()["message"]
    assert server.rows("SELECT count(*) FROM blob") == [(0,)]
    slip = Slip("files", len(content), hashlib.sha256(content).hexdigest(), 1)
    sealed = list(handover.seal_handover(key, upload, [content], slip))
    told = {"parts": len(sealed), "size": sum(map(len, sealed))}
    assert (await asked.stranger.ask("PUT", path, told, x_proof=asked.ticket)).status_code == 204
    digest = parts_digest(hashlib.sha256(one).digest() for one in sealed)
    files = {
        "key": b64(key),
        "list": [{"name": "door.mp4", "size": len(content), "type": "video/mp4"}],
        "upload": upload,
    }
    half = await asked.send(asked.seal(keeper, files), unb64(upload), digest)
    assert (half.status_code, half.json()["error"]) == (409, "incomplete")
    for i, part in enumerate(sealed):
        assert (await asked.stranger.ask("PUT", f"{path}/parts/{i}", part, x_proof=asked.ticket)).status_code == 204
    assert (await asked.send(asked.seal(keeper, files), unb64(upload), digest)).status_code == 204
    got = [(await keeper.ask("GET", f"{keeper.diary}/blobs/{upload}/parts/{i}")).content for i in range(len(sealed))]
    assert got == sealed and not any(content[:64] in part for part in got)
    late = await asked.stranger.ask("PUT", f"{path}/parts/0", sealed[0], x_proof=asked.ticket)
    assert late.status_code == 404
    await keeper.ask("DELETE", f"{keeper.diary}/witnesses/{asked.id}", x_proof=keeper.proof)
    assert (await keeper.ask("GET", f"{keeper.diary}/blobs/{upload}")).status_code in (404, 410)


async def test_substituted_keys_and_forged_statements_are_noticed(
    server: Served, keeper: Keeper, other: Keeper
) -> None:
    """Another key under the right code is refused on the page; a statement without the proof is not verified."""
    asked = await asks(server, keeper)
    theirs = other.identity.keyset
    told = {
        "ecdsa_pub": b64(theirs.ecdsa_pub), "hpke_pub": b64(theirs.hpke_pub), "made_at": 1, "name": "", "note": "", "until": 2,
    }  # fmt: skip
    _, key_words = witness_code.read_words(asked.words)
    with pytest.raises(BadSignature):
        witness_statements.open_asking(
            asked.code, key_words, asked.id, witness_statements.seal_asking(asked.code, asked.id, told)
        )
    with pytest.raises(SealError):
        guessed = Code(asked.code.name, bytes(32), b"")
        witness_statements.open_asking(
            guessed, key_words, asked.id, witness_statements.seal_asking(asked.code, asked.id, told)
        )
    forged = asked.seal(keeper, proof=bytes(32))
    _, verified = witness_statements.open_statement(keeper.identity.keyset.hpke, asked.code.proof, asked.id, forged)
    assert not verified
    *first, fourth = asked.words.split()[: witness_code.CODE]
    # The four bits that check the rest stand at the end of the fourth word: its neighbour in the list never holds.
    beside = word_list()[word_list().index(fourth) ^ 1]
    with pytest.raises(BadRequest):
        witness_code.read_words(" ".join((*first, beside, *asked.words.split()[witness_code.CODE :])))
