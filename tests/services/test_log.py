"""The server's log: places for leaves, checkpoints, proofs for keepers, plain text for everyone."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from diary.crypto.signing import Notary, fingerprint
from diary.encoding import b64, parse, unb64
from diary.errors import KeptError
from diary.ledger import checkpoints, key_statements, leaves, receipts, tree
from diary.ledger.checkpoints import Checkpoint
from diary.services.instance import Instance
from diary.services.log import notary_keys, sequencer
from diary.storage.log import public_log
from tests.keepers import Keeper, Served, enrol, served

MINUTE = 60_000


def inside(server: Served) -> Instance:
    """What the server's own loop works with."""
    return server.app.state.office.instance  # type: ignore[no-any-return]


async def public(server: Served, path: str) -> Any:
    """A page of the public host."""
    async with server.client() as client:
        return await client.get(server.settings.public_url + path)


async def proofs(keeper: Keeper, size: int, after: int = 0) -> Any:
    """Where the diary's versions stand."""
    return parse((await keeper.ask("GET", f"{keeper.diary}/proofs/{size}?after={after}")).content)


async def test_a_phone_is_told_the_limits_that_hold(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The file limit in /v1/log and /v1/server is the setting; the room in /v1/usage is the account's own."""
    limits = {"DIARY_FILE_BYTES": "5000000", "DIARY_QUOTA_BYTES": "70000000"}
    async with served(tmp_path, **limits, **database_setting) as server:
        keeper = await enrol(server)
        told = (await server.client().get("/v1/server")).json()["limits"]
        assert (await server.client().get("/v1/log")).json()["file_bytes"] == told["file_bytes"] == 5_000_000
        assert (await keeper.ask("GET", "/v1/usage")).json()["quota_bytes"] == told["quota_bytes"] == 70_000_000


async def test_every_receipt_is_in_a_checkpoint_and_can_be_shown(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """Two keepers push; each proves each of its own versions from the receipt to the signed root."""
    async with served(tmp_path, **database_setting) as server:
        keepers = [await enrol(server, f"198.51.100.{n}") for n in range(2)]
        told = {}
        for n in range(7):
            answer = parse((await keepers[n % 2].push(f"entry {n}")).content)
            assert isinstance(answer, dict)
            told[n % 2, answer["seq"]] = answer["receipt"]
        await sequencer.tend(inside(server))
        state: Any = parse((await keepers[0].ask("GET", "/v1/log")).content)
        note = state["checkpoint"]["note"].encode()
        top = checkpoints.verify(note, inside(server).notary.pub)
        assert top.size == state["checkpoint"]["size"] == 7 and state["stamped"] is None and state["authorities"] == []
        seen = set()
        for which, keeper in enumerate(keepers):
            answer = await proofs(keeper, 7)
            for one in answer["proofs"]:
                receipt = told[which, one["seq"]]
                leaf = leaves.leaf(c=receipt["c"], n=receipt["n"], ts=receipt["ts"])
                tree.verify_inclusion(leaf, one["i"], 7, [unb64(step) for step in one["path"]], top.root)
                seen.add(one["i"])
        assert seen == set(range(7))


async def test_a_checkpoint_comes_every_ten_minutes_if_the_log_grew(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """The first at once, then none too early, none without anything new, all old ones still there."""
    async with served(tmp_path, **database_setting) as server:
        keeper, instance = await enrol(server), inside(server)
        sizes: list[int | None] = []
        for minutes in (0, 0, 5, 5, 10):
            server.clock.advance(minutes * MINUTE)
            if minutes != 10:
                await keeper.push()
            await sequencer.place_leaves(instance)
            made = await sequencer.make_checkpoint(instance)
            sizes.append(made.size if made else None)
        assert sizes == [1, None, None, 4, None]
        for n, size in ((0, 1), (1, 4)):
            page = await public(server, f"/log/checkpoints/{n}")
            assert page.headers["content-type"] == "text/plain; charset=utf-8"
            assert checkpoints.verify(page.content, instance.notary.pub).size == size
        assert (await public(server, "/log/checkpoint")).content == page.content
        assert (await public(server, "/log/checkpoints/2")).status_code == 404


async def test_checkpoints_are_consistent_and_only_they_can_be_asked_for(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """Each pair has its proof; sizes that were never signed, and pairs the wrong way round, have none."""
    async with served(tmp_path, **database_setting) as server:
        keeper, instance = await enrol(server), inside(server)
        made: list[Checkpoint] = []
        for pushes in (1, 2, 5):
            for _ in range(pushes):
                await keeper.push()
            await sequencer.tend(instance)
            server.clock.advance(11 * MINUTE)
            made.append(checkpoints.read((await public(server, "/log/checkpoint")).content))
        for older in made:
            for newer in made:
                answer = await keeper.ask("GET", f"/v1/log/consistency/{older.size}/{newer.size}")
                if older.size > newer.size:
                    assert answer.status_code == 404
                    continue
                told: Any = parse(answer.content)
                steps = [unb64(step) for step in told["path"]]
                tree.verify_consistency(older.size, newer.size, (older.root, newer.root), steps)
        for path in ("2/8", "1/9", "0/1", "1/999999999999"):
            assert (await keeper.ask("GET", f"/v1/log/consistency/{path}")).status_code == 404
        assert (await keeper.ask("GET", "/v1/log/consistency/x/y")).status_code == 400
        assert (await keeper.ask("GET", f"{keeper.diary}/proofs/2")).status_code == 404


async def test_nobody_else_is_shown_where_a_diary_stands(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Another keeper, and nobody at all: as if there were no such diary."""
    async with served(tmp_path, **database_setting) as server:
        keeper, other = await enrol(server), await enrol(server, "198.51.100.8")
        await keeper.push()
        await sequencer.tend(inside(server))
        address = f"{keeper.diary}/proofs/1"
        assert (await other.ask("GET", address)).status_code == 404
        other.tokens.clear()
        assert (await other.ask("GET", address)).status_code == 401
        assert len((await proofs(keeper, 1))["proofs"]) == 1


async def test_leaves_are_served_under_the_newest_checkpoint_only(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """What no checkpoint covers is not shown; the leaves served give the signed root."""
    async with served(tmp_path, **database_setting) as server:
        keeper, instance = await enrol(server), inside(server)
        assert (await public(server, "/log/leaves/0")).status_code == 404
        await keeper.push()
        await sequencer.tend(instance)
        await keeper.push()
        await sequencer.place_leaves(instance)
        lines = (await public(server, "/log/leaves/0")).text.splitlines()
        top = checkpoints.read((await public(server, "/log/checkpoint")).content)
        assert len(lines) == 1 and bytes.fromhex(lines[0]) == top.root
        assert (await public(server, "/log/leaves/1")).status_code == 404
        assert (await public(server, "/log/leaves/999999999999")).status_code == 404


async def test_the_keys_are_on_the_public_pages(tmp_path: Path) -> None:
    """Without an instance key that is said; with one, both keys, their short forms, and every statement."""
    instance_key = Notary(bytes(31) + b"\7")
    async with served(tmp_path) as server:
        notary = inside(server).notary
        text = (await public(server, "/keys.txt")).text
        assert "instance key  none" in text and b64(notary.pub) in text and fingerprint(notary.pub) in text
        assert (await public(server, "/log/statements")).text == ""
        wish = key_statements.wish(notary.pub, [], "first", 1, None)
        await notary_keys.publish(inside(server).db, key_statements.make(instance_key, wish))
    async with served(tmp_path) as server:
        text = (await public(server, "/keys.txt")).text
        assert b64(instance_key.pub) in text and fingerprint(instance_key.pub) in text and "first" in text
        (line,) = (await public(server, "/log/statements")).text.splitlines()
        assert key_statements.chain([parse(line.encode())], instance_key.pub)[0].log == notary.log  # type: ignore[list-item]
        page = (await public(server, "/officers")).text
        assert 'href="/keys.txt"' in page and 'href="/log/checkpoint"' in page
        async with server.client() as client:
            told = (await client.get("/v1/server")).json()
        assert told["instance"] == b64(instance_key.pub)


async def test_many_workers_may_place_leaves_at_once(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Eight sequencers over one queue: every leaf once, places dense, the root the definition's."""
    async with served(tmp_path, **database_setting) as server:
        keeper, instance = await enrol(server), inside(server)
        for _ in range(30):
            await keeper.push()
        await asyncio.gather(
            *(instance.db.writer.run(lambda hand: public_log.append_waiting(hand, 5)) for _ in range(8))
        )
        rows = server.rows("SELECT id, leaf FROM log_leaf ORDER BY id")
        assert [i for i, _ in rows] == list(range(30))
        assert {leaf for _, leaf in rows} == {leaf for (leaf,) in server.rows("SELECT leaf FROM version")}
        assert server.rows("SELECT count(*) FROM waiting_leaf") == [(0,)]
        made = await sequencer.make_checkpoint(instance)
        assert made is not None and checkpoints.read(made.note).size == 30


async def test_a_damaged_log_signs_nothing(tmp_path: Path) -> None:
    """A node that is gone stops the next checkpoint instead of giving a root over a gap; the loop says so and goes on."""
    faults: list[BaseException] = []
    async with served(tmp_path) as server:
        keeper = await enrol(server)
        # The server's own loop is slow, so that it cannot be first; this one is quick.
        instance = replace(inside(server), settings=replace(server.settings, checkpoint_seconds=1))
        for _ in range(4):
            await keeper.push()
        await sequencer.place_leaves(instance)
        beside = sqlite3.connect(server.settings.data / "kept.sqlite3")
        beside.execute("DELETE FROM log_node")
        beside.commit()
        beside.close()
        loop = asyncio.create_task(sequencer.keep(instance, faults.append))
        async with asyncio.timeout(30):
            while len(faults) < 2:
                await asyncio.sleep(0.02)
        loop.cancel()
        assert all(isinstance(fault, KeptError) for fault in faults)
        assert server.rows("SELECT count(*) FROM log_checkpoint") == [(0,)]


async def test_the_server_keeps_its_log_by_itself(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """With nobody asking, a push is in a checkpoint soon; a receipt still holds."""
    async with served(tmp_path, **database_setting, DIARY_CHECKPOINT_SECONDS="1") as server:
        keeper = await enrol(server)
        answer: Any = parse((await keeper.push()).content)
        async with asyncio.timeout(10):
            while (await public(server, "/log/checkpoint")).status_code != 200:
                await asyncio.sleep(0.05)
        receipts.verify(
            answer["receipt"], inside(server).notary.pub, c=answer["receipt"]["c"], env=answer["receipt"]["env"]
        )
