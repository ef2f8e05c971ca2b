"""Keeper A, keeper B and nobody, against every route: what is another's is as if it were not there."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from diary.client.advocates import ask as ask_of
from diary.crypto.handover import new_kdf
from diary.crypto.kdf import CHEAPEST
from diary.crypto.sealing import SUITE_KEY, SUITE_PERSON, prefix
from diary.crypto.sealing import Kind as Envelope
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.web.route_policy import Audience, Kind, Row
from diary.web.routes import ROUTES
from tests.advocates import Desk, lead_of, let_in
from tests.keepers import NOON, Keeper, Served, seal_file

ROWS = [row for row in ROUTES if row.audience in (Audience.KEEPER, Audience.PROVED)]
# Rows about the session itself name nothing that could be another's; an advocate may be found by every keeper who has
# heard their nine words.
NAMING = [row for row in ROWS if "{" in row.path and "{fingerprint}" not in row.path]


def named(row: Row) -> str:
    """A row as a test's name."""
    return f"{row.method} {row.path}"


async def belongings(keeper: Keeper, server: Served, desk: Desk | None = None) -> dict[str, str]:
    """One of everything a keeper may have, by the name it has in addresses. `desk`: who is let in, somebody new without one."""
    path, body = keeper.seal()
    await keeper.ask("PUT", path, body)
    file = seal_file(keeper, b"a picture")
    await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed[0])
    session = (await keeper.ask("GET", "/v1/session")).json()["session"]
    pack = (await keeper.ask("POST", "/v1/packs", {"diary": keeper.identity.diary})).json()["pack"]
    doomed = {"records": [path.split("/")[5]], "why": "keeper"}
    erasure = (await keeper.ask("POST", f"{keeper.diary}/erasures", doomed, x_proof=keeper.proof)).json()["erasure"]
    handover = {"diary": keeper.identity.diary, "name": "A" * 22, "auth": "A" * 43, "parts": 2, "size": 9000}
    handover |= {"handover": id_text(new_id()), "kdf": new_kdf(CHEAPEST)}
    left = (await keeper.ask("POST", "/v1/handovers", handover, x_proof=keeper.proof)).json()["handover"]
    desk = desk or (await lead_of(server))[0]
    granted = await let_in(server, keeper, desk)
    (client,) = await desk.clients(server.clock.now_ms())
    letter = await ask_of(
        desk.reached, desk.advocate, client, path.split("/")[5], "When was that?", server.clock.now_ms()
    )
    witness = id_text(new_id())
    asked = {"witness": witness, "name": b64(bytes(15) + b"w"), "sealed": asking(witness)}
    assert (await keeper.ask("POST", f"{keeper.diary}/witnesses", asked, x_proof=keeper.proof)).status_code == 201
    return {
        "witness": witness,
        "handover": left,
        "grant": granted.id,
        "letter": letter,
        "fingerprint": b64(desk.advocate.fingerprint),
        "diary": keeper.identity.diary,
        "erasure": erasure,
        "record": path.split("/")[5],
        "version": path.split("/")[7],
        "blob": file.blob,
        "session": session,
        "pack": pack,
        "i": "0",
        "size": "1",
    }


def asking(witness: str) -> str:
    """What a witness is asked, as far as a server can tell."""
    return b64(prefix(Envelope.ASKING, {"t": "asking", "witness": witness}) + b"x" * 90)


def body_for(row: Row, keeper: Keeper, ids: dict[str, str]) -> bytes | dict[str, object] | None:
    """A body the row would take."""
    if row.path.endswith("/parts/{i}") and row.method == "PUT":
        return seal_file(keeper, b"a picture").sealed[0]
    if row.body.kind is Kind.OCTETS:
        return keeper.seal()[1]
    if row.body.kind is Kind.JSON:
        return json_for(row, ids)
    return None


def json_for(row: Row, ids: dict[str, str]) -> dict[str, object]:
    """The same, of a row that takes JSON: where a proof is needed the body must be right, or that is said first."""
    if row.path.endswith("/grants"):
        place = {"diary": ids["diary"], "grant": ids["grant"], "t": "grant", "to": ids["fingerprint"]}
        sealed, kept = (b64(prefix(Envelope.GRANT, place, suite) + b"x" * 90) for suite in (SUITE_PERSON, SUITE_KEY))
        return {
            "grant": ids["grant"],
            "kept": kept,
            "not_after": NOON + 1000,
            "sealed": sealed,
            "to": ids["fingerprint"],
        }
    if row.path.endswith("/handovers"):
        told = {"diary": ids["diary"], "name": "A" * 22, "auth": "A" * 43, "parts": 2, "size": 9000}
        return told | {"handover": id_text(new_id()), "kdf": new_kdf(CHEAPEST)}
    if row.path.endswith("/witnesses"):
        return {"witness": ids["witness"], "name": b64(bytes(16)), "sealed": asking(ids["witness"])}
    return {"parts": 1, "size": 5000, "digest": "A" * 43, "records": [ids["record"]], "why": "keeper"}


async def ask(row: Row, keeper: Keeper, ids: dict[str, str]) -> httpx.Response:
    """The row's request for these ids."""
    path = re.sub(r"{(\w+)}", lambda found: ids[found[1]], row.path)
    return await keeper.ask(row.method, path, body_for(row, keeper, ids), x_proof=keeper.proof)


@pytest.mark.parametrize("row", ROWS, ids=named)
async def test_every_route_gives_one_response_without_a_session(row: Row, keeper: Keeper, server: Served) -> None:
    """401 signed_out on every row, whatever is asked for, and nothing changes."""
    ids = await belongings(keeper, server)
    before = server.dump()
    keeper.tokens.clear()
    for token in (None, "A" * 43, "not base64url!", ""):
        if token is not None:
            keeper.tokens["session"] = token
        answer = await ask(row, keeper, ids)
        assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")
    assert server.dump() == before


@pytest.mark.parametrize("row", NAMING, ids=named)
async def test_forbidden_and_absent_get_one_response(row: Row, keeper: Keeper, other: Keeper, server: Served) -> None:
    """B asking for what is A's gets, byte for byte, the answer for what nobody has; nothing of A's changes."""
    theirs = await belongings(keeper, server)
    nobodys = {name: theirs[name] if name in ("i", "size", "fingerprint") else id_text(new_id()) for name in theirs}
    before = server.dump()
    forbidden = await ask(row, other, theirs)
    if row.path.endswith("versions/{version}"):
        # What B pushes is sealed for A's place here, signed by B: the signature already fails.
        assert forbidden.status_code == 400
        return
    absent = await ask(row, other, nobodys)
    assert (forbidden.status_code, forbidden.json()["error"]) == (404, "not_found"), named(row)
    assert forbidden.content == absent.content
    assert headers(forbidden) == headers(absent)
    assert server.dump() == before


async def test_a_version_for_anothers_diary_is_not_found(keeper: Keeper, other: Keeper, server: Served) -> None:
    """Sealed and signed by B for A's diary: the same answer as for a diary nobody has."""
    answers = []
    before = server.dump()
    mine = other.identity.diary
    for diary in (keeper.identity.diary, id_text(new_id())):
        object.__setattr__(other.journal, "identity", _with_diary(other, diary))
        path, body = other.seal()
        answers.append(await other.ask("PUT", path, body))
        object.__setattr__(other.journal, "identity", _with_diary(other, mine))
    forbidden, absent = answers
    assert (forbidden.status_code, forbidden.content) == (404, absent.content)
    assert headers(forbidden) == headers(absent)
    assert server.dump() == before


async def test_part_zero_of_anothers_file_cannot_be_told(keeper: Keeper, other: Keeper, server: Served) -> None:
    """Known ids in B's own diary's address do not reach A's file either."""
    ids = await belongings(keeper, server)
    answer = await other.ask("GET", f"{other.diary}/blobs/{ids['blob']}/parts/0")
    assert answer.status_code == 404


def _with_diary(keeper: Keeper, diary: str) -> object:
    """The keeper's identity, claiming another diary."""
    return replace(keeper.identity, diary=diary)


def headers(answer: httpx.Response) -> list[tuple[str, str]]:
    """An answer's headers, to compare."""
    return sorted(answer.headers.multi_items())
