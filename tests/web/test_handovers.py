"""Eight words alone open a handover, at most five times, and every refusal is the same answer."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from diary.app import open_instance
from diary.client import handovers
from diary.client.transport import RemoteServer
from diary.crypto import handover as words
from diary.crypto import kdf
from diary.crypto.file_parts import parts_digest
from diary.crypto.kdf import CHEAPEST_PROFILE, TEST_POLICY
from diary.encoding import b64, unb64
from diary.errors import InvalidCredentials
from diary.ids import id_text, new_id
from diary.services.sync.purge import purge
from tests.server_fixture import InProcessServer, Keeper, Phone, register_keeper, running_server

DAY_MS = 86_400_000


@dataclass
class PreparedHandover:
    """Handover as uploaded by the phone, and what the recipient was given."""

    words: str
    kdf: dict[str, object]
    handover: str
    content: bytes
    sealed_parts: list[bytes]

    @property
    def opening_body(self) -> dict[str, object]:
        opener = words.derive_secrets(self.words, self.kdf, TEST_POLICY)
        return {"name": b64(words.derive_name(self.words)), "auth": b64(opener.proof)}


def make_handover(content: bytes) -> PreparedHandover:
    """Seal a pack of `content` as a phone does."""
    passphrase, kdf, handover = words.generate_words(), words.new_kdf_params(CHEAPEST_PROFILE), id_text(new_id())
    slip = words.HandoverMetadata(
        "PACK_JB_1_20261124.zip", len(content), hashlib.sha256(content).hexdigest(), 1_790_000_000_000
    )
    sealed = list(
        words.seal_handover(words.derive_secrets(passphrase, kdf, TEST_POLICY).key, handover, [content], slip)
    )
    return PreparedHandover(passphrase, kdf, handover, content, sealed)


async def announce_handover(keeper: Keeper, handover: PreparedHandover) -> httpx.Response:
    """Send the phone's first request."""
    body = {"diary": keeper.identity.diary, "handover": handover.handover, "kdf": handover.kdf, **handover.opening_body}
    body |= {"parts": len(handover.sealed_parts), "size": sum(map(len, handover.sealed_parts))}
    return await keeper.request("POST", "/v1/handovers", body, x_proof=keeper.proof)


async def leave_handover(keeper: Keeper, content: bytes = b"a pack " * 400_000) -> PreparedHandover:
    """Upload a complete handover."""
    handover = make_handover(content)
    assert (await announce_handover(keeper, handover)).status_code == 201
    for i, part in enumerate(handover.sealed_parts):
        assert (await keeper.request("PUT", f"/v1/handovers/{handover.handover}/parts/{i}", part)).status_code == 204
    digest = b64(parts_digest(hashlib.sha256(part).digest() for part in handover.sealed_parts))
    assert (
        await keeper.request("POST", f"/v1/handovers/{handover.handover}/complete", {"digest": digest})
    ).status_code == 204
    return handover


def officer_phone(server: InProcessServer, address: str = "203.0.113.9") -> Phone:
    """Return a recipient's client on the public host."""
    transport = httpx.ASGITransport(server.app, raise_app_exceptions=False, client=(address, 4712))
    return Phone(httpx.AsyncClient(transport=transport, base_url=server.settings.public_url))


def are_indistinguishable(answers: list[httpx.Response]) -> bool:
    """Check whether the answers are identical to an observer."""
    return (
        len(
            {
                (response.status_code, response.content, tuple(sorted(response.headers.multi_items())))
                for response in answers
            }
        )
        == 1
    )


async def test_the_words_open_it_and_the_keeper_sees_when(server: InProcessServer) -> None:
    """Salt, proof and parts give the same bytes under the right name; the keeper's list has one opening, to the minute."""
    keeper, other = await register_keeper(server), await register_keeper(server)
    handover = await leave_handover(keeper)
    desk = officer_phone(server)
    kdf = (await desk.request("POST", "/v1/handover/salt", {"name": handover.opening_body["name"]})).json()["kdf"]
    opener = words.derive_secrets(words.parse_words(handover.words.upper().replace(" ", ",  ")), kdf, TEST_POLICY)
    opened = (
        await desk.request(
            "POST", "/v1/handover/openings", {"name": handover.opening_body["name"], "auth": b64(opener.proof)}
        )
    ).json()
    parts = [
        await desk.request("GET", f"/v1/handover/parts/{i}", x_proof=opened["ticket"]) for i in range(opened["parts"])
    ]
    slip = words.open_metadata(opener.key, opened["handover"], opened["parts"], parts[-1].content)
    received = b"".join(
        words.open_part(opener.key, opened["handover"], i, slip, one.content) for i, one in enumerate(parts[:-1])
    )
    assert (slip.name, received) == ("PACK_JB_1_20261124.zip", handover.content)
    assert not desk.tokens and all(one.headers["cache-control"] == "no-store" for one in parts)
    row = (await keeper.request("GET", "/v1/handovers")).json()["handovers"][0]
    assert (row["handover"], row["openings"], row["complete"]) == (handover.handover, [server.clock.now_ms()], True)
    assert (await other.request("GET", "/v1/handovers")).json()["handovers"] == []


async def test_the_reference_client_leaves_and_collects(server: InProcessServer, tmp_path: Path) -> None:
    """A file is fetched with the words alone; wrong words give nothing and leave no file."""
    keeper = await register_keeper(server)
    pack = tmp_path / "PACK_JB_1_20261124.zip"
    pack.write_bytes(os.urandom(2_500_000))
    keeper_client, desk = (
        RemoteServer(keeper.client, server.settings.app_url),
        RemoteServer(officer_phone(server).client, server.settings.public_url),
    )
    keeper_client.tokens.update(keeper.tokens)
    pending = await handovers.upload_handover(
        keeper_client, keeper.identity, pack, now_ms=server.clock.now_ms(), profile=CHEAPEST_PROFILE, policy=TEST_POLICY
    )
    (tmp_path / "desk").mkdir()
    received = await handovers.collect_handover(desk, pending.words.title(), tmp_path / "desk", TEST_POLICY)
    assert (received.name, received.read_bytes()) == (pack.name, pack.read_bytes())
    (tmp_path / "other").mkdir()
    with pytest.raises(InvalidCredentials):
        await handovers.collect_handover(desk, words.generate_words(), tmp_path / "other", kdf.PRODUCTION_POLICY)
    assert list((tmp_path / "other").iterdir()) == []


async def test_every_refusal_is_one_answer(server: InProcessServer) -> None:
    """A wrong word, unknown words, an incomplete, ended or expired one and a sixth opening give identical answers."""
    keeper = await register_keeper(server)
    complete, ended, incomplete = await leave_handover(keeper), await leave_handover(keeper), make_handover(b"half")
    await announce_handover(keeper, incomplete)
    unknown = make_handover(b"nobody's")
    refused = []
    for at, told in enumerate(
        (complete.opening_body | {"auth": unknown.opening_body["auth"]}, unknown.opening_body, incomplete.opening_body)
    ):
        refused.append(await officer_phone(server, f"203.0.113.{at}").request("POST", "/v1/handover/openings", told))
    for at in range(5):
        answer = await officer_phone(server, f"198.51.100.{at}").request(
            "POST", "/v1/handover/openings", complete.opening_body
        )
        assert answer.status_code == 200
    refused.append(await officer_phone(server).request("POST", "/v1/handover/openings", complete.opening_body))
    assert (await keeper.request("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)).status_code == 204
    refused.append(await officer_phone(server).request("POST", "/v1/handover/openings", ended.opening_body))
    expired = await leave_handover(keeper)
    server.clock.advance(14 * DAY_MS)
    refused.append(await officer_phone(server).request("POST", "/v1/handover/openings", expired.opening_body))
    assert are_indistinguishable(refused) and (refused[0].status_code, refused[0].json()["error"]) == (401, "no_match")
    assert len((await keeper.request("GET", "/v1/handovers")).json()["handovers"][-1]["openings"]) in (0, 5)


async def test_a_salt_says_nothing(server: InProcessServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name gets a salt of its own, stable and in the form of a real one, for as many rows read."""
    keeper = await register_keeper(server)
    db = server.app.state.app_context.instance.db
    fetch_one = db.fetch_one
    rows_found: list[bool] = []

    async def record_rows(*arguments: object) -> object:
        row = await fetch_one(*arguments)
        rows_found.append(row is not None)
        return row

    monkeypatch.setattr(db, "fetch_one", record_rows)
    prepared, desk = await leave_handover(keeper), officer_phone(server)
    rows_found.clear()
    made_up = [await desk.request("POST", "/v1/handover/salt", {"name": b64(bytes(16))}) for _ in range(2)]
    real = await desk.request("POST", "/v1/handover/salt", {"name": prepared.opening_body["name"]})
    assert rows_found == [True, True, True]
    assert are_indistinguishable(made_up)
    assert real.json()["kdf"].keys() == made_up[0].json()["kdf"].keys()
    await keeper.request("DELETE", f"/v1/handovers/{prepared.handover}", x_proof=keeper.proof)
    assert (
        await desk.request("POST", "/v1/handover/salt", {"name": prepared.opening_body["name"]})
    ).json() == real.json()


async def test_tries_are_held_back_by_words_and_by_network(server: InProcessServer) -> None:
    """Ten wrong tries per name and network are allowed, a hundred from everywhere, for known and unknown names alike."""
    keeper = await register_keeper(server)
    handover = await leave_handover(keeper)
    for name in (handover.opening_body["name"], b64(os.urandom(16))):
        wrong = {"name": name, "auth": b64(bytes(32))}
        near = [
            await officer_phone(server, "192.0.2.200").request("POST", "/v1/handover/openings", wrong)
            for _ in range(11)
        ]
        assert [one.status_code for one in near] == [401] * 10 + [429]
        far = [
            await officer_phone(server, f"192.0.2.{at}").request("POST", "/v1/handover/openings", wrong)
            for at in range(95)
        ]
        assert [one.status_code for one in far] == [401] * 90 + [429] * 5


async def test_parts_need_a_ticket_that_still_holds(server: InProcessServer) -> None:
    """A missing, foreign, altered or old ticket, and one of an ended handover, give the same 401."""
    keeper = await register_keeper(server)
    prepared, desk = await leave_handover(keeper), officer_phone(server)
    ticket = (await desk.request("POST", "/v1/handover/openings", prepared.opening_body)).json()["ticket"]
    assert (await desk.request("GET", "/v1/handover/parts/0", x_proof=ticket)).content == prepared.sealed_parts[0]
    assert (await desk.request("GET", "/v1/handover/parts/99", x_proof=ticket)).status_code == 404
    bad = [await desk.request("GET", "/v1/handover/parts/0")]
    raw = unb64(ticket)
    altered = [b64(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]) for at in (0, 20, len(raw) - 1)]
    bad += [await desk.request("GET", "/v1/handover/parts/0", x_proof=one) for one in ("A" * 75, "x", *altered)]
    server.clock.advance(6 * 3_600_000)
    bad.append(await desk.request("GET", "/v1/handover/parts/0", x_proof=ticket))
    fresh = (await desk.request("POST", "/v1/handover/openings", prepared.opening_body)).json()["ticket"]
    await keeper.request("DELETE", f"/v1/handovers/{prepared.handover}", x_proof=keeper.proof)
    bad.append(await desk.request("GET", "/v1/handover/parts/0", x_proof=fresh))
    assert are_indistinguishable(bad) and bad[0].status_code == 401


async def test_room_is_taken_and_given_back(server: InProcessServer) -> None:
    """A handover uses quota as files do; once ended or expired its bytes and quota are freed, its rows a month later."""
    keeper = await register_keeper(server)
    used = (await keeper.request("GET", "/v1/usage")).json()["used_bytes"]
    ended, remaining = await leave_handover(keeper), await leave_handover(keeper)
    full = (await keeper.request("GET", "/v1/usage")).json()["used_bytes"]
    assert full - used == sum(map(len, ended.sealed_parts)) + sum(map(len, remaining.sealed_parts))
    await keeper.request("DELETE", f"/v1/handovers/{ended.handover}", x_proof=keeper.proof)
    server.clock.advance(14 * DAY_MS)
    async with open_instance(
        server.settings, server.clock, kdf_profile=CHEAPEST_PROFILE, kdf_policy=TEST_POLICY
    ) as instance:
        await purge(instance)
        for _ in range(2):
            server.clock.advance(3_600_000)
            purged = await purge(instance)
        assert purged.is_clock_steady
        assert (await keeper.request("GET", "/v1/usage")).json()["used_bytes"] == used
        assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
        assert len((await keeper.request("GET", "/v1/handovers")).json()["handovers"]) == 2
        server.clock.advance(30 * DAY_MS)
        for _ in range(2):
            await purge(instance)
            server.clock.advance(3_600_000)
        await purge(instance)
    assert server.query("SELECT * FROM handover") == [] and server.query("SELECT * FROM handover_opening") == []


async def test_what_never_came_whole_gives_its_room_back_after_a_day(server: InProcessServer) -> None:
    """A day after the upload stopped, its bytes and quota are freed, nothing opens it, and another may be created."""
    keeper = await register_keeper(server)
    used = (await keeper.request("GET", "/v1/usage")).json()["used_bytes"]
    incomplete = make_handover(os.urandom(3_000_000))
    assert (await announce_handover(keeper, incomplete)).status_code == 201
    assert (
        await keeper.request("PUT", f"/v1/handovers/{incomplete.handover}/parts/0", incomplete.sealed_parts[0])
    ).status_code == 204
    async with open_instance(
        server.settings, server.clock, kdf_profile=CHEAPEST_PROFILE, kdf_policy=TEST_POLICY
    ) as instance:
        await purge(instance)
        for hours, remaining_count in ((23, 1), (1, 0)):
            for _ in range(hours):
                server.clock.advance(3_600_000)
                purged = await purge(instance)
            assert purged.is_clock_steady
            assert ((await keeper.request("GET", "/v1/usage")).json()["used_bytes"] > used) == bool(remaining_count)
            assert (
                len([path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]) == remaining_count
            )
    assert (
        await keeper.request("PUT", f"/v1/handovers/{incomplete.handover}/parts/1", incomplete.sealed_parts[1])
    ).status_code == 404
    row = (await keeper.request("GET", "/v1/handovers")).json()["handovers"][0]
    assert (row["complete"], row["ended_at"]) == (False, server.clock.now_ms())


async def test_content_too_long_for_its_class_is_refused(tmp_path: Path) -> None:
    """Too large, over quota, cheap parameters, another's diary, words in use and other kinds of parts are refused."""
    async with running_server(tmp_path, DIARY_HANDOVER_BYTES="3000000", DIARY_QUOTA_BYTES="4000000") as server:
        keeper, other = await register_keeper(server), await register_keeper(server, "198.51.100.8")
        assert (await announce_handover(keeper, make_handover(bytes(5_000_000)))).json()["error"] == "too_large"
        handover = await leave_handover(keeper, bytes(1_500_000))
        assert (await announce_handover(keeper, make_handover(bytes(2_500_000)))).json()["error"] == "over_quota"
        assert (await announce_handover(keeper, handover)).status_code == 201
        twin = make_handover(b"other")
        twin.words, twin.kdf = handover.words, words.new_kdf_params(CHEAPEST_PROFILE)
        assert (await announce_handover(keeper, twin)).json()["error"] == "conflict"
        dear = {
            "diary": keeper.identity.diary,
            "handover": id_text(new_id()),
            **make_handover(b"x").opening_body,
            "parts": 2,
            "size": 9000,
        }
        for change in ({"t": 17}, {"m": 1}, {"alg": "scrypt"}, {"salt": "AA"}, {"t": "3"}):
            declaration = dear | {"kdf": handover.kdf | change}
            assert (await keeper.request("POST", "/v1/handovers", declaration, x_proof=keeper.proof)).status_code == 400
        body = {
            "diary": keeper.identity.diary,
            "handover": id_text(new_id()),
            "kdf": handover.kdf,
            **make_handover(b"y").opening_body,
            "parts": 2,
            "size": 9000,
        }
        assert (await other.request("POST", "/v1/handovers", body, x_proof=other.proof)).json()["error"] == "not_found"
        own_handover = make_handover(b"mine")
        await announce_handover(keeper, own_handover)
        assert (
            await keeper.request("PUT", f"/v1/handovers/{own_handover.handover}/parts/0", handover.sealed_parts[0])
        ).status_code == 400
        assert (
            await other.request("PUT", f"/v1/handovers/{own_handover.handover}/parts/0", own_handover.sealed_parts[0])
        ).status_code == 404


async def test_the_operators_disk_holds_neither_words_nor_key(server: InProcessServer) -> None:
    """Words, their digests, proof and key are in no row and no file, and neither is the pack's plaintext."""
    keeper = await register_keeper(server)
    handover = await leave_handover(keeper, b"SENTINEL OF THE PACK " * 9000)
    await officer_phone(server).request("POST", "/v1/handover/openings", handover.opening_body)
    opener = words.derive_secrets(handover.words, handover.kdf, TEST_POLICY)
    secret = [
        opener.proof,
        opener.key,
        words.derive_name(handover.words),
        b"SENTINEL OF THE PACK",
        handover.words.encode(),
    ]
    needles = [form for one in secret for form in (one, one.hex().encode(), b64(one).encode())]
    held = [path.read_bytes() for path in server.settings.data.rglob("*") if path.is_file()] + [
        "\n".join(server.dump()).encode()
    ]
    assert held and not [needle for needle in needles for raw in held if needle in raw]
    pairs = [" ".join(handover.words.split()[at : at + 2]).encode() for at in range(7)]
    assert not [pair for pair in pairs for raw in held if pair in raw]
