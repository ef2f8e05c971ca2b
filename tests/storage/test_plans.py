"""Plans: no statement of a running server reads a whole table that grows with its use, on either database."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from diary.storage.models.core import MODEL_MODULES
from diary.storage.partial_indexes import PartialIndex
from diary.storage.postgres.writer import number_placeholders
from tests.server_fixture import running_server
from tests.storage.test_statements import PLACEHOLDER, hot_statements, model_statements

# Tables that stay small: one row, one for each organisation, or one for each statement about a key.
SMALL_TABLES = frozenset({"cookie_grace", "key_statement", "member_invite", "organisation", "purge_clock"})
# Statements whose plan reads a whole table, and why that is no burden.
WHOLE_TABLE_STATEMENTS: Mapping[str, str] = {
    "diary.storage.accounts.account_rows._COUNT_ACCOUNTS.0": "for the operator's `status`, on a reader",
    "diary.storage.accounts.account_rows._LIST_PAGE.0": "an operator lists the accounts; joins two tables in their order",
    "diary.storage.accounts.account_rows._LIST_SEALED_KDFS.0": "once, at the first start after an upgrade",
    "diary.storage.log.cosignatures._FIND_LAST_CHECKPOINT.0": "ends at the newest checkpoint of this log",
    "diary.storage.log.cosignatures._FIND_LAST_SIZE.0": "one row for each witness and checkpoint, on a reader",
    "diary.storage.log.cosignatures._FIND_NEWEST_COSIGNED.0": "ends at the newest cosignature",
    "diary.storage.log.public_log._FIND_ANY_WAITING.0": "ends at the first row of a queue",
    "diary.storage.log.public_log._FIND_NEWEST_CHECKPOINT.0": "ends at the newest checkpoint",
    "diary.storage.log.public_log._LIST_WAITING.0": "a page from the beginning of a queue",
    "diary.storage.log.stamps._FIND_NEWEST_STAMPED.0": "ends at the newest timestamp",
    "diary.storage.newest_time._FIND_LAST_SESSION_USE.0": "for the operator's `doctor`",
    "diary.storage.newest_time._FIND_NEWEST_CHECKPOINT_TIME.0": "for the operator's `doctor`",
    "diary.storage.sharing.advocate_clients._DELETE_OLDEST_LOOKS.0": "only while the table is empty, as it is here",
}


def partial_index_names() -> set[str]:
    """Return the names of the indexes that hold only the rows which meet a condition."""
    names: set[str] = set()
    for module_name in MODEL_MODULES:
        for model in vars(import_module(module_name)).values():
            indexes = getattr(getattr(model, "_meta", None), "indexes", None) or ()
            names |= {str(index.name) for index in indexes if isinstance(index, PartialIndex)}
    return names


def planned_statements() -> dict[str, str]:
    """Return the SQL of every statement by name, without those that may read a whole table."""
    statements = dict(model_statements()) | dict(hot_statements())
    assert set(WHOLE_TABLE_STATEMENTS) <= set(statements)
    return {name: sql for name, sql in statements.items() if name not in WHOLE_TABLE_STATEMENTS}


def sqlite_scans(connection: sqlite3.Connection, sql: str) -> Iterator[str]:
    """Yield each step of a plan of SQLite that reads a whole table or a whole index of it."""
    for *_, step in connection.execute("EXPLAIN QUERY PLAN " + PLACEHOLDER.sub("NULL", sql)):
        # A SEARCH without an index is the whole table too, read for its highest value.
        match = re.match(r"(?:SCAN|SEARCH(?= \w+$)) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        if match and match[1] not in SMALL_TABLES | {"CONSTANT", "one"} and match[2] not in partial_index_names():
            yield step


def postgres_scans(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield each node of a plan of PostgreSQL that reads a whole table or a whole index of it."""
    kind, table, index = node["Node Type"], node.get("Relation Name"), node.get("Index Name")
    is_whole = kind == "Seq Scan" or (kind.startswith(("Index", "Bitmap Index")) and "Index Cond" not in node)
    if is_whole and table not in SMALL_TABLES and index not in partial_index_names():
        yield f"{kind} {table} {index} {node.get('Filter')}"
    for child in node.get("Plans", ()):
        yield from postgres_scans(child)


async def plan_on_postgres(connection: asyncpg.Connection[Any], sql: str) -> Mapping[str, Any]:
    """Return the plan for any values, as the server's prepared statements have it after a few calls."""
    numbered = number_placeholders(sql)
    count = len(set(re.findall(r"\$\d+", numbered)))
    await connection.execute(f"PREPARE planned AS {numbered}")
    arguments = f"({', '.join(['NULL'] * count)})" if count else ""
    rows = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE planned{arguments}")
    await connection.execute("DEALLOCATE planned")
    plan: Mapping[str, Any] = json.loads(rows[0][0])[0]["Plan"]
    return plan


async def test_no_statement_reads_a_whole_table(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Neither the purge nor a feed nor anything else. Sequential scans are off: what remains has no index to use."""
    scans: dict[str, list[str]] = {}
    async with running_server(tmp_path, **database_setting) as server:
        if database_setting:
            connection = await asyncpg.connect(server.settings.database_url)
            await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
            for name, sql in planned_statements().items():
                scans[name] = list(postgres_scans(await plan_on_postgres(connection, sql)))
            await connection.close()
        else:
            with closing(sqlite3.connect(server.settings.data / "kept.sqlite3")) as file:
                scans = {name: list(sqlite_scans(file, sql)) for name, sql in planned_statements().items()}
    assert len(scans) >= 50
    assert {name: steps for name, steps in scans.items() if steps} == {}


@pytest.mark.parametrize("name", sorted(partial_index_names()))
async def test_every_partial_index_is_used(name: str, tmp_path: Path) -> None:
    """An index that no statement can use would only cost room; a condition that differs by a word makes it useless."""
    async with running_server(tmp_path) as server:
        with closing(sqlite3.connect(server.settings.data / "kept.sqlite3")) as file:
            plans = [
                step
                for sql in dict(model_statements()).values()
                for *_, step in file.execute("EXPLAIN QUERY PLAN " + PLACEHOLDER.sub("NULL", sql))
            ]
    assert any(re.search(rf"INDEX {name}\b", step) for step in plans)
