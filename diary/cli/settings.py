"""The command `config`: print the settings that hold, and where each comes from."""

import json
import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from diary import config
from diary.config import SETTINGS, Secret, Setting, Settings

_FILE_NAMES_BY_SECRET: Final = {"DIARY_PEPPER": "pepper", "DIARY_NOTARY_KEY": "notary.key"}
# Their values may contain a password or the key of a store.
_ADDRESS_NAMES: Final = frozenset({"DIARY_DATABASE_URL", "DIARY_BLOB_URL", "DIARY_COUNTS_URL"})


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_settings(*, as_json: bool) -> None:
    """Print every setting that holds and where it comes from. Secrets and passwords are not shown."""
    settings = config.load_settings(os.environ)
    rows = {setting.name: _describe(setting, settings) for setting in SETTINGS}
    if as_json:
        click.echo(json.dumps({name: {"value": value, "source": source} for name, (value, source) in rows.items()}))
        return
    width = max(map(len, rows))
    for name, (value, source) in rows.items():
        click.echo(f"{name:<{width}}  {value}  ({source})")


def _describe(setting: Setting, settings: Settings) -> tuple[str, str]:
    """Return the value of a setting without secrets, and its source: environment, default or a file."""
    is_set = bool(os.environ.get(setting.name))
    source = "environment" if is_set else "default"
    value = getattr(settings, setting.attribute_name)
    if setting.name in _FILE_NAMES_BY_SECRET:
        return ("set, not shown", source) if isinstance(value, Secret) else _describe_file(setting.name, settings.data)
    if setting.name in _ADDRESS_NAMES:
        return _without_password(value), source
    if isinstance(value, bool):
        return ("on" if value else "off"), source
    return ("none" if value in (None, "") else str(value)), source


def _describe_file(name: str, data_folder: Path) -> tuple[str, str]:
    """Return whether the file of a secret exists, and its path."""
    path = data_folder / _FILE_NAMES_BY_SECRET[name]
    return ("set, not shown" if path.exists() else "created at the first start"), f"file {path}"


def _without_password(address: str) -> str:
    """Return an address without the user, the password and the parameters, which may contain secrets."""
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")
    hidden_user = "…@" if place[1] else ""
    hidden_query = "?…" if parts.query else ""
    return f"{parts.scheme}://{hidden_user}{place[2]}{parts.path}{hidden_query}" if parts.scheme else address
