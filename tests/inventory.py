"""What outlives a process, read from the source: names that stored data, sealed bytes, other devices and operators depend on.

Moving or renaming code must change none of them. `python -m tests.inventory` writes inventory.json again, and test_inventory.py
compares. A line that goes or changes there breaks what somebody holds: it needs a migration and a line in the changelog.

Not here: the members of sealed JSON and of the server's answers. The vectors and the journey from the last release hold those.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tortoise import Model

from diary import errors
from diary.cli.main import main
from diary.config import SETTINGS
from diary.storage.database import APP, _config
from diary.web.routes import ROUTES

ROOT: Final = Path(__file__).resolve().parent.parent
FROZEN: Final = Path(__file__).with_name("inventory.json")
# Labels of keys, salts, signatures and associated data: docs/formats.md. Both quotes and templates; up to the first value put in.
_LABEL: Final = re.compile(r"""["'`](kept/[^"'`{$\\]*)""")
_KIND: Final = re.compile(r"\{ k: '(\w+)'")
_BESIDE: Final = re.compile(r"\bbeside(?:: \{|\()([^})\n]*)")
_KEY: Final = re.compile(r"(?<![\w.'])'?([a-z])'?(?=[:,)]| *\})")
_CODE: Final = re.compile(r"new KeptError\('(\w+)'")
_AT_TOP: Final = re.compile(r"^const (NAME|VERSION|TABLES|TAB|CACHE|ACCEPTED)\s*= (.+);$", re.MULTILINE)


def sources(folder: str, *suffixes: str) -> Iterator[str]:
    """The text of every file of ours below a folder."""
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in suffixes and not {"vendor", "app", "lang"} & set(path.relative_to(ROOT).parts[1:2]):
            yield path.read_text(encoding="utf-8")


def found(pattern: re.Pattern[str], texts: list[str]) -> list[str]:
    """What the pattern's group holds, each once, in order."""
    return sorted({match for text in texts for match in pattern.findall(text)})


def inventory() -> dict[str, object]:
    """Every kind of name, each as a sorted list or table."""
    browser, python = list(sources("static", ".js")), list(sources("diary", ".py"))
    names = {
        name: value for text in browser for name, value in _AT_TOP.findall(text) if name in ("TAB", "CACHE", "ACCEPTED")
    }
    (database,) = (text for text in browser if "db.createObjectStore(" in text)
    beside = [key for text in browser for inside in _BESIDE.findall(text) for key in _KEY.findall(inside)]
    return {
        "browser: labels of keys and bytes": found(_LABEL, browser),
        "browser: database, tables, lock, caches": names | dict(_AT_TOP.findall(database)),
        "browser: keys of values beside the table": sorted(set(beside)),
        "browser: kinds of sealed records": found(_KIND, browser),
        "browser: error codes": found(_CODE, browser),
        "server: labels of keys and bytes": found(_LABEL, python),
        "server: error codes": sorted(_codes()),
        "server: tables and columns": dict(sorted(_tables())),
        "server: routes": sorted(f"{row.method} {row.path} ({row.audience.name.lower()})" for row in ROUTES),
        "operator: settings": sorted(setting.name for setting in SETTINGS),
        "operator: commands": sorted(_commands()),
    }


def _codes() -> Iterator[str]:
    for one in vars(errors).values():
        if isinstance(one, type) and issubclass(one, errors.KeptError) and hasattr(one, "code"):
            yield one.code


def _tables() -> Iterator[tuple[str, list[str]]]:
    named = _config("sqlite://:memory:")["apps"][APP]["models"]
    for module in map(importlib.import_module, named):
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Model) and one is not Model and one._meta.db_table:
                yield one._meta.db_table, sorted(one._meta.fields_db_projection.values())


def _commands() -> Iterator[str]:
    waiting = [("", main)]
    while waiting:
        name, command = waiting.pop()
        if name:
            options = sorted(option for one in command.params for option in one.opts if option.startswith("--"))
            yield " ".join([name.strip(), *options])
        waiting += [(f"{name} {one}", below) for one, below in getattr(command, "commands", {}).items()]


def written() -> str:
    """The inventory as it lies in inventory.json."""
    return json.dumps(inventory(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(0 if FROZEN.write_text(written(), encoding="utf-8") else 1)
