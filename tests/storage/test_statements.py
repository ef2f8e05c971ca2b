"""Statements: both databases accept each of them, and the amount of SQL text outside its three folders only falls."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from diary import storage
from diary.storage import hot
from diary.storage.models.core import Account, Session
from diary.storage.statements import Statement, param, query, table
from tests.server_fixture import InProcessServer

# Statements written by hand that are still to be built from the models. The number only falls.
RAW_SQL_LIMIT = 164
HAND_WRITTEN_FOLDERS = frozenset({"bulk", "control", "hot", "migrations"})
HOT_SQL_LIMIT = 60
PARAMETER = re.compile(r"\?\d*")
STATEMENT_START = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", re.DOTALL)
PLACEHOLDER = re.compile(r"\?\d*")


def storage_statements() -> Iterator[tuple[str, Statement]]:
    """Yield every statement of storage with the name of its module and its own; tuples of statements are searched too."""
    for module in pkgutil.walk_packages(storage.__path__, "diary.storage."):
        if "migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for number, statement in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(statement, Statement):
                    yield f"{module.name}.{name}.{number}", statement


def hot_statements() -> Iterator[tuple[str, str]]:
    """Yield every statement of storage/hot with the name of its module and its own."""
    for module in pkgutil.iter_modules(hot.__path__, "diary.storage.hot."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, str) and STATEMENT_START.match(value):
                yield f"{module.name}.{name}", value


def hot_statements() -> Iterator[tuple[str, str]]:
    """Yield the SQL text of each public constant of storage/hot, with its module and name."""
    for module in pkgutil.iter_modules(hot.__path__, f"{hot.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if name.isupper() and not name.startswith("_") and isinstance(value, str):
                yield f"{module.name}.{name}", value


def sql_strings(source: str) -> Iterator[str]:
    """Every string of a module, and the beginning of every f-string, that reads as a statement."""
    nested_nodes: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            nested_nodes.update(id(part) for part in node.values)
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant) and STATEMENT_START.match(str(first.value)):
                yield str(first.value)
        elif id(node) not in nested_nodes and isinstance(node, ast.Constant) and STATEMENT_START.match(str(node.value)):
            yield str(node.value)


async def test_the_database_takes_every_statement(server: InProcessServer) -> None:
    """Each is planned by the database of this run, so a wrong column, join or type is found here."""
    sql_by_name = {name: statement.sql for name, statement in storage_statements()}
    assert len(sql_by_name) >= 20
    refused = {}
    for name, sql in (sql_by_name | dict(hot_statements())).items():
        try:
            server.query("EXPLAIN " + PLACEHOLDER.sub("NULL", sql))
        except Exception as error:  # noqa: BLE001 - of either database; all that are refused are named
            refused[name] = f"{error}: {sql}"
    assert refused == {}


async def test_the_database_takes_every_hot_statement(server: InProcessServer) -> None:
    """Statements that are written by hand are planned in the same way."""
    statement_by_name = dict(hot_statements())
    assert 1 <= len(statement_by_name) <= HOT_SQL_LIMIT
    refused = {}
    for name, text in statement_by_name.items():
        try:
            server.query(f"EXPLAIN {PARAMETER.sub('NULL', text.replace('NEXT_VERSION_ID', '0'))}")
        except Exception as error:  # noqa: BLE001 - as above
            refused[name] = f"{error}: {text}"
    assert refused == {}


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


def test_the_amount_of_raw_sql_never_grows() -> None:
    """SQL stands in the three folders for it; elsewhere, statements come from the models."""
    storage_folder = Path(storage.__file__).parent
    root = storage_folder.parent
    exempt_folders = {storage_folder / name for name in RAW_SQL_FOLDERS}
    count_by_file = {
        path.relative_to(root).as_posix(): len(list(sql_strings(path.read_text("utf-8"))))
        for path in sorted(root.rglob("*.py"))
        if not HAND_WRITTEN_FOLDERS.intersection(path.parts)
    }
    assert sum(count_by_file.values()) <= RAW_SQL_LIMIT, {name: count for name, count in count_by_file.items() if count}


def test_few_statements_are_hot() -> None:
    """Only push, feed, sign-in and session check have SQL by hand."""
    assert 1 <= len(dict(hot_statements())) <= HOT_STATEMENTS_LIMIT


def test_raw_sql_is_detected() -> None:
    """In a string, in an f-string, over several lines; not in a sentence."""
    assert list(sql_strings('a = "SELECT 1 FROM b"\nc = f"DELETE FROM {b}"\nd = """\n  UPDATE x SET y = 1"""')) == [
        "SELECT 1 FROM b",
        "DELETE FROM ",
        "\n  UPDATE x SET y = 1",
    ]
    assert list(sql_strings('a = "Select one."\nb = "Updates come."')) == []
