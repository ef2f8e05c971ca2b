"""One byte of any column that the log or a receipt speaks of, changed: the audit names the row, over both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from diary.encoding import b64, unb64
from diary.services.instance import Instance
from diary.services.log import sequencer
from diary.storage.log.audit import audit_rows
from diary.storage.writer import Hand
from tests.keepers import enrol, served

# Each with its key. What is left out says nothing that anyone relies on, or cannot be told from here, with the reason.
AUDITED: Final = {
    "version": ("seq", "record", "version", "body_digest", "leaf", "facts", "sealed", "answer"),
    "diary": ("seq", "head", "signed_head"),
    "log_leaf": ("leaf", "version_id"),
    "log_node": ("node",),
    "log_checkpoint": ("size", "note"),
    "log_size": ("size",),
}
NOT_AUDITED: Final = {
    "version": {"id", "diary_id", "erased_at"},  # keys; and when it was erased, which no one signed
    "diary": {"id", "account_id", "epoch", "wrap", "text_bytes"},  # the keeper's phone opens the wrap or says so
    "log_leaf": {"id"},
    "log_node": {"id"},
    "log_checkpoint": {"id", "made_at"},  # the note says no time: an authority's stamp does
    "log_size": {"id"},
}


async def test_the_columns_are_all_of_them(tmp_path: Path) -> None:
    """A column that is added is put on one list or the other."""
    async with served(tmp_path) as server:
        for table, names in AUDITED.items():
            there = {row[1] for row in server.rows(f"PRAGMA table_info({table})")}
            assert there == set(names) | NOT_AUDITED[table], table


async def test_a_changed_byte_in_any_column_is_named(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Each row of each table in turn: sound, then its fault with its table, then sound again."""
    async with served(tmp_path, **database_setting) as server:
        instance: Instance = server.app.state.office.instance
        keeper = await enrol(server)
        for n in range(3):
            await keeper.push(f"entry {n}")
        await sequencer.tend(instance)
        pub = instance.notary.pub

        async def judged() -> list[str]:
            return [fault.row for fault in await instance.db.page(lambda hand: list(audit_rows(hand, pub, None, None)))]

        assert await judged() == []
        for table, names in AUDITED.items():
            for name in names:
                for key, value in await instance.db.page(lambda hand, t=table, n=name: _column(hand, t, n)):  # type: ignore[misc]
                    wrong = bent(value)
                    await instance.db.writer.run(lambda hand, at=(table, name, key, wrong): _put(hand, *at))  # type: ignore[misc]
                    rows = await judged()
                    assert any(table in row for row in rows) or (name == "version_id" and rows), (table, name, rows)
                    await instance.db.writer.run(lambda hand, at=(table, name, key, value): _put(hand, *at))  # type: ignore[misc]
        assert await judged() == []


async def test_a_word_of_a_versions_description_is_named(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The author's signature, a parent that was not there, a file less, a wrap: canonical all of it, and still another push."""
    async with served(tmp_path, **database_setting) as server:
        instance: Instance = server.app.state.office.instance
        await (await enrol(server)).push()
        pub = instance.notary.pub
        ((key, facts),) = await instance.db.page(lambda hand: _column(hand, "version", "facts"))
        ((_, sealed),) = await instance.db.page(lambda hand: _column(hand, "version", "sealed"))
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
            await instance.db.writer.run(lambda hand, at=("version", name, key, value): _put(hand, *at))  # type: ignore[misc]
            found = await instance.db.page(lambda hand: list(audit_rows(hand, pub, None, None)))
            assert {fault.row for fault in found} == {f"version {key}"}, name
            await instance.db.writer.run(lambda hand, at=("version", name, key, before): _put(hand, *at))  # type: ignore[misc]


def bent(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, int):
        return value + 1000
    raw = bytes(value)
    return raw[:-1] + bytes([raw[-1] ^ 1])


def _column(hand: Hand, table: str, name: str) -> list[tuple[int | bytes, Any]]:
    """Keys and values that are there."""
    rows = hand.execute(f"SELECT id, {name} FROM {table} WHERE {name} IS NOT NULL", ()).fetchall()
    return [(key, value if isinstance(value, int) else bytes(value)) for key, value in rows]


def _put(hand: Hand, table: str, name: str, key: int | bytes, value: Any) -> None:
    """One value in its place."""
    hand.execute(f"UPDATE {table} SET {name} = ? WHERE id = ?", (value, key))
