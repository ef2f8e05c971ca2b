"""The server's log: positions of leaves, checkpoints, proofs for keepers, plain text for everyone."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from diary.crypto.signing import Ed25519Signer, ed25519_fingerprint
from diary.encoding import b64, unb64
from diary.errors import KeptError
from diary.ledger import checkpoints, key_statements, leaves, receipts, tree
from diary.ledger.checkpoints import Checkpoint
from diary.services.instance import Instance
from diary.services.log import notary_keys, sequencer
from diary.storage.log import public_log
from tests.server_fixture import InProcessServer, Keeper, read_json, register_keeper, running_server

MINUTE_MS = 60_000


def instance_of(server: InProcessServer) -> Instance:
    """Return the instance that the server's own loop uses."""
    instance: Instance = server.app.state.app_context.instance
    return instance


async def get_public_page(server: InProcessServer, path: str) -> Any:
    """Return a page of the public host."""
    async with server.http_client() as client:
        return await client.get(server.settings.public_url + path)


async def request_proofs(keeper: Keeper, size: int, cursor: int = 0) -> Any:
    """Request the inclusion proofs of the diary's versions."""
    return read_json((await keeper.request("GET", f"{keeper.diary}/proofs/{size}?after={cursor}")).content)


async def test_a_phone_is_told_the_limits_that_hold(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The file limit in /v1/log and /v1/server is the setting; the quota in /v1/usage is the account's own."""
    limits = {"DIARY_FILE_BYTES": "5000000", "DIARY_QUOTA_BYTES": "70000000"}
    async with running_server(tmp_path, **limits, **database_setting) as server:
        keeper = await register_keeper(server)
        server_limits = (await server.http_client().get("/v1/server")).json()["limits"]
        assert (
            (await server.http_client().get("/v1/log")).json()["file_bytes"] == server_limits["file_bytes"] == 5_000_000
        )
        assert (
            (await keeper.request("GET", "/v1/usage")).json()["quota_bytes"]
            == server_limits["quota_bytes"]
            == 70_000_000
        )


async def test_every_receipt_is_in_a_checkpoint_and_can_be_shown(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """Two keepers push; each version is proved from its receipt to the signed root."""
    async with running_server(tmp_path, **database_setting) as server:
        keepers = [await register_keeper(server, f"198.51.100.{n}") for n in range(2)]
        proofs_by_version = {}
        for n in range(7):
            answer = read_json((await keepers[n % 2].push(f"entry {n}")).content)
            assert isinstance(answer, dict)
            proofs_by_version[n % 2, answer["seq"]] = answer["receipt"]
        await sequencer.run_round(instance_of(server))
        state = read_json((await keepers[0].request("GET", "/v1/log")).content)
        note = state["checkpoint"]["note"].encode()
        top = checkpoints.verify_note(note, instance_of(server).notary.pub)
        assert top.size == state["checkpoint"]["size"] == 7 and state["stamped"] is None and state["authorities"] == []
        seen_versions = set()
        for which, keeper in enumerate(keepers):
            answer = await request_proofs(keeper, 7)
            for proof in answer["proofs"]:
                receipt = proofs_by_version[which, proof["seq"]]
                leaf = leaves.receipt_leaf(commitment=receipt["c"], number=receipt["n"], timestamp_ms=receipt["ts"])
                tree.verify_inclusion(leaf, proof["i"], 7, [unb64(step) for step in proof["path"]], top.root)
                seen_versions.add(proof["i"])
        assert seen_versions == set(range(7))


async def test_a_checkpoint_comes_every_ten_minutes_if_the_log_grew(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """The first comes at once, none too early and none without new leaves; old ones remain available."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper, instance = await register_keeper(server), instance_of(server)
        sizes: list[int | None] = []
        for minutes in (0, 0, 5, 5, 10):
            server.clock.advance(minutes * MINUTE_MS)
            if minutes != 10:
                await keeper.push()
            await sequencer.sequence_leaves(instance)
            checkpoint = await sequencer.make_checkpoint(instance)
            sizes.append(checkpoint.size if checkpoint else None)
        assert sizes == [1, None, None, 4, None]
        for n, size in ((0, 1), (1, 4)):
            page = await get_public_page(server, f"/log/checkpoints/{n}")
            assert page.headers["content-type"] == "text/plain; charset=utf-8"
            assert checkpoints.verify_note(page.content, instance.notary.pub).size == size
        assert (await get_public_page(server, "/log/checkpoint")).content == page.content
        assert (await get_public_page(server, "/log/checkpoints/2")).status_code == 404


async def test_checkpoints_are_consistent_and_only_they_can_be_asked_for(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """Each pair has its proof; unsigned sizes and reversed pairs have none."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper, instance = await register_keeper(server), instance_of(server)
        checkpoints_made: list[Checkpoint] = []
        for pushes in (1, 2, 5):
            for _ in range(pushes):
                await keeper.push()
            await sequencer.run_round(instance)
            server.clock.advance(11 * MINUTE_MS)
            checkpoints_made.append(
                checkpoints.parse_checkpoint((await get_public_page(server, "/log/checkpoint")).content)
            )
        for older in checkpoints_made:
            for newer in checkpoints_made:
                answer = await keeper.request("GET", f"/v1/log/consistency/{older.size}/{newer.size}")
                if older.size > newer.size:
                    assert answer.status_code == 404
                    continue
                response_body = read_json(answer.content)
                steps = [unb64(step) for step in response_body["path"]]
                tree.verify_consistency(older.size, newer.size, (older.root, newer.root), steps)
        for path in ("2/8", "1/9", "0/1", "1/999999999999"):
            assert (await keeper.request("GET", f"/v1/log/consistency/{path}")).status_code == 404
        assert (await keeper.request("GET", "/v1/log/consistency/x/y")).status_code == 400
        assert (await keeper.request("GET", f"{keeper.diary}/proofs/2")).status_code == 404


async def test_nobody_else_is_shown_where_a_diary_stands(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Another keeper and an anonymous client get the answer for a diary that does not exist."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper, other = await register_keeper(server), await register_keeper(server, "198.51.100.8")
        await keeper.push()
        await sequencer.run_round(instance_of(server))
        address = f"{keeper.diary}/proofs/1"
        assert (await other.request("GET", address)).status_code == 404
        other.tokens.clear()
        assert (await other.request("GET", address)).status_code == 401
        assert len((await request_proofs(keeper, 1))["proofs"]) == 1


async def test_leaves_are_served_under_the_newest_checkpoint_only(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """Leaves not under a checkpoint are not served; those served give the signed root."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper, instance = await register_keeper(server), instance_of(server)
        assert (await get_public_page(server, "/log/leaves/0")).status_code == 404
        await keeper.push()
        await sequencer.run_round(instance)
        await keeper.push()
        await sequencer.sequence_leaves(instance)
        lines = (await get_public_page(server, "/log/leaves/0")).text.splitlines()
        top = checkpoints.parse_checkpoint((await get_public_page(server, "/log/checkpoint")).content)
        assert len(lines) == 1 and bytes.fromhex(lines[0]) == top.root
        assert (await get_public_page(server, "/log/leaves/1")).status_code == 404
        assert (await get_public_page(server, "/log/leaves/999999999999")).status_code == 404


async def test_the_keys_are_on_the_public_pages(tmp_path: Path) -> None:
    """Without an instance key the page says so; with one it has both keys, their fingerprints, and every statement."""
    instance_key = Ed25519Signer(bytes(31) + b"\7")
    async with running_server(tmp_path) as server:
        notary = instance_of(server).notary
        text = (await get_public_page(server, "/keys.txt")).text
        assert "instance key  none" in text and b64(notary.pub) in text and ed25519_fingerprint(notary.pub) in text
        assert (await get_public_page(server, "/log/statements")).text == ""
        wish = key_statements.draft_statement(notary.pub, [], "first", 1, None)
        await notary_keys.publish_statement(instance_of(server).db, key_statements.sign_statement(instance_key, wish))
    async with running_server(tmp_path) as server:
        text = (await get_public_page(server, "/keys.txt")).text
        assert b64(instance_key.pub) in text and ed25519_fingerprint(instance_key.pub) in text and "first" in text
        (line,) = (await get_public_page(server, "/log/statements")).text.splitlines()
        [statement] = key_statements.verify_chain([read_json(line.encode())], instance_key.pub)
        assert statement.log_id == notary.log_id
        page = (await get_public_page(server, "/officers")).text
        assert 'href="/keys.txt"' in page and 'href="/log/checkpoint"' in page
        async with server.http_client() as client:
            response_body = (await client.get("/v1/server")).json()
        assert response_body["instance"] == b64(instance_key.pub)


async def test_many_workers_may_place_leaves_at_once(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Eight sequencers over one queue place every leaf once and without gaps, with the right root."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper, instance = await register_keeper(server), instance_of(server)
        for _ in range(30):
            await keeper.push()
        await asyncio.gather(
            *(instance.db.writer.run(lambda hand: public_log.append_waiting_leaves(hand, 5)) for _ in range(8))
        )
        rows = server.query("SELECT id, leaf FROM log_leaf ORDER BY id")
        assert [i for i, _ in rows] == list(range(30))
        assert {leaf for _, leaf in rows} == {leaf for (leaf,) in server.query("SELECT leaf FROM version")}
        assert server.query("SELECT count(*) FROM waiting_leaf") == [(0,)]
        checkpoint = await sequencer.make_checkpoint(instance)
        assert checkpoint is not None and checkpoints.parse_checkpoint(checkpoint.note).size == 30


async def test_a_damaged_log_signs_nothing(tmp_path: Path) -> None:
    """A missing node stops the next checkpoint instead of giving a wrong root; the loop reports it and continues."""
    faults: list[BaseException] = []
    async with running_server(tmp_path) as server:
        keeper = await register_keeper(server)
        # The server's own loop is slow, so that it cannot be first; this one is quick.
        instance = replace(instance_of(server), settings=replace(server.settings, checkpoint_seconds=1))
        for _ in range(4):
            await keeper.push()
        await sequencer.sequence_leaves(instance)
        raw_connection = sqlite3.connect(server.settings.data / "kept.sqlite3")
        raw_connection.execute("DELETE FROM log_node")
        raw_connection.commit()
        raw_connection.close()
        loop = asyncio.create_task(sequencer.run_forever(instance, faults.append))
        async with asyncio.timeout(30):
            while len(faults) < 2:
                await asyncio.sleep(0.02)
        loop.cancel()
        assert all(isinstance(fault, KeptError) for fault in faults)
        assert server.query("SELECT count(*) FROM log_checkpoint") == [(0,)]


async def test_the_server_keeps_its_log_by_itself(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Without any request, a push is in a checkpoint soon; its receipt is still valid."""
    async with running_server(tmp_path, **database_setting, DIARY_CHECKPOINT_SECONDS="1") as server:
        keeper = await register_keeper(server)
        answer = read_json((await keeper.push()).content)
        async with asyncio.timeout(10):
            while (await get_public_page(server, "/log/checkpoint")).status_code != 200:
                await asyncio.sleep(0.05)
        receipts.verify_receipt(
            answer["receipt"],
            instance_of(server).notary.pub,
            commitment=answer["receipt"]["c"],
            envelopes_digest=answer["receipt"]["env"],
        )
