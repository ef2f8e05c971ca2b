"""`audit` reports nothing for a valid database, and names the row after any single change."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from diary.clock import SystemClock
from diary.crypto.signing import Ed25519Signer, ed25519_key_id
from diary.encoding import b64
from diary.ledger import checkpoints, key_statements
from diary.ledger.audit import AuditFinding, trusted_keys, verify_checkpoint
from diary.samples.timestamp_authority import LocalTimestampAuthority, make_authority
from diary.services.log import notary_keys, sequencer
from diary.storage.log.audit import audit_rows
from tests.cli_runner import run_cli
from tests.server_fixture import register_keeper, running_server

INSTANCE_KEY = Ed25519Signer(bytes(31) + b"\7")
# For each table: a column with content, and how a finding names a row.
AUDITED_COLUMNS: dict[str, tuple[tuple[str, ...], str]] = {
    "version": (("leaf", "facts", "sealed", "answer", "record", "version"), "version {}"),
    "diary": (("head", "signed_head"), "diary "),
    "log_leaf": (("leaf",), "log_leaf"),
    "log_node": (("node",), "log_node {}"),
    "log_checkpoint": (("note",), "log_checkpoint {}"),
    "log_stamp": (("nonce", "tsr", "chain"), "log_stamp {}"),
    "key_statement": (("statement",), "key_statement {}"),
}
NUMBER_COLUMNS = [
    ("log_size", "size"),
    ("log_checkpoint", "size"),
    ("version", "seq"),
    ("diary", "seq"),
    ("log_stamp", "stamped_at"),
]


@dataclass(frozen=True)
class FilledDatabase:
    """Database with rows in every table of the log, and the keys it is audited with."""

    path: Path
    data: Path
    notary: bytes
    authority: LocalTimestampAuthority


@pytest.fixture(scope="module")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> FilledDatabase:
    """Create the database once for the module; each test changes a copy."""
    return asyncio.run(create_filled_database(tmp_path_factory.mktemp("audit")))


async def create_filled_database(folder: Path) -> FilledDatabase:
    """Create two keepers, eleven versions, three timestamped checkpoints, one statement and two pending leaves."""
    authority = make_authority(folder / "tsa")
    with authority.serve() as url:
        async with running_server(folder, DIARY_TIMESTAMPS=str(authority.write_settings(url))) as server:
            server.clock.ms = SystemClock().now_ms()
            instance = server.app.state.app_context.instance
            wish = key_statements.draft_statement(instance.notary.pub, [], "first", server.clock.ms, None)
            await notary_keys.publish_statement(instance.db, key_statements.sign_statement(INSTANCE_KEY, wish))
            keepers = [await register_keeper(server, f"198.51.100.{n}") for n in range(2)]
            for pushes in (3, 1, 5):
                for n in range(pushes):
                    await keepers[n % 2].push(f"entry {n}")
                await sequencer.run_round(instance)
                server.clock.advance(601_000)
            for keeper in keepers:
                await keeper.push("not in the log yet")
            notary = instance.notary.pub
            data = server.settings.data
    return FilledDatabase(data / "kept.sqlite3", data, notary, authority)


def audit_changed_copy(
    filled: FilledDatabase, folder: Path, change: Callable[[sqlite3.Connection], object]
) -> list[AuditFinding]:
    """Return the findings for a changed copy."""
    copy = folder / "copy.sqlite3"
    shutil.copyfile(filled.path, copy)
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        change(connection)
        return list(audit_rows(connection, filled.notary, INSTANCE_KEY.pub, filled.authority.root_pem))
    finally:
        connection.close()


def executing(sql: str, *values: object) -> Callable[[sqlite3.Connection], object]:
    """Return a change that executes one statement."""
    return lambda db: db.execute(sql, values)


def test_an_unchanged_database_has_no_finding(filled_database: FilledDatabase, tmp_path: Path) -> None:
    """An unchanged database has no finding, and enough rows to make one possible."""
    connection = sqlite3.connect(filled_database.path)
    counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in AUDITED_COLUMNS}
    stamped = connection.execute("SELECT count(*) FROM log_stamp WHERE tsr IS NOT NULL").fetchone()[0]
    connection.close()
    assert counts["version"] == 11 and counts["log_leaf"] == 9 and counts["log_checkpoint"] == 3
    assert counts["log_node"] == 7 and stamped == 3 and counts["key_statement"] == 1
    assert audit_changed_copy(filled_database, tmp_path, lambda _: None) == []


def row_keys(filled: FilledDatabase, table: str) -> list[object]:
    """Return the keys of a table."""
    connection = sqlite3.connect(filled.path)
    keys = [key for (key,) in connection.execute(f"SELECT id FROM {table} ORDER BY id")]
    connection.close()
    return keys


def names_row(faults: list[AuditFinding], table: str, key: object) -> bool:
    """Check whether a finding names this row (a diary by its id, a leaf also by its version)."""
    pattern = AUDITED_COLUMNS[table][1].format(key)
    return any(fault.row_label.startswith(pattern) or pattern in fault.row_label for fault in faults)


@pytest.mark.parametrize("table", AUDITED_COLUMNS)
def test_an_altered_row_is_named(filled_database: FilledDatabase, tmp_path: Path, table: str) -> None:
    """One flipped bit in each column of each row, in its middle and at its end, is reported with the row."""
    for key in row_keys(filled_database, table):
        for column in AUDITED_COLUMNS[table][0]:
            for place in (0.5, 0.999):
                flip = partial(flip_bit, table=table, column=column, key=key, place=place)
                faults = audit_changed_copy(filled_database, tmp_path, flip)
                assert names_row(faults, table, key), (table, key, column, faults)


def flip_bit(db: sqlite3.Connection, *, table: str, column: str, key: object, place: float) -> None:
    """Flip one bit of a column."""
    ((value,),) = db.execute(f"SELECT {column} FROM {table} WHERE id = ?", (key,)).fetchall()
    at = int(len(value) * place)
    flipped = value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
    assert db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (flipped, key)).rowcount == 1


@pytest.mark.parametrize(("table", "column"), NUMBER_COLUMNS)
def test_a_number_that_was_changed_is_found(
    filled_database: FilledDatabase, tmp_path: Path, table: str, column: str
) -> None:
    """Sizes and positions that are one higher or lower are found."""
    sql = f"UPDATE {table} SET {column} = {column} + ? WHERE id = ?"
    for key in row_keys(filled_database, table):
        for step in (1, -1):
            try:
                faults = audit_changed_copy(filled_database, tmp_path, executing(sql, step, key))
            except sqlite3.IntegrityError:
                continue  # refused by the database
            assert faults, (table, key, step)


@pytest.mark.parametrize("table", ["version", "log_leaf", "log_node", "log_checkpoint", "key_statement", "log_size"])
def test_a_missing_row_is_named(filled_database: FilledDatabase, tmp_path: Path, table: str) -> None:
    """Every missing row is named, except an unwitnessed last checkpoint, which nothing refers to."""
    keys = row_keys(filled_database, table)
    if table in ("log_checkpoint", "key_statement"):
        keys = keys[:-1]
    for key in keys:
        faults = audit_changed_copy(filled_database, tmp_path, executing(f"DELETE FROM {table} WHERE id = ?", key))
        words = {"version": "diary", "log_size": "log_size"}.get(table, f"{table} {key}")
        assert any(words in fault.row_label for fault in faults), (table, key, faults)


def test_a_missing_pending_row_is_named(filled_database: FilledDatabase, tmp_path: Path) -> None:
    """A receipt whose leaf was removed from the queue would never be in the log."""
    for key in row_keys(filled_database, "waiting_leaf"):
        faults = audit_changed_copy(filled_database, tmp_path, executing("DELETE FROM waiting_leaf WHERE id = ?", key))
        assert [fault.row_label for fault in faults] == [f"version {key}"]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("log_leaf", ("leaf",)),
        ("log_leaf", ("leaf", "version_id")),
        ("log_node", ("node",)),
        ("log_checkpoint", ("note",)),
        ("version", ("leaf", "facts", "sealed", "answer", "record", "version", "body_digest", "seq")),
        ("log_stamp", ("tsr", "nonce")),
    ],
)
def test_reordered_rows_are_found(
    filled_database: FilledDatabase, tmp_path: Path, table: str, columns: tuple[str, ...]
) -> None:
    """Each pair of neighbouring rows, swapped in one column or in all content columns, is found."""
    judged_pairs = 0
    for pair in pairwise(row_keys(filled_database, table)):
        try:
            swap = partial(swap_rows, table=table, columns=columns, pair=pair)
            faults = audit_changed_copy(filled_database, tmp_path, swap)
        except sqlite3.IntegrityError:
            continue  # refused by the database
        judged_pairs += 1
        assert faults, (table, pair)
    assert judged_pairs > 1


def swap_rows(db: sqlite3.Connection, *, table: str, columns: tuple[str, ...], pair: tuple[object, object]) -> None:
    """Swap the contents of two rows; unique columns go through a temporary value."""
    names = ", ".join(columns)
    row_values = [db.execute(f"SELECT {names} FROM {table} WHERE id = ?", (key,)).fetchone() for key in pair]
    sets = ", ".join(f"{name} = ?" for name in columns)
    placeholder = [-5 if isinstance(value, int) else b"aside" for value in row_values[0]]
    for key, values in ((pair[0], placeholder), (pair[1], row_values[0]), (pair[0], row_values[1])):
        assert db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*values, key)).rowcount == 1


def test_an_added_row_is_found(filled_database: FilledDatabase, tmp_path: Path) -> None:
    """A leaf without a receipt, an extra node and a foreign checkpoint are found."""
    for sql in (
        "INSERT INTO log_leaf (id, version_id, leaf) VALUES (9, NULL, zeroblob(32))",
        "INSERT INTO log_node (id, node) VALUES (12345, zeroblob(32))",
        "INSERT INTO log_checkpoint (id, size, made_at, note) VALUES (3, 11, 0, zeroblob(32))",
        "INSERT INTO waiting_leaf (id) VALUES (77)",
        "INSERT INTO waiting_leaf (id) VALUES (0)",
    ):
        assert audit_changed_copy(filled_database, tmp_path, executing(sql)), sql


def test_another_root_and_another_notary_are_not_trusted(filled_database: FilledDatabase, tmp_path: Path) -> None:
    """Timestamps under an unknown root and a log signed by an unknown key are reported."""
    other_authority = make_authority(tmp_path / "other")
    connection = sqlite3.connect(filled_database.path)
    faults = list(audit_rows(connection, filled_database.notary, INSTANCE_KEY.pub, other_authority.root_pem))
    assert {fault.row_label.split()[0] for fault in faults} == {"log_stamp"} and len(faults) == 3
    stranger = Ed25519Signer(bytes(31) + b"\x09").pub
    assert any(
        "key_statement" in fault.row_label for fault in audit_rows(connection, filled_database.notary, stranger, None)
    )
    connection.close()


def test_the_key_of_another_server_is_one_finding(filled_database: FilledDatabase, tmp_path: Path) -> None:
    """With another server's key, one sentence names both logs. It is not one finding for each row."""
    copy = tmp_path / "copy.sqlite3"
    shutil.copyfile(filled_database.path, copy)
    connection = sqlite3.connect(copy)
    connection.execute("DELETE FROM key_statement")
    stranger = Ed25519Signer(bytes(31) + b"\x09")
    faults = list(audit_rows(connection, stranger.pub, None, None))
    assert [fault.row_label for fault in faults] == ["notary key"]
    assert stranger.log_id in faults[0].message
    assert b64(ed25519_key_id(filled_database.notary)) in faults[0].message
    # One row that the key does belong to is enough for the whole audit.
    connection.execute("UPDATE version SET answer = zeroblob(9) WHERE id = (SELECT max(id) FROM version)")
    assert len(list(audit_rows(connection, filled_database.notary, None, filled_database.authority.root_pem))) == 1
    connection.close()


def test_the_command_exits_with_an_error(filled_database: FilledDatabase, tmp_path: Path) -> None:
    """The command exits with 0 and one sentence for a valid database, with 1 and the row's name for an altered one."""
    data = tmp_path / "data"
    shutil.copytree(filled_database.data, data)
    clean_result = run_cli("audit", DIARY_DATA=str(data))
    assert (clean_result.returncode, clean_result.stdout.strip()) == (0, "No finding. The log holds."), (
        clean_result.stderr
    )
    connection = sqlite3.connect(data / "kept.sqlite3")
    flip_bit(connection, table="log_leaf", column="leaf", key=4, place=0.5)
    connection.commit()
    connection.close()
    altered_result = run_cli("audit", data / "kept.sqlite3", DIARY_DATA=str(data))
    assert (
        altered_result.returncode == 1
        and "log_leaf" in altered_result.stdout
        and "does not hold" in altered_result.stdout
    )


def test_keys_that_do_not_follow_and_a_checkpoint_of_another_key_are_named() -> None:
    """The finding names the first statement that does not follow, and the checkpoint by its number."""
    notary, other = Ed25519Signer(bytes(31) + b"\1"), Ed25519Signer(bytes(31) + b"\2")
    statements: list[dict[str, object]] = []
    for n, signer in enumerate((notary, other)):
        wish = key_statements.draft_statement(signer.pub, statements, "first" if n == 0 else "rotated", n + 1, None)
        statements.append(key_statements.sign_statement(INSTANCE_KEY, wish))
    keys, faults = trusted_keys(statements, None, INSTANCE_KEY.pub)
    assert (set(keys.values()), faults) == ({notary.pub, other.pub}, [])
    changed = [statements[0], statements[1] | {"from": 9}]
    assert [fault.row_label for fault in trusted_keys(changed, None, INSTANCE_KEY.pub)[1]] == ["key_statement 1"]
    assert [fault.row_label for fault in trusted_keys(changed, None, other.pub)[1]] == ["key_statement 0"]
    note = checkpoints.sign_checkpoint(other, 1, bytes(32))
    unknown = verify_checkpoint(3, note, {b64(ed25519_key_id(notary.pub)): notary.pub}, None)
    assert isinstance(unknown, AuditFinding)
    assert (unknown.row_label, unknown.message) == ("log_checkpoint 3", "The checkpoint is signed by an unknown key.")
