"""The command line's part that looks at a server as a phone, a stranger and its operator would."""

import asyncio
import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from diary import config
from diary.clock import SystemClock
from diary.config import Settings
from diary.encoding import unb64
from diary.errors import KeptError

if TYPE_CHECKING:
    from diary.client.visiting import Visitor
    from diary.services.doctor import Host, Seen

_STA_UNSYNC: Final = 0x40
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--at", default="", metavar="HOST:PORT", help="Connect there instead, where the names cannot be reached from.")
@click.option("--ca", type=FILE, help="A certificate authority to trust besides the system's.")
def doctor(at: str, ca: Path | None) -> None:
    """Look at this server as a phone, a stranger and an operator would. Status 1 when a line is red."""
    from diary.services.doctor import judge

    settings = config.load(os.environ)
    red = 0
    for line in judge(settings, examine(settings, at, ca)):
        red += not line.ok
        click.echo(click.style("green" if line.ok else "red  ", fg="green" if line.ok else "red", bold=True), nl=False)
        click.echo(f"  {line.name}: {line.said}.{' ' + line.do if line.do else ''}")
    click.echo("Everything is as it should be." if not red else f"{red} to mend.")
    sys.exit(1 if red else 0)


def examine(settings: Settings, at: str, ca: Path | None) -> "Seen":
    """Everything `doctor` judges."""
    from diary.client.visiting import Visitor
    from diary.paths import STATIC, TEMPLATES
    from diary.services import belonging
    from diary.services import doctor as judging
    from diary.web.headers import APP_POLICY, PUBLIC_POLICY
    from diary.web.pages import render_pages

    now = SystemClock().now_ms()
    visitor = Visitor(at, str(ca) if ca else None)
    files = dict(render_pages(settings, STATIC, TEMPLATES).release.files)
    served = zip(files, visitor.get_all(settings.app_url, list(files)), strict=True)
    differing = [path for path, got in served if got is None or got.digest != files[path]]
    told = visitor.get(settings.app_url, "/v1/server")
    newest, pending, database, secrets = asyncio.run(belonging.look(settings, now))
    free = judging.free_bytes(settings)
    return judging.Seen(
        now=now,
        app=_host(visitor, settings.app_url, APP_POLICY, ("/notary.txt", "/log/checkpoint")),
        public=_host(visitor, settings.public_url, PUBLIC_POLICY, ("/v1/server", "/sw.js")),
        told=_json(told.body) if told and told.status == 200 else None,
        clock_synced=_clock_synced(),
        newest_ms=newest,
        pending=pending,
        free_bytes=free,
        differing=None if told is None else differing,
        release=_signed(settings, visitor),
        sandbox=_sandbox_trial() if settings.server_packs else "",
        database=database,
        secrets=secrets,
        notes=judging.note_disk(settings.data, now, free),
    )


def _signed(settings: Settings, visitor: "Visitor") -> str | None:
    """What is wrong with the signed list as it is served; '' for nothing, None where there is to be none."""
    from diary.ledger import releases

    if not settings.release and not settings.release_key:
        return None
    if not settings.release or not settings.release_key:
        return "only one of DIARY_RELEASE and DIARY_RELEASE_KEY is set"
    found = visitor.get(settings.app_url, "/release.json")
    if found is None or found.status != 200:
        return "the list is not served"
    try:
        _, wanted = releases.read(found.body, unb64(settings.release_key))
    except KeptError:
        return "the list does not hold under DIARY_RELEASE_KEY"
    served = zip(wanted.items(), visitor.get_all(settings.app_url, list(wanted)), strict=True)
    wrong = [path for (path, digest), got in served if got is None or got.status != 200 or got.digest != digest]
    return f"{len(wrong)} served files are not as listed, {wrong[0]} first" if wrong else ""


def _host(visitor: "Visitor", url: str, policy: str, foreign: tuple[str, ...]) -> "Host":
    """One host from outside. `foreign`: what only the other may answer."""
    from diary.services.doctor import Host
    from diary.web.headers import security_headers

    found = visitor.get(url, "/")
    if found is None:
        return Host(url, why=visitor.faults[-1])
    expected = {name.decode(): value.decode() for name, value in security_headers(policy, tls=url.startswith("https:"))}
    asked = zip(foreign, visitor.get_all(url, list(foreign)), strict=True)
    leaks = [path for path, got in asked if got is None or got.status != 404]
    return Host(
        url,
        status=found.status,
        names=found.names,
        until_ms=int(found.until * 1000) if found.until else None,
        missing=tuple(name for name, value in expected.items() if found.headers.get(name) != value),
        leaks=tuple(leaks),
    )


def _clock_synced() -> bool | None:
    """Whether the kernel says that something keeps the clock right; None where it does not say."""
    # struct timex is larger than its first fields; `modes` 0 reads only, `status` is the fifth.
    buffer = (ctypes.c_long * 64)()
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(buffer) == -1:
            return None
    except (OSError, AttributeError):
        return None
    return not buffer[5] & _STA_UNSYNC


def _sandbox_trial() -> str:
    """Close a child in as the pack builder is; '' when that works, else what is missing."""
    code = "from diary.pack.sandbox import close_in; close_in([], [])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it ended"])[-1]


def _json(raw: bytes) -> dict[str, object] | None:
    """An answer of the server's."""
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
