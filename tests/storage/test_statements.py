"""Statements: both databases accept each of them, and SQL text stands only in the folders for it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import pytest

from diary import storage
from diary.storage import hot
from diary.storage.models.core import Account, Session
from diary.storage.postgres.writer import number_placeholders
from diary.storage.statements import Statement, param, query, table
from tests.server_fixture import running_server

# The only folders of diary/storage that have SQL as text.
RAW_SQL_FOLDERS = frozenset({"bulk", "control", "hot", "migrations"})
HOT_STATEMENTS_LIMIT = 60
STATEMENT_START = re.compile(
    r"\s*\(?\s*((SELECT|INSERT|UPDATE|DELETE|WITH|PRAGMA|SAVEPOINT|RELEASE|VACUUM)\s|(BEGIN|COMMIT|ROLLBACK)(\s|$)"
    r"|(CREATE|ALTER|DROP) (TABLE|INDEX|SEQUENCE|TRIGGER|VIEW))",
    re.DOTALL,
)
PLACEHOLDER = re.compile(r"\?\d*")


def model_statements() -> Iterator[tuple[str, str]]:
    """Yield the module, name and SQL of every statement that is built from the models, those in tuples included."""
    for module in pkgutil.walk_packages(storage.__path__, "diary.storage."):
        if "migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for number, statement in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(statement, Statement):
                    yield f"{module.name}.{name}.{number}", statement.sql


def hot_statements() -> Iterator[tuple[str, str]]:
    """Yield the module, name and SQL of every public constant of storage/hot, with a number in place of the next id."""
    for module in pkgutil.iter_modules(hot.__path__, f"{hot.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            # Private constants are fragments of the public ones.
            if not name.startswith("_") and isinstance(value, str) and STATEMENT_START.match(value):
                yield f"{module.name}.{name}", value.replace("NEXT_VERSION_ID", "0")


def sql_strings(source: str) -> Iterator[str]:
    """Yield every string of a module, and the beginning of every f-string, that reads as SQL."""
    nested_nodes: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            nested_nodes.update(id(part) for part in node.values)
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant) and STATEMENT_START.match(str(first.value)):
                yield str(first.value)
        elif id(node) not in nested_nodes and isinstance(node, ast.Constant) and STATEMENT_START.match(str(node.value)):
            yield str(node.value)


async def rejected_by_postgres(url: str, sql_by_name: Mapping[str, str]) -> dict[str, str]:
    """Return the errors of the statements that PostgreSQL cannot prepare or plan."""
    rejected = {}
    connection = await asyncpg.connect(url)
    try:
        for name, sql in sql_by_name.items():
            try:
                await connection.prepare(number_placeholders(sql))
                await connection.fetch("EXPLAIN " + PLACEHOLDER.sub("NULL", sql))
            except asyncpg.PostgresError as error:
                rejected[name] = f"{error}: {sql}"
    finally:
        await connection.close()
    return rejected


async def test_the_database_plans_every_statement(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Each is planned by each database, so a wrong column, join or type fails here."""
    sql_by_name = dict(model_statements()) | dict(hot_statements())
    assert len(sql_by_name) >= 50
    async with running_server(tmp_path, **database_setting) as server:
        if database_setting:
            rejected = await rejected_by_postgres(server.settings.database_url, sql_by_name)
        else:
            rejected = {}
            for name, sql in sql_by_name.items():
                try:
                    server.query("EXPLAIN " + PLACEHOLDER.sub("NULL", sql))
                except sqlite3.Error as error:
                    rejected[name] = f"{error}: {sql}"
    assert rejected == {}


def test_few_statements_are_hot() -> None:
    """Only the hottest paths have SQL text."""
    assert 1 <= len(dict(hot_statements())) <= HOT_STATEMENTS_LIMIT


def test_a_column_that_no_model_has_is_an_error() -> None:
    """At the import of the module that names it."""
    with pytest.raises(AttributeError, match="session has no column device_names"):
        table(Session).device_names  # noqa: B018


def test_a_call_gives_every_value_and_no_other() -> None:
    """A value that is forgotten or misspelt never becomes NULL."""
    account = table(Account)
    find = Statement(query.from_(account).select(account.id).where(account.login_mac == param.login_mac))
    assert find(login_mac=b"m") == ('SELECT "id" FROM "account" WHERE "login_mac"=?', (b"m",))
    with pytest.raises(TypeError, match=r"takes \['login_mac'\], not \['mac'\]"):
        find(mac=b"m")


def test_values_are_never_part_of_the_text() -> None:
    """Constants of a statement too become parameters, in their order."""
    account = table(Account)
    change = Statement(
        query.into(account)
        .columns(account.id, account.file_bytes)
        .insert(param.id, 5)
        .on_conflict(account.id)
        .do_update(account.file_bytes, account.file_bytes + param.more)
    )
    text, parameters = change(id="'; DROP TABLE account; --", more=3)
    assert parameters == ("'; DROP TABLE account; --", 5, 3)
    assert "DROP" not in text


def test_sql_text_stands_only_in_its_folders() -> None:
    """Everywhere else, statements are built from the models."""
    storage_folder = Path(storage.__file__).parent
    root = storage_folder.parent
    exempt_folders = {storage_folder / name for name in RAW_SQL_FOLDERS}
    assert all((folder / "__init__.py").is_file() for folder in exempt_folders)
    count_by_file = {
        path.relative_to(root).as_posix(): len(list(sql_strings(path.read_text("utf-8"))))
        for path in sorted(root.rglob("*.py"))
        if path.parent not in exempt_folders
    }
    assert {name: count for name, count in count_by_file.items() if count} == {}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM b",
        "\n  UPDATE x SET y = 1",
        "(SELECT max(id) FROM version)",
        "PRAGMA busy_timeout=0",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "CREATE TABLE t (n INT)",
    ],
)
def test_raw_sql_is_detected(text: str) -> None:
    """In a string, and at the beginning of an f-string."""
    assert list(sql_strings(f"a = {text!r}")) == [text]
    assert list(sql_strings(f"b = f{text + ' {name}'!r}")) == [text + " "]


@pytest.mark.parametrize("text", ["Select one.", "Updates come.", "DELETE", "-----BEGIN CERTIFICATE-----", "CREATE"])
def test_other_text_is_no_raw_sql(text: str) -> None:
    """Sentences, HTTP methods and PEM are no SQL."""
    assert list(sql_strings(f"a = {text!r}")) == []
