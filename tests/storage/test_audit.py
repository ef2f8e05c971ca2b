"""The audit of the server's own rows, over both databases."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from diary.encoding import unb64
from diary.ledger.audit import AuditFinding
from diary.services.instance import Instance
from diary.services.log import sequencer
from diary.storage.log.audit import audit_rows
from diary.storage.sync import erasures
from tests.server_fixture import read_json, register_keeper, running_server

AUDITED_CHANGES = [
    ("UPDATE log_leaf SET leaf = ? WHERE id = 1", "log_leaf"),
    ("UPDATE log_node SET node = ? WHERE id = (SELECT min(id) FROM log_node)", "log_node"),
    ("UPDATE log_checkpoint SET note = ? WHERE id = 0", "log_checkpoint 0"),
    ("UPDATE version SET sealed = ? WHERE id = (SELECT min(id) FROM version)", "version"),
    ("UPDATE diary SET head = ? WHERE seq > 0", "diary"),
]


async def run_audit(instance: Instance) -> list[AuditFinding]:
    """Return the findings of the audit."""
    pub = instance.notary.pub
    return await instance.db.run_read(lambda tx: list(audit_rows(tx, pub, None, None)))


async def test_a_change_is_named_on_either_database(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """No finding at first, with a waiting leaf too; each change is found, then undone."""
    async with running_server(tmp_path, **database_setting) as server:
        instance: Instance = server.app.state.app_context.instance
        keeper = await register_keeper(server)
        for n in range(4):
            await keeper.push(f"entry {n}")
        await sequencer.run_round(instance)
        await keeper.push("waits")
        assert await run_audit(instance) == []
        for sql, row in AUDITED_CHANGES:
            table, column = sql.split()[1], sql.split()[3]
            every = f"SELECT id, {column} FROM {table}"
            before = await instance.db.run_read(partial(fetch_all, sql=every))
            await instance.db.writer.run(partial(overwrite, sql=sql))
            assert any(row in fault.row_label for fault in await run_audit(instance)), sql
            await instance.db.writer.run(partial(restore_column, table=table, column=column, rows=before))
        assert await run_audit(instance) == []


def fetch_all(tx: Any, *, sql: str) -> list[Any]:
    """Return the rows of a statement."""
    return list(tx.execute(sql, ()).fetchall())


def overwrite(tx: Any, *, sql: str) -> None:
    """Execute a statement that takes the new value."""
    tx.execute(sql, (b"something else",))


def restore_column(tx: Any, *, table: str, column: str, rows: list[Any]) -> None:
    """Write the earlier values of a column."""
    for key, value in rows:
        tx.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, key))


async def test_a_permanently_erased_version_still_audits(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """A tombstone keeps the values of the log and of the head: no finding, and its inclusion proof is served."""
    async with running_server(tmp_path, **database_setting) as server:
        instance: Instance = server.app.state.app_context.instance
        keeper = await register_keeper(server)
        path, body = keeper.seal("to be erased")
        await keeper.request("PUT", path, body)
        await keeper.push("stays")
        await sequencer.run_round(instance)
        record = unb64(path.split("/")[5])
        diary = unb64(keeper.identity.diary)
        await instance.db.writer.run(lambda tx: erasures.erase_records(tx, diary, (record,), server.clock.ms))
        erased_rows_query = "SELECT sealed, erased_at FROM version ORDER BY id"
        rows = await instance.db.run_read(lambda tx: tx.execute(erased_rows_query, ()).fetchall())
        assert [(bytes(sealed) == b"", erased is not None) for sealed, erased in rows] == [(True, True), (False, False)]
        assert await run_audit(instance) == []
        proof_page = read_json((await keeper.request("GET", f"{keeper.diary}/proofs/2")).content)
        assert [proof["seq"] for proof in proof_page["proofs"]] == [1, 2]
