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
from diary.storage.statements import Statement, query, table, value
from tests.keepers import Served

# Statements written by hand that are still to be built from the models. The number only falls.
BY_HAND = 305
STARTS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", re.DOTALL)


def statements() -> Iterator[tuple[str, Statement]]:
    """Every statement of storage, by module and name."""
    for module in pkgutil.walk_packages(storage.__path__, "diary.storage."):
        if "migrations" in module.name:
            continue
        for name, found in vars(importlib.import_module(module.name)).items():
            if isinstance(found, Statement):
                yield f"{module.name}.{name}", found


def texts(source: str) -> Iterator[str]:
    """Every string of a module, and the beginning of every f-string, that reads as a statement."""
    inside: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in node.values)
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant) and STARTS.match(str(first.value)):
                yield str(first.value)
        elif id(node) not in inside and isinstance(node, ast.Constant) and STARTS.match(str(node.value)):
            yield str(node.value)


async def test_the_database_takes_every_statement(server: Served) -> None:
    """Each is planned by the database of this run, so a wrong column, join or type is found here."""
    found = dict(statements())
    assert len(found) >= 20
    refused = {}
    for name, statement in found.items():
        try:
            server.rows(f"EXPLAIN {statement.sql.replace('?', 'NULL')}")
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
    find = Statement(query.from_(account).select(account.id).where(account.login_mac == value.login_mac))
    assert find(login_mac=b"m") == ('SELECT "id" FROM "account" WHERE "login_mac"=?', (b"m",))
    with pytest.raises(TypeError, match=r"takes \['login_mac'\], not \['mac'\]"):
        find(mac=b"m")


def test_values_are_never_part_of_the_text() -> None:
    """Constants of a statement too become parameters, in their order."""
    account = table(Account)
    change = Statement(
        query.into(account)
        .columns(account.id, account.file_bytes)
        .insert(value.id, 5)
        .on_conflict(account.id)
        .do_update(account.file_bytes, account.file_bytes + value.more)
    )
    text, parameters = change(id="'; DROP TABLE account; --", more=3)
    assert parameters == ("'; DROP TABLE account; --", 5, 3)
    assert "DROP" not in text


def test_sql_by_hand_only_falls() -> None:
    """Statements come from the models; what is left by hand is counted."""
    root = Path(storage.__file__).parents[1]
    found = {
        path.relative_to(root).as_posix(): len(list(texts(path.read_text("utf-8"))))
        for path in sorted(root.rglob("*.py"))
        if "migrations" not in path.parts
    }
    assert sum(found.values()) <= BY_HAND, {name: count for name, count in found.items() if count}


def test_sql_by_hand_is_seen() -> None:
    """In a string, in an f-string, over several lines; not in a sentence."""
    assert list(texts('a = "SELECT 1 FROM b"\nc = f"DELETE FROM {b}"\nd = """\n  UPDATE x SET y = 1"""')) == [
        "SELECT 1 FROM b",
        "DELETE FROM ",
        "\n  UPDATE x SET y = 1",
    ]
    assert list(texts('a = "Select one."\nb = "Updates come."')) == []
