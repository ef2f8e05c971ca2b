"""The command `doctor`: check a server through its two hosts and through its own data."""

import asyncio
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
    from diary.client.host_probe import HostProbe
    from diary.services.operations.doctor import HostProbeResult, Observations

_COLOURS: Final = {"green": "green", "red": "red", "unknown": "yellow"}
EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--at", default="", metavar="HOST:PORT", help="Connect to this address instead of the one in DNS.")
@click.option("--ca", type=EXISTING_FILE, help="A further certificate authority to trust (PEM).")
@click.option("--key", type=EXISTING_FILE, help="The public half of the release key, not from this server.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(at: str, ca: Path | None, key: Path | None, *, as_json: bool) -> None:
    """Check this server from the outside and from the inside. The exit status is 1 when a check fails.

    A check is "unknown" where there is nothing to compare with.
    """
    from diary.services.operations.doctor import run_checks

    settings = config.load_settings(os.environ)
    lines = run_checks(settings, inspect_server(settings, at, ca, key))
    red, unknown = (sum(line.state == state for line in lines) for state in ("red", "unknown"))
    if as_json:
        checks = [
            {"name": line.name, "state": line.state, "finding": line.finding, "remedy": line.remedy} for line in lines
        ]
        click.echo(json.dumps({"red": red, "unknown": unknown, "checks": checks}))
        sys.exit(1 if red else 0)
    for line in lines:
        click.echo(click.style(f"{line.state:<7}", fg=_COLOURS[line.state], bold=True), nl=False)
        click.echo(f"  {line.name}: {line.finding}.{' ' + line.remedy if line.remedy else ''}")
    summary = f"{red} to fix." if red else "Nothing to fix." if unknown else "Everything is in order."
    click.echo(summary + (f" {unknown} unknown." if unknown else ""))
    sys.exit(1 if red else 0)


def inspect_server(settings: Settings, at: str, ca: Path | None, key: Path | None = None) -> "Observations":
    """Return the observations that `doctor` checks.

    `key`: file with the public release key, used instead of DIARY_RELEASE_KEY.
    """
    from diary.client.host_probe import HostProbe
    from diary.services.operations import clock_check, dependencies, secrets_check
    from diary.services.operations import doctor as doctor_service
    from diary.web.headers import APP_POLICY, PUBLIC_POLICY

    now = SystemClock().now_ms()
    host_probe = HostProbe(at, str(ca) if ca else None)
    release_fault, is_altered = _check_release(settings, host_probe, key)
    server_response = host_probe.get(settings.app_url, "/v1/server")
    newest_ms, pending, database, secrets = asyncio.run(secrets_check.check_database(settings, now))
    external = asyncio.run(dependencies.find_external_faults(settings, SystemClock()))
    free = doctor_service.free_bytes(settings)
    return doctor_service.Observations(
        now_ms=now,
        app=_probe_host(host_probe, settings.app_url, APP_POLICY, ("/notary.txt", "/log/checkpoint")),
        public=_probe_host(host_probe, settings.public_url, PUBLIC_POLICY, ("/v1/server", "/sw.js")),
        server_info=_parse_json_object(server_response.body)
        if server_response and server_response.status == 200
        else None,
        clock_synced=clock_check.read_synchronisation(),
        newest_recorded_ms=newest_ms,
        pending_timestamp_count=pending,
        free_bytes=free,
        release_fault=release_fault,
        is_release_altered=is_altered,
        sandbox_fault=isolation.detect_isolation().failure_reason if settings.server_packs else "",
        bubblewrap_path=isolation.detect_isolation().bubblewrap_path if settings.server_packs else "",
        database_fault=database,
        secrets_fault=secrets,
        store_fault=external.store,
        counts_fault=external.counts,
        history=doctor_service.record_free_space(settings.data, now, free),
        spare_bytes=doctor_service.spare_bytes(settings),
    )


def _check_release(settings: Settings, host_probe: "HostProbe", key: Path | None) -> tuple[str | None, bool]:
    """Return the fault in the files that phones get, and whether one of these files or the signed list was altered.

    The fault is '' if every file matches the signed list, and None if no list is configured. Do not compare with this
    server's own disk: somebody who changes a file there would change both sides of the comparison.
    """
    from diary.client import release_check

    if not settings.release and not settings.release_key and not key:
        return None, False
    if not settings.release or not (settings.release_key or key):
        return "only one of DIARY_RELEASE and DIARY_RELEASE_KEY is set", False
    signed_files = release_check.fetch_release_list(
        host_probe, settings.app_url, release_check.read_release_key(key) if key else unb64(settings.release_key)
    )
    if signed_files == release_check.UNSIGNED_FAULT:
        return "the signed list is not served", False
    if isinstance(signed_files, str):
        return signed_files, signed_files == release_check.BAD_SIGNATURE_FAULT
    comparison = release_check.compare_release(host_probe, settings.app_url, signed_files)
    return comparison.summary, bool(comparison.differing_paths)


def _probe_host(host_probe: "HostProbe", url: str, policy: str, foreign_paths: tuple[str, ...]) -> "HostProbeResult":
    """Check one host from outside. `foreign_paths`: paths that only the other host may answer."""
    from diary.services.operations.doctor import HostProbeResult
    from diary.web.headers import security_headers

    response = host_probe.get(url, "/")
    if response is None:
        return HostProbeResult(url, failure=host_probe.faults[-1])
    expected = {name.decode(): value.decode() for name, value in security_headers(policy, tls=url.startswith("https:"))}
    probes = zip(foreign_paths, host_probe.get_all(url, list(foreign_paths)), strict=True)
    leaks = [path for path, probe in probes if probe is None or probe.status != 404]
    return HostProbeResult(
        url,
        status=response.status,
        certificate_names=response.certificate_names,
        certificate_expires_at_ms=int(response.certificate_expires_at_seconds * 1000)
        if response.certificate_expires_at_seconds
        else None,
        wrong_headers=tuple(name for name, value in expected.items() if response.headers.get(name) != value),
        leaked_paths=tuple(leaks),
    )


def _parse_json_object(raw: bytes) -> dict[str, object] | None:
    """Return a JSON object, or None for anything else."""
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
