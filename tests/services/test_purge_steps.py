"""The purge works in small steps: it goes on after an interruption, shares its work, and touches nothing that is not due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from diary.encoding import b64, unb64
from diary.services.sync import purge as purging
from diary.storage.account_changes import account_closing
from diary.storage.partial_indexes import STEP_ROWS
from diary.storage.sharing import grants, handovers
from diary.storage.sync import erasures
from diary.storage.sync.blobs import BlobKind
from diary.storage.sync.erasures import UnfinishedUpload
from diary.storage.writer import Transaction
from tests.server_fixture import InProcessServer, Keeper, seal_file
from tests.services.test_erasures import (
    DAY_MS,
    HOUR_MS,
    advance_and_purge,
    instance_of,
    push_version_with_files,
    run_hourly_purge,
    upload_file,
)

MANY = 2 * STEP_ROWS + 50


async def change(server: InProcessServer, job: Callable[[Transaction], Any]) -> Any:
    """Run a job in the writer, and return its result."""
    return await instance_of(server).db.writer.run(job)


def count(server: InProcessServer, table: str, condition: str = "1 = 1") -> int:
    """Return how many rows of a table meet a condition."""
    return int(server.query(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])


async def add_versions(server: InProcessServer, keeper: Keeper, number: int) -> None:
    """Add copies of the keeper's version 1 with other numbers and ids; none of them waits for the log."""
    diary = unb64(keeper.identity.diary)

    def copy_version(tx: Transaction) -> None:
        for i in range(number):
            tx.execute(
                "INSERT INTO version (id, diary_id, seq, record, version, body_digest, leaf, facts, sealed, answer)"
                " SELECT id + CAST(? AS BIGINT), diary_id, seq + CAST(? AS BIGINT), record, ?, body_digest, leaf, facts,"
                " sealed, answer FROM version WHERE diary_id = ? AND seq = 1",
                (1000 + i, 1000 + i, i.to_bytes(16, "big"), diary),
            )
        tx.execute("DELETE FROM waiting_leaf")

    await change(server, copy_version)


async def test_an_interrupted_closing_is_continued(
    keeper: Keeper, other_keeper: Keeper, server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Access ends in the first step; what is left after an interruption is deleted by the next purge."""
    await push_version_with_files(other_keeper)
    file = await upload_file(keeper, b"a picture" * 400)
    await push_version_with_files(keeper, file.blob)
    await add_versions(server, keeper, MANY)
    await keeper.request("POST", "/v1/account/closing", x_proof=keeper.proof)
    erase_some_contents, deleted_counts = account_closing.erase_some_contents, list[int]()

    def stop_after_two(tx: Transaction, account: bytes) -> int:
        if len(deleted_counts) == 2:
            raise RuntimeError("killed")
        deleted_counts.append(erase_some_contents(tx, account))
        return deleted_counts[-1]

    server.clock.advance(7 * DAY_MS)
    await purging.purge(instance_of(server))
    with monkeypatch.context() as patch:
        patch.setattr(account_closing, "erase_some_contents", stop_after_two)
        with pytest.raises(RuntimeError, match="killed"):
            await run_hourly_purge(server)
    assert deleted_counts == [STEP_ROWS, STEP_ROWS]
    assert count(server, "version") == MANY + 2 - 2 * STEP_ROWS
    assert (await keeper.request("GET", "/v1/session")).status_code == 401
    assert (await run_hourly_purge(server)).account_count == 1
    assert (count(server, "version"), count(server, "account"), count(server, "diary")) == (1, 1, 1)
    assert count(server, "log_leaf", "version_id IS NOT NULL") <= 1
    assert not [path for path in (server.settings.data / "blobs").rglob("*") if path.is_file()]


async def test_a_closing_cancelled_at_the_last_moment_erases_nothing(keeper: Keeper, server: InProcessServer) -> None:
    """The purge asks again in the step that ends the access."""
    await push_version_with_files(keeper)
    await change(server, lambda tx: tx.execute("DELETE FROM waiting_leaf"))
    account, now = unb64(keeper.identity.account), server.clock.now_ms()
    await change(server, lambda tx: account_closing.request_closing(tx, account, now))
    assert await change(server, lambda tx: account_closing.list_due(tx, now)) == [(now, account)]
    assert await change(server, lambda tx: account_closing.cancel_closing(tx, account))
    assert not await change(server, lambda tx: account_closing.end_access(tx, account, now))
    await change(server, lambda tx: account_closing.request_closing(tx, account, now + 1))
    assert not await change(server, lambda tx: account_closing.end_access(tx, account, now))
    assert (await keeper.request("GET", "/v1/session")).status_code == 200


async def add_uploads(server: InProcessServer, keeper: Keeper, number: int, touched_at: int) -> list[bytes]:
    """Add incomplete uploads of one byte each, charged to the account. Return their ids."""
    ids = [i.to_bytes(16, "big") for i in range(1, number + 1)]

    def add_all(tx: Transaction) -> None:
        diary = unb64(keeper.identity.diary)
        for blob in ids:
            tx.execute(
                "INSERT INTO blob (diary_id, kind, owner, blob, parts, size, complete, touched_at, erased)"
                " VALUES (?, 0, ?, ?, 1, 1, ?, ?, ?)",
                (diary, diary, blob, False, touched_at, False),
            )
        tx.execute("UPDATE account SET file_bytes = file_bytes + CAST(? AS BIGINT)", (number,))

    await change(server, add_all)
    return ids


async def test_two_purges_at_once_share_the_work(keeper: Keeper, server: InProcessServer) -> None:
    """Every abandoned upload is erased and refunded once. Those that a version names stay, wherever a page ends."""
    uploads = await add_uploads(server, keeper, MANY, server.clock.now_ms())
    named = [uploads[0], uploads[99], uploads[100], uploads[-1]]
    await push_version_with_files(keeper, *map(b64, named))
    await advance_and_purge(server, 29 * DAY_MS)
    assert count(server, "blob", "parts = 1") == MANY
    server.clock.advance(DAY_MS - HOUR_MS)
    await purging.purge(instance_of(server))
    server.clock.advance(2 * HOUR_MS)
    results = await asyncio.gather(*(purging.purge(instance_of(server)) for _ in range(2)))
    assert sum(result.upload_count for result in results) == MANY - len(named)
    rows = server.query("SELECT blob FROM blob WHERE parts = 1")
    assert sorted(bytes(row[0]) for row in rows) == sorted(named)
    assert server.query("SELECT file_bytes FROM account") == [(len(named),)]


async def test_a_version_that_names_a_file_meanwhile_keeps_it(keeper: Keeper, server: InProcessServer) -> None:
    """The facts are read outside the writer; the step reads those that came after."""
    file = seal_file(keeper, b"a picture" * 400)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await push_version_with_files(keeper)
    before = server.clock.now_ms() + 1
    read = instance_of(server).db.run_read
    (upload,) = await read(lambda tx: erasures.list_abandoned(tx, BlobKind.FILE, before, None))
    seq = await read(lambda tx: erasures.find_unreferenced_seq(tx, upload))
    assert seq == 1
    await push_version_with_files(keeper, file.blob)
    assert not await change(server, lambda tx: erasures.erase_abandoned(tx, upload, before, seq))
    assert await read(lambda tx: erasures.find_unreferenced_seq(tx, upload)) is None


async def test_an_upload_that_is_continued_meanwhile_stays(keeper: Keeper, server: InProcessServer) -> None:
    """The step looks at the time of the last part again."""
    file = seal_file(keeper, b"a picture" * 400)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    before = server.clock.now_ms() + 1
    (upload,) = await change(server, lambda tx: erasures.list_abandoned(tx, BlobKind.FILE, before, None))
    assert isinstance(upload, UnfinishedUpload)
    server.clock.advance(5)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
    assert not await change(server, lambda tx: erasures.erase_abandoned(tx, upload, before, 0))
    assert await change(server, lambda tx: erasures.erase_abandoned(tx, upload, before + 5, 0))
    assert not await change(server, lambda tx: erasures.erase_abandoned(tx, upload, before + 5, 0))


async def test_hand_overs_of_one_moment_are_paged_once_each(keeper: Keeper, server: InProcessServer) -> None:
    """A page may end between two that expire at the same moment."""
    ids = [i.to_bytes(16, "big") for i in range(MANY)]

    def add_all(tx: Transaction) -> None:
        for handover in ids:
            tx.execute(
                "INSERT INTO handover (id, diary_id, name_mac, auth_mac, kdf, made_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?, 1, 9)",
                (handover, unb64(keeper.identity.diary), handover, b"", b""),
            )
            tx.execute("INSERT INTO handover_opening (handover_id, opened_at) VALUES (?, 2)", (handover,))

    await change(server, add_all)
    seen: list[bytes] = []
    last = None
    while page := await change(server, partial(handovers.list_states, after=last)):
        assert len(page) <= STEP_ROWS
        seen += [state.id for state in page]
        last = page[-1]
    assert seen == ids
    assert [await change(server, lambda tx: handovers.delete_expired(tx, 8)) for _ in range(2)] == [0, 0]
    assert [await change(server, lambda tx: handovers.delete_expired(tx, 9)) for _ in range(4)] == [
        STEP_ROWS,
        STEP_ROWS,
        50,
        0,
    ]
    assert count(server, "handover_opening") == 0


async def test_an_expired_grant_ends_when_its_last_wrap_is_gone(keeper: Keeper, server: InProcessServer) -> None:
    """An interruption between the steps leaves the grant to the next purge; one that has not expired keeps its wraps."""
    await push_version_with_files(keeper)

    def add_all(tx: Transaction) -> None:
        tx.execute("INSERT INTO organisation (id, name, made_at) VALUES (?, 'Refuge', 1)", (b"o",))
        tx.execute(
            "INSERT INTO member (id, organisation_id, leads, fingerprint, name, secret, step, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 1)",
            (b"m", b"o", False, b"f", b"n", b"s"),
        )
        for grant, not_after, wrap_count in ((b"early", 5, MANY), (b"late", 6, 3)):
            tx.execute(
                "INSERT INTO access_grant (id, diary_id, advocate_id, not_after, made_at, sealed, kept)"
                " VALUES (?, ?, ?, ?, 1, ?, ?)",
                (grant, unb64(keeper.identity.diary), b"m", not_after, b"", b""),
            )
            for place in range(wrap_count):
                tx.execute("INSERT INTO grant_wrap (grant_id, place, wraps) VALUES (?, ?, ?)", (grant, place, b"w"))

    await change(server, add_all)
    counts = [await change(server, lambda tx: grants.end_expired(tx, 5)) for _ in range(5)]
    assert counts == [STEP_ROWS, STEP_ROWS, 50, 1, 0]
    rows = server.query("SELECT id, ended_at FROM access_grant ORDER BY not_after")
    assert [(bytes(grant), ended_at) for grant, ended_at in rows] == [(b"early", 5), (b"late", None)]
    assert count(server, "grant_wrap") == 3


async def test_reservations_of_many_parts_are_given_up_in_steps(keeper: Keeper, server: InProcessServer) -> None:
    """Old ones and those of a wrong clock; a recent one stays, and the bytes of every other account are removed too."""
    now = server.clock.now_ms()

    def add_all(tx: Transaction) -> None:
        for i in range(MANY):
            at = now - 2 * HOUR_MS if i % 2 else now + 2 * HOUR_MS
            tx.execute(
                "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, 1, ?, 1, ?, ?)",
                (bytes([i % 251]) * 16, f"a/{i}", at, False),
            )
        tx.execute(
            "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, 1, 'a/recent', 1, ?, ?)",
            (b"z" * 16, now, False),
        )

    await change(server, add_all)
    await purging.purge(instance_of(server))
    assert server.query("SELECT name FROM loose_bytes") == [("a/recent",)]
