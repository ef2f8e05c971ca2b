"""Names that outlive a process stay: moving or renaming code changes none of them."""

from __future__ import annotations

import json

import pytest

from tests.inventory import INVENTORY_PATH, build_inventory

CURRENT_INVENTORY = build_inventory()


@pytest.mark.parametrize("kind", CURRENT_INVENTORY)
def test_no_frozen_name_has_changed(kind: str) -> None:
    """Names match inventory.json. `python -m tests.inventory` writes it again after an intended change."""
    frozen = json.loads(INVENTORY_PATH.read_text(encoding="utf-8"))
    assert list(frozen) == list(CURRENT_INVENTORY)
    assert CURRENT_INVENTORY[kind] == frozen[kind]


def test_the_inventory_is_not_empty() -> None:
    """Each pattern still finds names: after a move, a pattern that finds nothing would protect nothing."""
    fewest = {
        "browser: labels of keys and bytes": 25,
        "browser: database, tables, lock, caches": 6,
        "browser: keys of values beside the table": 8,
        "browser: kinds of sealed records": 7,
        "browser: error codes": 70,
        "server: labels of keys and bytes": 35,
        "server: error codes": 30,
        "server: tables and columns": 25,
        "server: routes": 150,
        "operator: settings": 25,
        "operator: commands": 30,
    }
    counts = {kind: len(found) for kind, found in CURRENT_INVENTORY.items() if isinstance(found, list | dict)}
    assert [kind for kind in fewest if counts[kind] < fewest[kind]] == []
    assert set(counts) == set(fewest)
