"""The command line's part that looks at a server as a phone, a stranger and its operator would."""

import asyncio
import ctypes
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from diary import config, isolation
from diary.clock import SystemClock
from diary.config import Settings
from diary.encoding import unb64

if TYPE_CHECKING:
    from diary.client.host_probe import Visitor
    from diary.services.operations.doctor import Host, Seen

_STA_UNSYNC: Final = 0x40
_COLOURS: Final = {"green": "green", "red": "red", "unknown": "yellow"}
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--at", default="", metavar="HOST:PORT", help="Connect to this address instead of the one in DNS.")
@click.option("--ca", type=FILE, help="A further certificate authority to trust (PEM).")
@click.option("--key", type=FILE, help="The public half of the release key, not from this server.")
def doctor(at: str, ca: Path | None, key: Path | None) -> None:
    """Check this server from the outside and from the inside. The exit status is 1 when a check fails.

    A check is "unknown" where there is nothing to compare with.
    """
    from diary.services.operations.doctor import judge

    settings = config.load(os.environ)
    lines = judge(settings, examine(settings, at, ca, key))
    for line in lines:
        click.echo(click.style(f"{line.state:<7}", fg=_COLOURS[line.state], bold=True), nl=False)
        click.echo(f"  {line.name}: {line.said}.{' ' + line.do if line.do else ''}")
    red, unknown = (sum(line.state == state for line in lines) for state in ("red", "unknown"))
    last = f"{red} to mend." if red else "Nothing to mend." if unknown else "Everything is as it should be."
    click.echo(last + (f" {unknown} not known." if unknown else ""))
    sys.exit(1 if red else 0)


def examine(settings: Settings, at: str, ca: Path | None, key: Path | None = None) -> "Seen":
    """Everything `doctor` judges. `key`: a file with the release key's public half, in place of DIARY_RELEASE_KEY."""
    from diary.client.host_probe import Visitor
    from diary.services.operations import doctor as judging
    from diary.services.operations import secrets_check
    from diary.web.headers import APP_POLICY, PUBLIC_POLICY

    now = SystemClock().now_ms()
    visitor = Visitor(at, str(ca) if ca else None)
    release, altered = _release(settings, visitor, key)
    told = visitor.get(settings.app_url, "/v1/server")
    newest, pending, database, secrets = asyncio.run(secrets_check.look(settings, now))
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
        release=release,
        altered=altered,
        sandbox=isolation.find().fault if settings.server_packs else "",
        wall=isolation.find().wall if settings.server_packs else "",
        database=database,
        secrets=secrets,
        notes=judging.note_disk(settings.data, now, free),
        spare_bytes=judging.spare_bytes(settings),
    )


def _release(settings: Settings, visitor: "Visitor", key: Path | None) -> tuple[str | None, bool]:
    """What is wrong with what phones are served, by the signed list; '' for nothing, None where nothing is signed. Whether
    files or the list are others than they should be, not only out of reach.

    Do not compare with this server's own disk: somebody who changes a file there changes both sides of the comparison.
    """
    from diary.client import release_check

    if not settings.release and not settings.release_key and not key:
        return None, False
    if not settings.release or not (settings.release_key or key):
        return "only one of DIARY_RELEASE and DIARY_RELEASE_KEY is set", False
    wanted = release_check.fetch_list(
        visitor, settings.app_url, release_check.read_pub(key) if key else unb64(settings.release_key)
    )
    if wanted == release_check.UNSIGNED:
        return "the signed list is not served", False
    if isinstance(wanted, str):
        return wanted, wanted == release_check.FORGED
    found = release_check.compare(visitor, settings.app_url, wanted)
    return found.sentence, bool(found.differing)


def _host(visitor: "Visitor", url: str, policy: str, foreign: tuple[str, ...]) -> "Host":
    """One host from outside. `foreign`: what only the other may answer."""
    from diary.services.operations.doctor import Host
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


def _json(raw: bytes) -> dict[str, object] | None:
    """An answer of the server's."""
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
