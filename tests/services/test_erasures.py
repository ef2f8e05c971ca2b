"""Permanent erasure: a delay of seven days, visible to every session, cancelled by any, then complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from diary.encoding import b64, decode_frames, unb64
from diary.ids import id_text, new_id
from diary.ledger import heads
from diary.services.instance import Instance
from diary.services.sync import purge as purging
from diary.services.sync.purge import PurgeResult
from diary.storage.account_changes import account_closing
from diary.storage.postgres.address import is_postgres
from diary.storage.writer import Transaction
from tests.cli_runner import run_cli
from tests.postgres import fetch_all_bytes, run_in_thread
from tests.server_fixture import (
    RECOVERY_CODE,
    InProcessServer,
    Keeper,
    SealedUpload,
    new_device_sign_in_body,
    read_json,
    register_keeper,
    running_server,
    seal_file,
)

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


def instance_of(server: InProcessServer) -> Instance:
    """Return the instance that the server's services use."""
    instance: Instance = server.app.state.app_context.instance
    return instance


async def run_hourly_purge(server: InProcessServer) -> PurgeResult:
    """Advance an hour, and run the server's hourly work."""
    server.clock.advance(HOUR_MS)
    return await purging.purge(instance_of(server))


async def advance_and_purge(server: InProcessServer, ms: int) -> PurgeResult:
    """Advance the clock, with the last two hourly runs: the first notices the gap, the second trusts the clock."""
    server.clock.advance(ms - HOUR_MS)
    await purging.purge(instance_of(server))
    return await run_hourly_purge(server)


async def push_version_with_files(keeper: Keeper, *blobs: str, **extra: Any) -> tuple[str, bytes]:
    """Push a version that names these files. Return its record's id and its body."""
    held_path, body = keeper.seal("He waited outside again.", open_keys=[[blob, bytes(32)] for blob in blobs], **extra)
    response = await keeper.request("PUT", held_path, body)
    assert response.status_code == 201, response.text
    return held_path.split("/")[5], body


async def upload_file(keeper: Keeper, content: bytes) -> SealedUpload:
    """Upload a complete file."""
    file = seal_file(keeper, content)
    place = f"{keeper.diary}/blobs/{file.blob}"
    assert (await keeper.request("PUT", place, file.declaration)).status_code == 200
    for i, part in enumerate(file.sealed_parts):
        assert (await keeper.request("PUT", f"{place}/parts/{i}", part)).status_code == 204
    assert (await keeper.request("POST", f"{place}/complete", {"digest": file.digest})).status_code == 204
    return file


async def request_erasure(keeper: Keeper, *records: str, why: str = "keeper", **extra: Any) -> httpx.Response:
    """Request an erasure with the words."""
    body = {"records": list(records), "why": why}
    return await keeper.request("POST", f"{keeper.diary}/erasures", body, **({"x_proof": keeper.proof} | extra))


async def read_feed(keeper: Keeper) -> list[tuple[dict[str, Any], list[bytes]]]:
    """Return every version of the feed: its metadata, and its frames."""
    _, *rest = decode_frames((await keeper.request("GET", keeper.diary + "/changes")).content, frames_limit=501)
    split = [decode_frames(frame) for frame in rest]
    return [(read_json(facts), sealed) for facts, *sealed in split]


def stored_bytes(server: InProcessServer) -> bytes:
    """Return everything in the data folder, and a dump of PostgreSQL."""
    content = b"".join(path.read_bytes() for path in sorted(server.settings.data.rglob("*")) if path.is_file())
    url = server.settings.database_url
    return content + run_in_thread(fetch_all_bytes(url)) if is_postgres(url) else content


async def test_after_seven_days_words_and_files_are_gone_and_the_place_stays(
    keeper: Keeper, server: InProcessServer
) -> None:
    """No byte of the sealed text or file remains on the server; number, ids, commitment, digest and leaf do.

    The running head is unchanged, and so is the other entry.
    """
    file = await upload_file(keeper, b"a picture" * 400)
    record, body = await push_version_with_files(keeper, file.blob)
    kept_record, kept_body = await push_version_with_files(keeper)
    before = await read_feed(keeper)
    (leaf,) = server.query("SELECT leaf FROM version WHERE seq = 1")
    sealed = [*decode_frames(body)[1:], *file.sealed_parts]
    assert all(frame in stored_bytes(server) for frame in sealed if len(frame) < 3000)
    answer = await request_erasure(keeper, record)
    assert answer.status_code == 201
    response_body = answer.json()
    assert (
        response_body["due_at"] - response_body["asked_at"] == 7 * DAY_MS
        and response_body["records"] == [record]
        and not response_body["done"]
    )
    last = await advance_and_purge(server, 7 * DAY_MS + HOUR_MS)
    assert last.is_clock_steady
    after = await read_feed(keeper)
    erased_version, frames_left = after[0]
    assert set(erased_version) == {"c", "env", "erased_at", "record", "seq", "version"} and frames_left == []
    assert erased_version["c"] == before[0][0]["c"] and erased_version["env"] == before[0][0]["receipt"]["env"]
    assert after[1] == before[1] and after[1][1] == decode_frames(kept_body)[1:]
    assert server.query("SELECT leaf FROM version WHERE seq = 1") == [leaf]
    everything = stored_bytes(server)
    for frame in sealed:
        for piece in (frame[len(frame) // 2 :][:64], frame[-64:]):  # an envelope begins with its public header
            assert piece not in everything
    assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
    # The head a device computes over the feed is still the one the server signed.
    head = heads.INITIAL_HEAD
    for facts, _ in after:
        env = facts["env"] if "env" in facts else facts["receipt"]["env"]
        head = heads.next_head(
            head,
            seq=facts["seq"],
            commitment=facts["c"],
            envelopes_digest=env,
            record=facts["record"],
            version=facts["version"],
        )
    session = (await keeper.request("GET", "/v1/session")).json()["diaries"][0]
    assert unb64(session["head"]["head"]) == head and session["erasures"] == []
    assert kept_record != record


async def test_nothing_is_erased_before_seven_days(keeper: Keeper, server: InProcessServer) -> None:
    """After six days and twenty-three hours everything is there, byte for byte."""
    record, _ = await push_version_with_files(keeper)
    before = await read_feed(keeper)
    await request_erasure(keeper, record)
    await advance_and_purge(server, 7 * DAY_MS - HOUR_MS)
    assert await read_feed(keeper) == before


async def test_every_session_sees_it_and_any_can_take_it_back(keeper: Keeper, server: InProcessServer) -> None:
    """A second device sees it in its session and in the list, and cancels it without the words."""
    record, _ = await push_version_with_files(keeper)
    response_body = (await request_erasure(keeper, record)).json()
    second = Keeper(server.http_client("192.0.2.1"), {}, identity=keeper.identity, journal=keeper.journal)
    signed_in = await second.request(
        "POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof)
    )
    listed_fields = {name: response_body[name] for name in ("asked_at", "due_at", "erasure", "records", "why")}
    assert signed_in.json()["diaries"][0]["erasures"] == [listed_fields]
    assert (await second.request("GET", f"{keeper.diary}/erasures")).json() == {"erasures": [listed_fields]}
    place = f"{keeper.diary}/erasures/{response_body['erasure']}"
    assert (await second.request("DELETE", place)).status_code == 204
    assert (await keeper.request("GET", f"{keeper.diary}/erasures")).json() == {"erasures": []}
    assert (await second.request("DELETE", place)).status_code == 404
    before = await read_feed(keeper)
    await advance_and_purge(server, 8 * DAY_MS)
    assert await read_feed(keeper) == before


async def test_erasing_needs_the_passphrase(keeper: Keeper, server: InProcessServer) -> None:
    """Without the proof, or with another, nothing is scheduled."""
    record, _ = await push_version_with_files(keeper)
    for proof in ({"x_proof": b64(bytes(32))}, {"leave_out": ("X-Proof",)}, {"x_proof": "no"}):
        answer = await request_erasure(keeper, record, **proof)
        assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    assert server.query("SELECT count(*) FROM erasure") == [(0,)]


@pytest.mark.parametrize(
    "body",
    [
        {"records": [], "why": "keeper"},
        {"records": ["A" * 22] * 2, "why": "keeper"},
        {"records": [id_text(new_id()) for _ in range(65)], "why": "keeper"},
        {"records": ["A" * 22], "why": "because"},
        {"records": ["A" * 22, "B" * 21 + "A"], "why": "under_18_image"},
        {"records": "A" * 22, "why": "keeper"},
        {"records": [7], "why": "keeper"},
        {"why": "keeper"},
    ],
)
async def test_what_makes_no_sense_is_refused(keeper: Keeper, body: dict[str, Any]) -> None:
    """An empty request, duplicates, a whole diary and an unknown reason give 400."""
    answer = await keeper.request("POST", f"{keeper.diary}/erasures", body, x_proof=keeper.proof)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_a_record_that_is_not_there_is_not_found(keeper: Keeper, other_keeper: Keeper) -> None:
    """An unknown record and another keeper's give the same answer."""
    theirs, _ = await push_version_with_files(other_keeper)
    unknown, foreign = await request_erasure(keeper, id_text(new_id())), await request_erasure(keeper, theirs)
    assert unknown.status_code == 404 and unknown.content == foreign.content
    answer = await keeper.request(
        "POST", f"{other_keeper.diary}/erasures", {"records": [theirs], "why": "keeper"}, x_proof=keeper.proof
    )
    assert answer.content == foreign.content


async def test_asking_twice_is_one_erasure(keeper: Keeper, server: InProcessServer) -> None:
    """A repeated request does not restart the seven days."""
    record, _ = await push_version_with_files(keeper)
    first = (await request_erasure(keeper, record)).json()
    server.clock.advance(DAY_MS)
    assert (await request_erasure(keeper, record)).json() == first
    assert server.query("SELECT count(*) FROM erasure") == [(1,)]


async def test_a_picture_of_someone_under_18_goes_at_once(keeper: Keeper, server: InProcessServer) -> None:
    """Only that file and its versions are erased, in the same request; a record without a file is refused."""
    file = await upload_file(keeper, b"a picture" * 400)
    record, _ = await push_version_with_files(keeper, file.blob)
    words, _ = await push_version_with_files(keeper)
    refused = await request_erasure(keeper, words, why="under_18_image")
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")
    answer = await request_erasure(keeper, record, why="under_18_image")
    assert answer.status_code == 201 and answer.json()["done"]
    assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
    first, second = await read_feed(keeper)
    assert "erased_at" in first[0] and "erased_at" not in second[0]
    assert (await keeper.request("GET", "/v1/usage")).json()["used_bytes"] == 0


async def test_a_file_that_another_version_names_stays(keeper: Keeper, server: InProcessServer) -> None:
    """Only files that no other version names are erased."""
    shared, alone = await upload_file(keeper, b"one" * 900), await upload_file(keeper, b"two" * 900)
    record, _ = await push_version_with_files(keeper, shared.blob, alone.blob)
    await push_version_with_files(keeper, shared.blob)
    await request_erasure(keeper, record)
    await advance_and_purge(server, 7 * DAY_MS + HOUR_MS)
    assert (await keeper.request("GET", f"{keeper.diary}/blobs/{shared.blob}/parts/0")).content == shared.sealed_parts[
        0
    ]
    departed = await keeper.request("GET", f"{keeper.diary}/blobs/{alone.blob}/parts/0")
    assert (departed.status_code, departed.json()["error"]) == (410, "erased")


async def test_what_was_erased_is_not_taken_again(keeper: Keeper, server: InProcessServer) -> None:
    """A device that does not know of the erasure gets the old receipt for the version, and 410 for the file."""
    file = await upload_file(keeper, b"a picture" * 400)
    unsent = seal_file(keeper, b"not announced yet")
    path, body = keeper.seal("again", open_keys=[[file.blob, bytes(32)], [unsent.blob, bytes(32)]])
    first = await keeper.request("PUT", path, body)
    await request_erasure(keeper, path.split("/")[5])
    await advance_and_purge(server, 7 * DAY_MS + HOUR_MS)
    second_answer = await keeper.request("PUT", path, body)
    assert (second_answer.status_code, second_answer.content) == (200, first.content)
    for file_to_send in (file, unsent):
        place = f"{keeper.diary}/blobs/{file_to_send.blob}"
        for answer in (
            await keeper.request("PUT", place, file_to_send.declaration),
            await keeper.request("PUT", f"{place}/parts/0", file_to_send.sealed_parts[0]),
            await keeper.request("GET", place),
        ):
            assert (answer.status_code, answer.json()["error"]) == (410, "erased")
    assert decode_frames(body)[-1][-64:] not in stored_bytes(server)


async def test_a_clock_that_jumps_erases_nothing(keeper: Keeper, server: InProcessServer) -> None:
    """After jumps of three weeks nothing is erased until the clock has run evenly for an hour."""
    record, _ = await push_version_with_files(keeper)
    await request_erasure(keeper, record)
    before = await read_feed(keeper)
    await run_hourly_purge(server)
    for jump in (20 * DAY_MS, -20 * DAY_MS, 20 * DAY_MS):
        server.clock.advance(jump)
        assert not (await purging.purge(instance_of(server))).is_clock_steady
        assert await read_feed(keeper) == before
    server.clock.advance(-20 * DAY_MS)
    assert not (await purging.purge(instance_of(server))).is_clock_steady
    assert (await run_hourly_purge(server)).is_clock_steady
    assert await read_feed(keeper) == before


async def test_a_server_that_was_off_erases_an_hour_after_it_is_back(keeper: Keeper, server: InProcessServer) -> None:
    """After eight days off the first run erases nothing, the one an hour later does."""
    record, _ = await push_version_with_files(keeper)
    await request_erasure(keeper, record)
    server.clock.advance(8 * DAY_MS)
    assert (await purging.purge(instance_of(server))).erasure_count == 0
    assert (await run_hourly_purge(server)).erasure_count == 1


async def test_files_left_by_a_crash_are_removed_by_the_next_run(
    keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files left when the process died after deleting the rows are not served, and the next run deletes them."""
    file = await upload_file(keeper, b"a picture" * 400)
    record, _ = await push_version_with_files(keeper, file.blob)

    async def raise_error(*_: object) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(purging, "delete_unserved_files", raise_error)
        await request_erasure(keeper, record, why="under_18_image")
    assert [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
    assert (await keeper.request("GET", f"{keeper.diary}/blobs/{file.blob}/parts/0")).status_code == 410
    assert (await purging.purge(instance_of(server))).file_count == 1
    assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]


async def test_uploads_nobody_finished_are_given_up(keeper: Keeper, server: InProcessServer) -> None:
    """After thirty days without a part an upload is deleted and its quota freed, unless a version names it."""
    lost, named, recent = (seal_file(keeper, bytes([n]) * 1_500_000) for n in (1, 2, 3))
    await push_version_with_files(keeper, named.blob)
    for file in (lost, named):
        await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
        await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
    await advance_and_purge(server, 29 * DAY_MS)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{recent.blob}", recent.declaration)
    await advance_and_purge(server, 2 * DAY_MS)
    await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    assert (await keeper.request("GET", f"{keeper.diary}/blobs/{lost.blob}")).status_code == 410
    for file in (named, recent):
        assert (await keeper.request("GET", f"{keeper.diary}/blobs/{file.blob}")).status_code == 200
    used = (await keeper.request("GET", "/v1/usage")).json()["used_bytes"]
    assert used == named.declaration["size"] + recent.declaration["size"]


async def test_closing_an_account_takes_seven_days_and_leaves_nothing_of_it(
    keeper: Keeper, other_keeper: Keeper, server: InProcessServer
) -> None:
    """A scheduled closing is visible and any session can cancel it; afterwards no row or file of the account is left.

    Nobody can sign in to it, and another keeper's diary is untouched.
    """
    file = await upload_file(keeper, b"a picture" * 400)
    _, body = await push_version_with_files(keeper, file.blob)
    await push_version_with_files(other_keeper)
    theirs = await read_feed(other_keeper)
    assert (await keeper.request("POST", "/v1/account/closing")).status_code == 401
    closing_answer = await keeper.request("POST", "/v1/account/closing", x_proof=keeper.proof)
    assert closing_answer.status_code == 201
    assert (await keeper.request("GET", "/v1/session")).json()["closing_at"] == closing_answer.json()["closing_at"]
    assert (await keeper.request("DELETE", "/v1/account/closing")).status_code == 204
    assert (await keeper.request("DELETE", "/v1/account/closing")).status_code == 404
    assert (await keeper.request("GET", "/v1/session")).json()["closing_at"] is None
    await advance_and_purge(server, 8 * DAY_MS)
    assert (await read_feed(keeper))[0][1] == decode_frames(body)[1:]
    await keeper.request("POST", "/v1/account/closing", x_proof=keeper.proof)
    await instance_of(server).db.writer.run(lambda hand: hand.execute("DELETE FROM waiting_leaf"))
    await advance_and_purge(server, 7 * DAY_MS + HOUR_MS)
    assert (await keeper.request("GET", "/v1/session")).status_code == 401
    answer = await keeper.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    everything = stored_bytes(server)
    for secret in (unb64(keeper.identity.account), decode_frames(body)[-1][-64:], file.sealed_parts[0][-64:]):
        assert secret not in everything
    assert server.query("SELECT count(*) FROM account") == [(1,)]
    assert await read_feed(other_keeper) == theirs


async def test_closing_waits_for_the_log(keeper: Keeper, server: InProcessServer) -> None:
    """A version whose receipt promised a leaf keeps its row until the leaf is in the log."""
    await push_version_with_files(keeper)

    def close_accounts(transaction: Transaction) -> tuple[bool, int]:
        transaction.execute(
            "INSERT INTO waiting_leaf (id) SELECT id FROM version WHERE id NOT IN (SELECT id FROM waiting_leaf)"
        )
        account = unb64(keeper.identity.account)
        account_closing.request_closing(transaction, account, 0)
        emptied = account_closing.end_access(transaction, account, 0)
        return emptied, transaction.execute("SELECT count(*) FROM version").fetchone()[0]

    assert await instance_of(server).db.writer.run(close_accounts) == (False, 1)


async def test_a_recovery_code_is_as_good_as_the_words(tmp_path: Path) -> None:
    """A keeper who has lost the words can still request an erasure."""
    async with running_server(tmp_path) as server:
        from diary.crypto import kdf

        keeper = await register_keeper(server)
        record, _ = await push_version_with_files(keeper)
        proof = b64(kdf.derive_code_proof(RECOVERY_CODE, keeper.identity.login))
        assert (await request_erasure(keeper, record, x_proof=proof)).status_code == 201


async def test_the_command_line_purges_too(tmp_path: Path) -> None:
    """`python -m diary purge` reports what it did, and that it does not trust a clock on the first run."""
    async with running_server(tmp_path) as server:
        await register_keeper(server)
    result = run_cli("purge", DIARY_DATA=str(tmp_path / "data"))
    assert result.returncode == 0, result.stderr
    assert "Erased: 0." in result.stdout and "clock" in result.stdout
