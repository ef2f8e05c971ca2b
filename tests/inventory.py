"""Names that outlive a process, read from the source: stored data, sealed bytes, other devices and operators need them.

Moving or renaming code must change none of them. `python -m tests.inventory` writes inventory.json, and
test_inventory.py compares. A line that changes or disappears there breaks existing data: it needs a migration and a
line in the changelog.

Members of sealed JSON and of the server's answers are not included: the vectors and the journey from the last release
cover those.
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
from diary.storage.database import APP_LABEL, _tortoise_config
from diary.web.routes import ROUTES

PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent
INVENTORY_PATH: Final = Path(__file__).with_name("inventory.json")
# Labels of keys, salts, signatures and associated data (docs/formats.md), in quotes or templates, up to the first
# placeholder.
_LABEL: Final = re.compile(r"""["'`](kept/[^"'`{$\\]*)""")
_RECORD_KIND: Final = re.compile(r"\{ k: '(\w+)'")
_ASSOCIATED_DATA: Final = re.compile(r"\bbeside(?:: \{|\()([^})\n]*)")
_KEY: Final = re.compile(r"(?<![\w.'])'?([a-z])'?(?=[:,)]| *\})")
_CODE: Final = re.compile(r"new KeptError\('(\w+)'")
_TOP_LEVEL_CONSTANT: Final = re.compile(r"^const (NAME|VERSION|TABLES|TAB|CACHE|ACCEPTED)\s*= (.+);$", re.MULTILINE)


def sources(folder: str, *suffixes: str) -> Iterator[str]:
    """Return the text of every source file below a folder."""
    for path in sorted((PROJECT_ROOT / folder).rglob("*")):
        if path.suffix in suffixes and not {"vendor", "app", "lang"} & set(path.relative_to(PROJECT_ROOT).parts[1:2]):
            yield path.read_text(encoding="utf-8")


def unique_matches(pattern: re.Pattern[str], texts: list[str]) -> list[str]:
    """Return the distinct matches of the pattern's group, in order."""
    return sorted({match for text in texts for match in pattern.findall(text)})


def build_inventory() -> dict[str, object]:
    """Return every kind of name, each as a sorted list or table."""
    browser_sources, python_sources = list(sources("static", ".js")), list(sources("diary", ".py"))
    names = {
        name: value
        for text in browser_sources
        for name, value in _TOP_LEVEL_CONSTANT.findall(text)
        if name in ("TAB", "CACHE", "ACCEPTED")
    }
    (database_source,) = (text for text in browser_sources if "db.createObjectStore(" in text)
    associated_data_keys = [
        key
        for text in browser_sources
        for object_text in _ASSOCIATED_DATA.findall(text)
        for key in _KEY.findall(object_text)
    ]
    return {
        "browser: labels of keys and bytes": unique_matches(_LABEL, browser_sources),
        "browser: database, tables, lock, caches": names | dict(_TOP_LEVEL_CONSTANT.findall(database_source)),
        "browser: keys of values beside the table": sorted(set(associated_data_keys)),
        "browser: kinds of sealed records": unique_matches(_RECORD_KIND, browser_sources),
        "browser: error codes": unique_matches(_CODE, browser_sources),
        "server: labels of keys and bytes": unique_matches(_LABEL, python_sources),
        "server: error codes": sorted(_error_codes()),
        "server: tables and columns": dict(sorted(_tables())),
        "server: routes": sorted(f"{row.method} {row.path} ({row.audience.name.lower()})" for row in ROUTES),
        "operator: settings": sorted(setting.name for setting in SETTINGS),
        "operator: commands": sorted(_commands()),
    }


def _error_codes() -> Iterator[str]:
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.KeptError) and hasattr(value, "code"):
            yield value.code


def _tables() -> Iterator[tuple[str, list[str]]]:
    module_names = _tortoise_config("sqlite://:memory:")["apps"][APP_LABEL]["models"]
    for module in map(importlib.import_module, module_names):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Model) and value is not Model and value._meta.db_table:
                yield value._meta.db_table, sorted(value._meta.fields_db_projection.values())


def _commands() -> Iterator[str]:
    pending = [("", main)]
    while pending:
        name, command = pending.pop()
        if name:
            options = sorted(
                option for parameter in command.params for option in parameter.opts if option.startswith("--")
            )
            yield " ".join([name.strip(), *options])
        pending += [
            (f"{name} {parameter}", subcommand) for parameter, subcommand in getattr(command, "commands", {}).items()
        ]


def render_inventory() -> str:
    """Return the inventory as it is stored in inventory.json."""
    return json.dumps(build_inventory(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(0 if INVENTORY_PATH.write_text(render_inventory(), encoding="utf-8") else 1)
