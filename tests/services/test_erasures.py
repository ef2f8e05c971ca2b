"""Erasing for good: seven days, shown everywhere, taken back by anyone signed in, and then really gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from diary.encoding import b64, parse, read_frames, unb64
from diary.ids import id_text, new_id
from diary.ledger import heads
from diary.services.instance import Instance
from diary.services.sync import purge as purging
from diary.services.sync.purge import Purged
from diary.storage.accounts import account_closing
from diary.storage.postgres.address import is_postgres
from diary.storage.writer import Hand
from tests.keepers import CODE, Keeper, SealedFile, Served, enrol, seal_file, served, sign_in_body
from tests.postgres import bytes_of, in_a_thread
from tests.running import kept

DAY = 86_400_000
HOUR = 3_600_000


def instance_of(server: Served) -> Instance:
    """What the server's services work with."""
    made: Instance = server.app.state.office.instance
    return made


async def tick(server: Served) -> Purged:
    """An hour later, the server's own run."""
    server.clock.advance(HOUR)
    return await purging.purge(instance_of(server))


async def run_to(server: Served, ms: int) -> Purged:
    """So long, with the last two hourly runs of it: the first finds a gap, the other believes the clock."""
    server.clock.advance(ms - HOUR)
    await purging.purge(instance_of(server))
    return await tick(server)


async def push_with(keeper: Keeper, *blobs: str, **more: Any) -> tuple[str, bytes]:
    """Push a version that names these files: its record's id and its body."""
    held_path, body = keeper.seal("He waited outside again.", open_keys=[[blob, bytes(32)] for blob in blobs], **more)
    answer = await keeper.ask("PUT", held_path, body)
    assert answer.status_code == 201, answer.text
    return held_path.split("/")[5], body


async def send(keeper: Keeper, content: bytes) -> SealedFile:
    """A whole file on the server."""
    file = seal_file(keeper, content)
    place = f"{keeper.diary}/blobs/{file.blob}"
    assert (await keeper.ask("PUT", place, file.declaration)).status_code == 200
    for i, part in enumerate(file.sealed):
        assert (await keeper.ask("PUT", f"{place}/parts/{i}", part)).status_code == 204
    assert (await keeper.ask("POST", f"{place}/complete", {"digest": file.digest})).status_code == 204
    return file


async def erase(keeper: Keeper, *records: str, why: str = "keeper", **more: Any) -> httpx.Response:
    """Ask for an erasure with the words."""
    body = {"records": list(records), "why": why}
    return await keeper.ask("POST", f"{keeper.diary}/erasures", body, **({"x_proof": keeper.proof} | more))


async def feed(keeper: Keeper) -> list[tuple[dict[str, Any], list[bytes]]]:
    """Every version the feed gives: its facts, and its frames after them."""
    _, *rest = read_frames((await keeper.ask("GET", keeper.diary + "/changes")).content, at_most=501)
    split = [read_frames(frame) for frame in rest]
    return [(parse(facts), sealed) for facts, *sealed in split]  # type: ignore[misc]


def every_byte(server: Served) -> bytes:
    """All that lies in the data folder, and what a PostgreSQL server gives out."""
    held = b"".join(path.read_bytes() for path in sorted(server.settings.data.rglob("*")) if path.is_file())
    url = server.settings.database_url
    return held + in_a_thread(bytes_of(url)) if is_postgres(url) else held


async def test_after_seven_days_words_and_files_are_gone_and_the_place_stays(keeper: Keeper, server: Served) -> None:
    """No byte of the sealed words or the file is left anywhere the server keeps them; number, ids, commitment,
    envelope digest and leaf are; the running head still agrees; the other entry is untouched."""
    file = await send(keeper, b"a picture" * 400)
    record, body = await push_with(keeper, file.blob)
    kept_record, kept_body = await push_with(keeper)
    before = await feed(keeper)
    (leaf,) = server.rows("SELECT leaf FROM version WHERE seq = 1")
    sealed = [*read_frames(body)[1:], *file.sealed]
    assert all(one in every_byte(server) for one in sealed if len(one) < 3000)
    asked = await erase(keeper, record)
    assert asked.status_code == 201
    told = asked.json()
    assert told["due_at"] - told["asked_at"] == 7 * DAY and told["records"] == [record] and not told["done"]
    last = await run_to(server, 7 * DAY + HOUR)
    assert last.steady
    after = await feed(keeper)
    gone, frames_left = after[0]
    assert set(gone) == {"c", "env", "erased_at", "record", "seq", "version"} and frames_left == []
    assert gone["c"] == before[0][0]["c"] and gone["env"] == before[0][0]["receipt"]["env"]
    assert after[1] == before[1] and after[1][1] == read_frames(kept_body)[1:]
    assert server.rows("SELECT leaf FROM version WHERE seq = 1") == [leaf]
    everything = every_byte(server)
    for one in sealed:
        for piece in (one[len(one) // 2 :][:64], one[-64:]):  # it begins with its public header
            assert piece not in everything
    assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
    # What a device computes over the feed is still the head the server signed.
    head = heads.FIRST
    for facts, _ in after:
        env = facts["env"] if "env" in facts else facts["receipt"]["env"]
        head = heads.next_head(
            head, seq=facts["seq"], c=facts["c"], env=env, record=facts["record"], version=facts["version"]
        )
    session = (await keeper.ask("GET", "/v1/session")).json()["diaries"][0]
    assert unb64(session["head"]["head"]) == head and session["erasures"] == []
    assert kept_record != record


async def test_nothing_goes_before_seven_days(keeper: Keeper, server: Served) -> None:
    """At six days and twenty-three hours everything is there, byte for byte."""
    record, _ = await push_with(keeper)
    before = await feed(keeper)
    await erase(keeper, record)
    await run_to(server, 7 * DAY - HOUR)
    assert await feed(keeper) == before


async def test_every_session_sees_it_and_any_can_take_it_back(keeper: Keeper, server: Served) -> None:
    """A second device finds it in its session and in the list, and takes it back without the words."""
    record, _ = await push_with(keeper)
    told = (await erase(keeper, record)).json()
    second = Keeper(server.client("192.0.2.1"), {}, identity=keeper.identity, journal=keeper.journal)
    signed_in = await second.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    shown = {name: told[name] for name in ("asked_at", "due_at", "erasure", "records", "why")}
    assert signed_in.json()["diaries"][0]["erasures"] == [shown]
    assert (await second.ask("GET", f"{keeper.diary}/erasures")).json() == {"erasures": [shown]}
    place = f"{keeper.diary}/erasures/{told['erasure']}"
    assert (await second.ask("DELETE", place)).status_code == 204
    assert (await keeper.ask("GET", f"{keeper.diary}/erasures")).json() == {"erasures": []}
    assert (await second.ask("DELETE", place)).status_code == 404
    before = await feed(keeper)
    await run_to(server, 8 * DAY)
    assert await feed(keeper) == before


async def test_erasing_needs_the_passphrase(keeper: Keeper, server: Served) -> None:
    """Without the proof, or with another, nothing is noted."""
    record, _ = await push_with(keeper)
    for proof in ({"x_proof": b64(bytes(32))}, {"leave_out": ("X-Proof",)}, {"x_proof": "no"}):
        answer = await erase(keeper, record, **proof)
        assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    assert server.rows("SELECT count(*) FROM erasure") == [(0,)]


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
    """Nothing, twice the same, a whole diary at once, an unknown reason: 400."""
    answer = await keeper.ask("POST", f"{keeper.diary}/erasures", body, x_proof=keeper.proof)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_a_record_that_is_not_there_is_not_found(keeper: Keeper, other: Keeper) -> None:
    """Unknown, and another's, alike."""
    theirs, _ = await push_with(other)
    unknown, foreign = await erase(keeper, id_text(new_id())), await erase(keeper, theirs)
    assert unknown.status_code == 404 and unknown.content == foreign.content
    asked = await keeper.ask(
        "POST", f"{other.diary}/erasures", {"records": [theirs], "why": "keeper"}, x_proof=keeper.proof
    )
    assert asked.content == foreign.content


async def test_asking_twice_is_one_erasure(keeper: Keeper, server: Served) -> None:
    """The second asking is the first: it does not begin the seven days again."""
    record, _ = await push_with(keeper)
    first = (await erase(keeper, record)).json()
    server.clock.advance(DAY)
    assert (await erase(keeper, record)).json() == first
    assert server.rows("SELECT count(*) FROM erasure") == [(1,)]


async def test_a_picture_of_someone_under_18_goes_at_once(keeper: Keeper, server: Served) -> None:
    """That file and its versions only, in the same request; nothing without a file goes that way."""
    file = await send(keeper, b"a picture" * 400)
    record, _ = await push_with(keeper, file.blob)
    words, _ = await push_with(keeper)
    refused = await erase(keeper, words, why="under_18_image")
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")
    answer = await erase(keeper, record, why="under_18_image")
    assert answer.status_code == 201 and answer.json()["done"]
    assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
    first, second = await feed(keeper)
    assert "erased_at" in first[0] and "erased_at" not in second[0]
    assert (await keeper.ask("GET", "/v1/usage")).json()["used_bytes"] == 0


async def test_a_file_that_another_version_names_stays(keeper: Keeper, server: Served) -> None:
    """Only what nothing else in the diary names goes."""
    shared, alone = await send(keeper, b"one" * 900), await send(keeper, b"two" * 900)
    record, _ = await push_with(keeper, shared.blob, alone.blob)
    await push_with(keeper, shared.blob)
    await erase(keeper, record)
    await run_to(server, 7 * DAY + HOUR)
    assert (await keeper.ask("GET", f"{keeper.diary}/blobs/{shared.blob}/parts/0")).content == shared.sealed[0]
    gone = await keeper.ask("GET", f"{keeper.diary}/blobs/{alone.blob}/parts/0")
    assert (gone.status_code, gone.json()["error"]) == (410, "erased")


async def test_what_was_erased_is_not_taken_again(keeper: Keeper, server: Served) -> None:
    """A device that knows nothing of it gets its old receipt for the version, and 410 for the file."""
    file = await send(keeper, b"a picture" * 400)
    unsent = seal_file(keeper, b"not announced yet")
    path, body = keeper.seal("again", open_keys=[[file.blob, bytes(32)], [unsent.blob, bytes(32)]])
    first = await keeper.ask("PUT", path, body)
    await erase(keeper, path.split("/")[5])
    await run_to(server, 7 * DAY + HOUR)
    again = await keeper.ask("PUT", path, body)
    assert (again.status_code, again.content) == (200, first.content)
    for one in (file, unsent):
        place = f"{keeper.diary}/blobs/{one.blob}"
        for answer in (
            await keeper.ask("PUT", place, one.declaration),
            await keeper.ask("PUT", f"{place}/parts/0", one.sealed[0]),
            await keeper.ask("GET", place),
        ):
            assert (answer.status_code, answer.json()["error"]) == (410, "erased")
    assert read_frames(body)[-1][-64:] not in every_byte(server)


async def test_a_clock_that_jumps_erases_nothing(keeper: Keeper, server: Served) -> None:
    """Three weeks ahead, back and ahead again: everything is there until the clock has run evenly for an hour."""
    record, _ = await push_with(keeper)
    await erase(keeper, record)
    before = await feed(keeper)
    await tick(server)
    for jump in (20 * DAY, -20 * DAY, 20 * DAY):
        server.clock.advance(jump)
        assert not (await purging.purge(instance_of(server))).steady
        assert await feed(keeper) == before
    server.clock.advance(-20 * DAY)
    assert not (await purging.purge(instance_of(server))).steady
    assert (await tick(server)).steady
    assert await feed(keeper) == before


async def test_a_server_that_was_off_erases_an_hour_after_it_is_back(keeper: Keeper, server: Served) -> None:
    """Eight days off: the first look erases nothing, the one an hour later does."""
    record, _ = await push_with(keeper)
    await erase(keeper, record)
    server.clock.advance(8 * DAY)
    assert (await purging.purge(instance_of(server))).erasures == 0
    assert (await tick(server)).erasures == 1


async def test_files_left_behind_by_a_crash_go_with_the_next_run(
    keeper: Keeper, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows went, the process died before the files did: nobody is given them, and the next run removes them."""
    file = await send(keeper, b"a picture" * 400)
    record, _ = await push_with(keeper, file.blob)

    async def dies(*_: object) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(purging, "bury", dies)
        await erase(keeper, record, why="under_18_image")
    assert [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]
    assert (await keeper.ask("GET", f"{keeper.diary}/blobs/{file.blob}/parts/0")).status_code == 410
    assert (await purging.purge(instance_of(server))).files == 1
    assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]


async def test_uploads_nobody_finished_are_given_up(keeper: Keeper, server: Served) -> None:
    """Thirty days without a part: gone, and its room is free again. One that a version names waits for ever."""
    lost, named, recent = (seal_file(keeper, bytes([n]) * 1_500_000) for n in (1, 2, 3))
    await push_with(keeper, named.blob)
    for file in (lost, named):
        await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
        await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed[0])
    await run_to(server, 29 * DAY)
    await keeper.ask("PUT", f"{keeper.diary}/blobs/{recent.blob}", recent.declaration)
    await run_to(server, 2 * DAY)
    await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    assert (await keeper.ask("GET", f"{keeper.diary}/blobs/{lost.blob}")).status_code == 410
    for file in (named, recent):
        assert (await keeper.ask("GET", f"{keeper.diary}/blobs/{file.blob}")).status_code == 200
    used = (await keeper.ask("GET", "/v1/usage")).json()["used_bytes"]
    assert used == named.declaration["size"] + recent.declaration["size"]


async def test_closing_an_account_takes_seven_days_and_leaves_nothing_of_it(
    keeper: Keeper, other: Keeper, server: Served
) -> None:
    """Shown in the session, taken back by any session; carried out, no row and no file of it is left, nobody can
    sign in, the other keeper's diary is untouched."""
    file = await send(keeper, b"a picture" * 400)
    _, body = await push_with(keeper, file.blob)
    await push_with(other)
    theirs = await feed(other)
    assert (await keeper.ask("POST", "/v1/account/closing")).status_code == 401
    told = await keeper.ask("POST", "/v1/account/closing", x_proof=keeper.proof)
    assert told.status_code == 201
    assert (await keeper.ask("GET", "/v1/session")).json()["closing_at"] == told.json()["closing_at"]
    assert (await keeper.ask("DELETE", "/v1/account/closing")).status_code == 204
    assert (await keeper.ask("DELETE", "/v1/account/closing")).status_code == 404
    assert (await keeper.ask("GET", "/v1/session")).json()["closing_at"] is None
    await run_to(server, 8 * DAY)
    assert (await feed(keeper))[0][1] == read_frames(body)[1:]
    await keeper.ask("POST", "/v1/account/closing", x_proof=keeper.proof)
    await instance_of(server).db.writer.run(lambda hand: hand.execute("DELETE FROM waiting_leaf"))
    await run_to(server, 7 * DAY + HOUR)
    assert (await keeper.ask("GET", "/v1/session")).status_code == 401
    answer = await keeper.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    assert (answer.status_code, answer.json()["error"]) == (401, "no_match")
    everything = every_byte(server)
    for secret in (unb64(keeper.identity.account), read_frames(body)[-1][-64:], file.sealed[0][-64:]):
        assert secret not in everything
    assert server.rows("SELECT count(*) FROM account") == [(1,)]
    assert await feed(other) == theirs


async def test_closing_waits_for_the_log(keeper: Keeper, server: Served) -> None:
    """A version whose receipt promised a leaf keeps its row until the leaf is in the log."""
    await push_with(keeper)

    def work(hand: Hand) -> tuple[bool, int]:
        hand.execute(
            "INSERT INTO waiting_leaf (id) SELECT id FROM version WHERE id NOT IN (SELECT id FROM waiting_leaf)"
        )
        emptied = account_closing.empty(hand, unb64(keeper.identity.account))
        return emptied, hand.execute("SELECT count(*) FROM version").fetchone()[0]

    assert await instance_of(server).db.writer.run(work) == (False, 1)


async def test_a_recovery_code_is_as_good_as_the_words(tmp_path: Path) -> None:
    """Whoever has lost the words can still have something erased."""
    async with served(tmp_path) as server:
        from diary.crypto import kdf

        keeper = await enrol(server)
        record, _ = await push_with(keeper)
        proof = b64(kdf.code_auth(CODE, keeper.identity.login))
        assert (await erase(keeper, record, x_proof=proof)).status_code == 201


async def test_the_command_line_purges_too(tmp_path: Path) -> None:
    """`python -m diary purge` says what it did, and that it does not believe a clock it sees for the first time."""
    async with served(tmp_path) as server:
        await enrol(server)
    done = kept("purge", DIARY_DATA=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert "Erased: 0." in done.stdout and "clock" in done.stdout
