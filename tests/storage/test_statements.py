"""Statements built from the models: each is one that both databases take, and SQL text by hand only falls."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from diary import storage
from diary.storage.models.core import Account, Session
from diary.storage.statements import Statement, param, query, table
from tests.server_fixture import InProcessServer

# Statements written by hand that are still to be built from the models. The number only falls.
RAW_SQL_LIMIT = 298
STATEMENT_START = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", re.DOTALL)


def storage_statements() -> Iterator[tuple[str, Statement]]:
    """Every statement of storage, by module and name."""
    for module in pkgutil.walk_packages(storage.__path__, "diary.storage."):
        if "migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Statement):
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
    statement_by_name = dict(storage_statements())
    assert len(statement_by_name) >= 20
    refused = {}
    for name, statement in statement_by_name.items():
        try:
            server.query(f"EXPLAIN {statement.sql.replace('?', 'NULL')}")
        except Exception as error:  # noqa: BLE001 - of either database; all that are refused are named
            refused[name] = f"{error}: {statement.sql}"
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
    """Statements come from the models; what is left by hand is counted."""
    root = Path(storage.__file__).parents[1]
    count_by_file = {
        path.relative_to(root).as_posix(): len(list(sql_strings(path.read_text("utf-8"))))
        for path in sorted(root.rglob("*.py"))
        if "migrations" not in path.parts
    }
    assert sum(count_by_file.values()) <= RAW_SQL_LIMIT, {name: count for name, count in count_by_file.items() if count}


def test_raw_sql_is_detected() -> None:
    """In a string, in an f-string, over several lines; not in a sentence."""
    assert list(sql_strings('a = "SELECT 1 FROM b"\nc = f"DELETE FROM {b}"\nd = """\n  UPDATE x SET y = 1"""')) == [
        "SELECT 1 FROM b",
        "DELETE FROM ",
        "\n  UPDATE x SET y = 1",
    ]
    assert list(sql_strings('a = "Select one."\nb = "Updates come."')) == []
