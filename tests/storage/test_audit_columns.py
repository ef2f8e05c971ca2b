"""The audit names the row when a byte changes in a column that the log or a receipt covers, over both databases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from diary.encoding import b64, unb64
from diary.services.instance import Instance
from diary.services.log import sequencer
from diary.storage.log.audit import audit_rows
from diary.storage.writer import Transaction
from tests.server_fixture import register_keeper, running_server

# By table. The columns below are not audited: nobody relies on them, or the server cannot check them.
AUDITED_COLUMNS: Final = {
    "version": ("seq", "record", "version", "body_digest", "leaf", "facts", "sealed", "answer"),
    "diary": ("seq", "head", "signed_head"),
    "log_leaf": ("leaf", "version_id"),
    "log_node": ("node",),
    "log_checkpoint": ("size", "note"),
    "log_size": ("size",),
}
UNAUDITED_COLUMNS: Final = {
    "version": {"id", "diary_id", "erased_at"},  # keys, and the time of erasure, which nobody signed
    "diary": {"id", "account_id", "epoch", "wrap", "text_bytes"},  # the keeper's device finds a wrong wrap
    "log_leaf": {"id"},
    "log_node": {"id"},
    "log_checkpoint": {"id", "made_at"},  # the note has no time; the timestamp has one
    "log_size": {"id"},
}


async def test_every_column_is_listed_as_audited_or_not(tmp_path: Path) -> None:
    """Each column of an audited table is in one list or the other."""
    async with running_server(tmp_path) as server:
        for table, names in AUDITED_COLUMNS.items():
            columns = {row[1] for row in server.query(f"PRAGMA table_info({table})")}
            assert columns == set(names) | UNAUDITED_COLUMNS[table], table


async def test_a_changed_byte_in_any_column_is_named(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Each row of each table in turn: no finding, then a finding with the table, then no finding again."""
    async with running_server(tmp_path, **database_setting) as server:
        instance: Instance = server.app.state.app_context.instance
        keeper = await register_keeper(server)
        for n in range(3):
            await keeper.push(f"entry {n}")
        await sequencer.run_round(instance)
        pub = instance.notary.pub

        async def audit_findings() -> list[str]:
            return [
                fault.row_label
                for fault in await instance.db.run_read(lambda tx: list(audit_rows(tx, pub, None, None)))
            ]

        assert await audit_findings() == []
        for table, names in AUDITED_COLUMNS.items():
            for name in names:
                for key, value in await instance.db.run_read(partial(read_column, table=table, name=name)):
                    altered = altered_value(value)
                    await instance.db.writer.run(writing(table, name, key, altered))
                    rows = await audit_findings()
                    assert any(table in row for row in rows) or (name == "version_id" and rows), (table, name, rows)
                    await instance.db.writer.run(writing(table, name, key, value))
        assert await audit_findings() == []


async def test_a_word_of_a_versions_description_is_named(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Changes that stay canonical are found: another signature of the author, another parent, another wrap."""
    async with running_server(tmp_path, **database_setting) as server:
        instance: Instance = server.app.state.app_context.instance
        await (await register_keeper(server)).push()
        pub = instance.notary.pub
        ((version, facts),) = await instance.db.run_read(lambda tx: read_column(tx, "version", "facts"))
        ((_, sealed),) = await instance.db.run_read(lambda tx: read_column(tx, "version", "sealed"))
        sig = facts.split(b'"sig":"')[1][:86]
        other = b64(bytes([unb64(sig.decode())[0] ^ 1]) + unb64(sig.decode())[1:]).encode()
        changes = [
            ("facts", facts.replace(sig, other)),
            ("facts", facts.replace(b'"parents":[]', b'"parents":["%b"]' % (b"A" * 22))),
            ("sealed", sealed[:60] + bytes([sealed[60] ^ 1]) + sealed[61:]),
        ]
        for name, value in changes:
            before = facts if name == "facts" else sealed
            assert value != before
            await instance.db.writer.run(writing("version", name, version, value))
            found = await instance.db.run_read(lambda tx: list(audit_rows(tx, pub, None, None)))
            assert {fault.row_label for fault in found} == {f"version {version!r}"}, name
            await instance.db.writer.run(writing("version", name, version, before))


def altered_value(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, int):
        return value + 1000
    raw = bytes(value)
    return raw[:-1] + bytes([raw[-1] ^ 1])


def read_column(tx: Transaction, table: str, name: str) -> list[tuple[int | bytes, Any]]:
    """Return the keys and values of a column, without NULL."""
    rows = tx.execute(f"SELECT id, {name} FROM {table} WHERE {name} IS NOT NULL", ()).fetchall()
    return [(key, value if isinstance(value, int) else bytes(value)) for key, value in rows]


def writing(table: str, name: str, key: int | bytes, value: Any) -> Callable[[Transaction], None]:
    """Return work that writes one value of a column."""

    def write(tx: Transaction) -> None:
        tx.execute(f"UPDATE {table} SET {name} = ? WHERE id = ?", (value, key))

    return write
