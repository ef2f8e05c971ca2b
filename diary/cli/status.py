"""The command `status`: the state of a server in one look, by the checks of `doctor`."""

import asyncio
import json
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from diary import config
from diary.cli.doctor import EXISTING_FILE, inspect_server
from diary.config import Settings
from diary.errors import KeptError

if TYPE_CHECKING:
    from diary.services.operations.doctor import CheckResult, Observations

# The lines of `doctor` that can change from one hour to the next.
STATUS_CHECKS: Final = ("TLS", "clock", "disk", "database", "file store", "request counts", "last backup")
# While one of these is red, phones are refused something.
_STOPPING_CHECKS: Final = ("database", "file store", "request counts")
_COLOURS: Final = {"good": "green", "warning": "yellow", "bad": "red"}
_EXIT_CODES: Final = {"good": 0, "warning": 1, "bad": 2}


@click.command()
@click.option("--at", default="", metavar="HOST:PORT", help="Connect to this address instead of the one in DNS.")
@click.option("--ca", type=EXISTING_FILE, help="A further certificate authority to trust (PEM).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object. Times are in ms.")
def status(at: str, ca: Path | None, *, as_json: bool) -> None:
    """Show the state of this server in one look. The exit status is 0 if it is good, 1 for a warning and 2 if it is bad.

    It is bad if phones are refused something now. `doctor` checks more and says what to do. The start of the process
    and the queue of packs are read from the metrics, so they are shown only where DIARY_METRICS_BIND is set.
    """
    from diary.services.operations.doctor import run_checks

    try:
        settings = config.load_settings(os.environ)
        observed = inspect_server(settings, at, ca)
    except KeptError as error:
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(_EXIT_CODES["bad"])
    checks = [line for line in run_checks(settings, observed) if line.name in STATUS_CHECKS]
    state = _overall_state(checks, observed)
    facts = _collect_facts(settings, observed)
    if as_json:
        rows = [{"name": line.name, "state": line.state, "finding": line.finding} for line in checks]
        click.echo(json.dumps({"state": state, **facts, "checks": rows}))
    else:
        click.echo(click.style(state, fg=_COLOURS[state], bold=True))
        for name, value in facts.items():
            click.echo(f"  {name.replace('_', ' ')}: {'not known' if value is None else value}")
        for line in checks:
            click.echo(f"  {line.name}: {line.finding}{'' if line.is_ok else ' (!)'}")
    sys.exit(_EXIT_CODES[state])


def _overall_state(checks: "list[CheckResult]", observed: "Observations") -> str:
    """Return good, warning or bad."""
    red = {line.name for line in checks if not line.is_ok}
    if observed.server_info is None or red & set(_STOPPING_CHECKS) or observed.spare_bytes < 0:
        return "bad"
    return "warning" if red else "good"


def _collect_facts(settings: Settings, observed: "Observations") -> dict[str, str | int | bool | None]:
    """Return what is shown above the checks. None: not known."""
    from diary.storage.postgres.address import is_postgres

    started_at_seconds, waiting, building = _read_process_metrics(settings)
    return {
        "version": version("kept"),
        "reachable": observed.server_info is not None,
        "up_ms": None if started_at_seconds is None else observed.now_ms - int(started_at_seconds * 1000),
        "database": "postgresql" if is_postgres(settings.database_url) else "sqlite",
        "accounts": asyncio.run(_count_accounts(settings)),
        "packs_waiting": None if waiting is None else int(waiting),
        "packs_building": None if building is None else int(building),
    }


async def _count_accounts(settings: Settings) -> int | None:
    """Return the number of accounts, or None if the database cannot be read. Create nothing."""
    from diary.storage.accounts import account_rows
    from diary.storage.database import open_database

    try:
        async with open_database(settings) as db:
            try:
                return await db.run_read(account_rows.count_accounts)
            except db.database_errors:
                return None
    except KeptError:
        return None


def _read_process_metrics(settings: Settings) -> tuple[float | None, float | None, float | None]:
    """Return when the process started (seconds UTC), and how many packs wait and are being built; None if not known."""
    from diary.client.host_probe import HostProbe

    response = HostProbe().get(f"http://{settings.metrics_bind}", "/metrics") if settings.metrics_bind else None
    text = response.body.decode() if response and response.status == 200 else ""

    def find(sample: str) -> float | None:
        match = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
        return float(match.group(1)) if match else None

    waiting, building = (find(f'kept_pack_jobs{{state="{state}"}}') for state in ("waiting", "building"))
    return find("process_start_time_seconds"), waiting, building
