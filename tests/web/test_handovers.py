"""A hand-over is opened by eight words and nothing else, five times at most, and every refusal is one answer."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from diary.app import open_instance
from diary.client import handovers
from diary.client.transport import Server
from diary.crypto import handover as words
from diary.crypto import kdf
from diary.crypto.file_parts import parts_digest
from diary.crypto.kdf import CHEAPEST, TESTS
from diary.encoding import b64, unb64
from diary.errors import NoMatch
from diary.ids import id_text, new_id
from diary.services.sync.purge import purge
from tests.keepers import Keeper, Phone, Served, enrol, served

DAY = 86_400_000


@dataclass
class Left:
    """A hand-over as the phone left it, and what the recipient was told."""

    words: str
    kdf: dict[str, object]
    handover: str
    content: bytes
    sealed: list[bytes]

    @property
    def told(self) -> dict[str, object]:
        opener = words.opener(self.words, self.kdf, TESTS)
        return {"name": b64(words.name_of(self.words)), "auth": b64(opener.auth)}


def make(content: bytes) -> Left:
    """A pack of `content`, sealed as a phone seals it."""
    said, kdf, handover = words.new_words(), words.new_kdf(CHEAPEST), id_text(new_id())
    slip = words.Slip("PACK_JB_1_20261124.zip", len(content), hashlib.sha256(content).hexdigest(), 1_790_000_000_000)
    sealed = list(words.seal_handover(words.opener(said, kdf, TESTS).key, handover, [content], slip))
    return Left(said, kdf, handover, content, sealed)


async def announce(keeper: Keeper, left: Left) -> httpx.Response:
    """The phone's first request."""
    body = {"diary": keeper.identity.diary, "handover": left.handover, "kdf": left.kdf, **left.told}
    body |= {"parts": len(left.sealed), "size": sum(map(len, left.sealed))}
    return await keeper.ask("POST", "/v1/handovers", body, x_proof=keeper.proof)


async def leave(keeper: Keeper, content: bytes = b"a pack " * 400_000) -> Left:
    """A hand-over that has come whole."""
    left = make(content)
    assert (await announce(keeper, left)).status_code == 201
    for i, part in enumerate(left.sealed):
        assert (await keeper.ask("PUT", f"/v1/handovers/{left.handover}/parts/{i}", part)).status_code == 204
    digest = b64(parts_digest(hashlib.sha256(part).digest() for part in left.sealed))
    assert (await keeper.ask("POST", f"/v1/handovers/{left.handover}/complete", {"digest": digest})).status_code == 204
    return left


def officer(server: Served, address: str = "203.0.113.9") -> Phone:
    """Somebody at a desk, on the public host."""
    transport = httpx.ASGITransport(server.app, raise_app_exceptions=False, client=(address, 4712))
    return Phone(httpx.AsyncClient(transport=transport, base_url=server.settings.public_url))


def same(answers: list[httpx.Response]) -> bool:
    """Whether nobody could tell these apart."""
    return len({(one.status_code, one.content, tuple(sorted(one.headers.multi_items()))) for one in answers}) == 1


async def test_the_words_open_it_and_the_keeper_sees_when(server: Served) -> None:
    """Salt, proof, parts: the same bytes under their true name; one opening, at its minute, in the keeper's list only."""
    keeper, other = await enrol(server), await enrol(server)
    left = await leave(keeper)
    desk = officer(server)
    kdf = (await desk.ask("POST", "/v1/handover/salt", {"name": left.told["name"]})).json()["kdf"]
    opener = words.opener(words.read_words(left.words.upper().replace(" ", ",  ")), kdf, TESTS)
    opened = (
        await desk.ask("POST", "/v1/handover/openings", {"name": left.told["name"], "auth": b64(opener.auth)})
    ).json()
    parts = [await desk.ask("GET", f"/v1/handover/parts/{i}", x_proof=opened["ticket"]) for i in range(opened["parts"])]
    slip = words.open_slip(opener.key, opened["handover"], opened["parts"], parts[-1].content)
    got = b"".join(
        words.open_part(opener.key, opened["handover"], i, slip, one.content) for i, one in enumerate(parts[:-1])
    )
    assert (slip.name, got) == ("PACK_JB_1_20261124.zip", left.content)
    assert not desk.tokens and all(one.headers["cache-control"] == "no-store" for one in parts)
    row = (await keeper.ask("GET", "/v1/handovers")).json()["handovers"][0]
    assert (row["handover"], row["openings"], row["complete"]) == (left.handover, [server.clock.now_ms()], True)
    assert (await other.ask("GET", "/v1/handovers")).json()["handovers"] == []


async def test_the_reference_client_leaves_and_collects(server: Served, tmp_path: Path) -> None:
    """A file handed over and fetched with the words alone; wrong words bring nothing and leave nothing."""
    keeper = await enrol(server)
    pack = tmp_path / "PACK_JB_1_20261124.zip"
    pack.write_bytes(os.urandom(2_500_000))
    mine, desk = (
        Server(keeper.client, server.settings.app_url),
        Server(officer(server).client, server.settings.public_url),
    )
    mine.tokens.update(keeper.tokens)
    left = await handovers.leave(mine, keeper.identity, pack, now=server.clock.now_ms(), profile=CHEAPEST, policy=TESTS)
    (tmp_path / "desk").mkdir()
    got = await handovers.collect(desk, left.words.title(), tmp_path / "desk", TESTS)
    assert (got.name, got.read_bytes()) == (pack.name, pack.read_bytes())
    (tmp_path / "other").mkdir()
    with pytest.raises(NoMatch):
        await handovers.collect(desk, words.new_words(), tmp_path / "other", kdf.PRODUCT)
    assert list((tmp_path / "other").iterdir()) == []


async def test_every_refusal_is_one_answer(server: Served) -> None:
    """Wrong word, unknown words, not whole yet, sixth opening, ended, expired: status, body and headers are the same."""
    keeper = await enrol(server)
    left, ended, half = await leave(keeper), await leave(keeper), make(b"half")
    await announce(keeper, half)
    unknown = make(b"nobody's")
    refused = []
    for at, told in enumerate((left.told | {"auth": unknown.told["auth"]}, unknown.told, half.told)):
        refused.append(await officer(server, f"203.0.113.{at}").ask("POST", "/v1/handover/openings", told))
    for at in range(5):
        answer = await officer(server, f"198.51.100.{at}").ask("POST", "/v1/handover/openings", left.told)
        assert answer.status_code == 200
    refused.append(await officer(server).ask("POST", "/v1/handover/openings", left.told))
    assert (await keeper.ask("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)).status_code == 204
    refused.append(await officer(server).ask("POST", "/v1/handover/openings", ended.told))
    expired = await leave(keeper)
    server.clock.advance(14 * DAY)
    refused.append(await officer(server).ask("POST", "/v1/handover/openings", expired.told))
    assert same(refused) and (refused[0].status_code, refused[0].json()["error"]) == (401, "no_match")
    assert len((await keeper.ask("GET", "/v1/handovers")).json()["handovers"][-1]["openings"]) in (0, 5)


async def test_a_salt_says_nothing(server: Served) -> None:
    """A name that nothing has gets a salt of its own, the same each time and of the same form as a real one's."""
    keeper = await enrol(server)
    left, desk = await leave(keeper), officer(server)
    made_up = [await desk.ask("POST", "/v1/handover/salt", {"name": b64(bytes(16))}) for _ in range(2)]
    real = await desk.ask("POST", "/v1/handover/salt", {"name": left.told["name"]})
    assert same(made_up)
    assert real.json()["kdf"].keys() == made_up[0].json()["kdf"].keys()
    await keeper.ask("DELETE", f"/v1/handovers/{left.handover}", x_proof=keeper.proof)
    assert (await desk.ask("POST", "/v1/handover/salt", {"name": left.told["name"]})).json() == real.json()


async def test_tries_are_held_back_by_words_and_by_network(server: Served) -> None:
    """Ten wrong ones against one name from one network, a hundred from everywhere; known and unknown alike."""
    keeper = await enrol(server)
    left = await leave(keeper)
    for name in (left.told["name"], b64(os.urandom(16))):
        wrong = {"name": name, "auth": b64(bytes(32))}
        near = [await officer(server, "192.0.2.200").ask("POST", "/v1/handover/openings", wrong) for _ in range(11)]
        assert [one.status_code for one in near] == [401] * 10 + [429]
        far = [await officer(server, f"192.0.2.{at}").ask("POST", "/v1/handover/openings", wrong) for at in range(95)]
        assert [one.status_code for one in far] == [401] * 90 + [429] * 5


async def test_parts_need_a_ticket_that_still_holds(server: Served) -> None:
    """None, another's, a bent one, one of six hours ago, one of a hand-over that was ended: 401, the same each time."""
    keeper = await enrol(server)
    left, desk = await leave(keeper), officer(server)
    ticket = (await desk.ask("POST", "/v1/handover/openings", left.told)).json()["ticket"]
    assert (await desk.ask("GET", "/v1/handover/parts/0", x_proof=ticket)).content == left.sealed[0]
    assert (await desk.ask("GET", "/v1/handover/parts/99", x_proof=ticket)).status_code == 404
    bad = [await desk.ask("GET", "/v1/handover/parts/0")]
    raw = unb64(ticket)
    bent = [b64(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]) for at in (0, 20, len(raw) - 1)]
    bad += [await desk.ask("GET", "/v1/handover/parts/0", x_proof=one) for one in ("A" * 75, "x", *bent)]
    server.clock.advance(6 * 3_600_000)
    bad.append(await desk.ask("GET", "/v1/handover/parts/0", x_proof=ticket))
    fresh = (await desk.ask("POST", "/v1/handover/openings", left.told)).json()["ticket"]
    await keeper.ask("DELETE", f"/v1/handovers/{left.handover}", x_proof=keeper.proof)
    bad.append(await desk.ask("GET", "/v1/handover/parts/0", x_proof=fresh))
    assert same(bad) and bad[0].status_code == 401


async def test_room_is_taken_and_given_back(server: Served) -> None:
    """A hand-over counts as files do; ended or run out, its bytes and its room are gone, its rows a month later."""
    keeper = await enrol(server)
    used = (await keeper.ask("GET", "/v1/usage")).json()["used_bytes"]
    ended, kept = await leave(keeper), await leave(keeper)
    full = (await keeper.ask("GET", "/v1/usage")).json()["used_bytes"]
    assert full - used == sum(map(len, ended.sealed)) + sum(map(len, kept.sealed))
    await keeper.ask("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)
    server.clock.advance(14 * DAY)
    async with open_instance(server.settings, server.clock, kdf_profile=CHEAPEST, kdf_policy=TESTS) as instance:
        await purge(instance)
        for _ in range(2):
            server.clock.advance(3_600_000)
            done = await purge(instance)
        assert done.steady
        assert (await keeper.ask("GET", "/v1/usage")).json()["used_bytes"] == used
        assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
        assert len((await keeper.ask("GET", "/v1/handovers")).json()["handovers"]) == 2
        server.clock.advance(30 * DAY)
        for _ in range(2):
            await purge(instance)
            server.clock.advance(3_600_000)
        await purge(instance)
    assert server.rows("SELECT * FROM handover") == [] and server.rows("SELECT * FROM handover_opening") == []


async def test_what_never_came_whole_gives_its_room_back_after_a_day(server: Served) -> None:
    """A phone that was shut in the middle: a day later its bytes and room are gone, nothing opens it, and its place is free."""
    keeper = await enrol(server)
    used = (await keeper.ask("GET", "/v1/usage")).json()["used_bytes"]
    half = make(os.urandom(3_000_000))
    assert (await announce(keeper, half)).status_code == 201
    assert (await keeper.ask("PUT", f"/v1/handovers/{half.handover}/parts/0", half.sealed[0])).status_code == 204
    async with open_instance(server.settings, server.clock, kdf_profile=CHEAPEST, kdf_policy=TESTS) as instance:
        await purge(instance)
        for hours, left in ((23, 1), (1, 0)):
            for _ in range(hours):
                server.clock.advance(3_600_000)
                done = await purge(instance)
            assert done.steady
            assert ((await keeper.ask("GET", "/v1/usage")).json()["used_bytes"] > used) == bool(left)
            assert len([path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]) == left
    assert (await keeper.ask("PUT", f"/v1/handovers/{half.handover}/parts/1", half.sealed[1])).status_code == 404
    row = (await keeper.ask("GET", "/v1/handovers")).json()["handovers"][0]
    assert (row["complete"], row["ended_at"]) == (False, server.clock.now_ms())


async def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Too large, over quota, cheap parameters, another's diary, words in use, another kind of part."""
    async with served(tmp_path, DIARY_HANDOVER_BYTES="3000000", DIARY_QUOTA_BYTES="4000000") as server:
        keeper, other = await enrol(server), await enrol(server, "198.51.100.8")
        assert (await announce(keeper, make(bytes(5_000_000)))).json()["error"] == "too_large"
        left = await leave(keeper, bytes(1_500_000))
        assert (await announce(keeper, make(bytes(2_500_000)))).json()["error"] == "over_quota"
        assert (await announce(keeper, left)).status_code == 201
        twin = make(b"other")
        twin.words, twin.kdf = left.words, words.new_kdf(CHEAPEST)
        assert (await announce(keeper, twin)).json()["error"] == "conflict"
        dear = {
            "diary": keeper.identity.diary,
            "handover": id_text(new_id()),
            **make(b"x").told,
            "parts": 2,
            "size": 9000,
        }
        for change in ({"t": 17}, {"m": 1}, {"alg": "scrypt"}, {"salt": "AA"}, {"t": "3"}):
            asked = dear | {"kdf": left.kdf | change}
            assert (await keeper.ask("POST", "/v1/handovers", asked, x_proof=keeper.proof)).status_code == 400
        body = {
            "diary": keeper.identity.diary,
            "handover": id_text(new_id()),
            "kdf": left.kdf,
            **make(b"y").told,
            "parts": 2,
            "size": 9000,
        }
        assert (await other.ask("POST", "/v1/handovers", body, x_proof=other.proof)).json()["error"] == "not_found"
        mine = make(b"mine")
        await announce(keeper, mine)
        assert (await keeper.ask("PUT", f"/v1/handovers/{mine.handover}/parts/0", left.sealed[0])).status_code == 400
        assert (await other.ask("PUT", f"/v1/handovers/{mine.handover}/parts/0", mine.sealed[0])).status_code == 404


async def test_the_operators_disk_holds_neither_words_nor_key(server: Served) -> None:
    """Words, their digests, proof and key are in no row and no file; the pack is not there in clear."""
    keeper = await enrol(server)
    left = await leave(keeper, b"SENTINEL OF THE PACK " * 9000)
    await officer(server).ask("POST", "/v1/handover/openings", left.told)
    opener = words.opener(left.words, left.kdf, TESTS)
    secret = [opener.auth, opener.key, words.name_of(left.words), b"SENTINEL OF THE PACK", left.words.encode()]
    needles = [form for one in secret for form in (one, one.hex().encode(), b64(one).encode())]
    held = [path.read_bytes() for path in server.settings.data.rglob("*") if path.is_file()] + [
        "\n".join(server.dump()).encode()
    ]
    assert held and not [needle for needle in needles for raw in held if needle in raw]
    pairs = [" ".join(left.words.split()[at : at + 2]).encode() for at in range(7)]
    assert not [pair for pair in pairs for raw in held if pair in raw]
