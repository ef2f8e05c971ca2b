"""Five faults, each made while a real server runs: /ready, `doctor` and /metrics all report it, and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from diary import config
from diary.cli import doctor as cli_doctor
from diary.services.operations import certificates, clock_check, dependencies
from diary.services.operations.dependencies import DependencyMonitor
from diary.services.operations.doctor import run_checks
from tests.browser.live_server import make_certificate
from tests.faults.forked_server import free_port
from tests.free_space import ANY_FREE_SPACE
from tests.object_store import ObjectStore, running_object_store
from tests.redis_server import RedisServer, running_redis
from tests.tls_server import TlsServer, running_over_tls

CHECKS = ("database", "store", "counts", "disk", "clock", "certificate")


@dataclass
class Setup:
    """A running server with its metrics, and the two services that it uses."""

    server: TlsServer
    metrics_url: str
    store: ObjectStore
    redis: RedisServer
    folder: Path
    patch: pytest.MonkeyPatch

    def check_again(self) -> None:
        """Make the next request check everything, as one after a minute does."""
        context = self.server.app.state.app_context
        object.__setattr__(context, "dependency_monitor", DependencyMonitor(context.instance))

    def ready_status(self) -> int:
        """Return the status of /ready, asked over TLS."""
        port = self.server.settings.app_url.rpartition(":")[2]
        with httpx.Client(verify=False, trust_env=False) as client:
            return client.get(f"https://127.0.0.1:{port}/ready", headers={"Host": f"localhost:{port}"}).status_code

    def failed_checks(self) -> list[str]:
        """Return the checks that the metrics report as failed. Every check has a value."""
        text = httpx.get(self.metrics_url, trust_env=False, timeout=30).text
        values = {name: f'kept_check_ok{{check="{name}"}} 1.0\n' in text for name in CHECKS}
        assert all(f'kept_check_ok{{check="{name}"}} ' in text for name in CHECKS)
        return [name for name, is_ok in values.items() if not is_ok]

    def doctor_findings(self) -> dict[str, str]:
        """Return the finding of each red line of `doctor`."""
        settings = self.server.settings
        lines = run_checks(settings, cli_doctor.inspect_server(settings, "", self.server.ca))
        return {line.name: line.finding for line in lines if not line.is_ok}


def stop_store(setup: Setup) -> None:
    """Stop the object store."""
    setup.store.stop()


def stop_redis(setup: Setup) -> None:
    """Stop Redis."""
    setup.redis.stop()


def fill_disk(setup: Setup) -> None:
    """Leave less on every disk than the reserve."""
    usage = shutil.disk_usage(setup.folder)
    setup.patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))


def set_clock_back(setup: Setup) -> None:
    """Make the clock an hour late: the newest checkpoint was made an hour ahead of it."""
    connection = sqlite3.connect(setup.server.settings.data / "kept.sqlite3", timeout=30)
    ahead_ms = time.time_ns() // 1_000_000 + 3_600_000
    connection.execute("INSERT INTO log_checkpoint (id, size, made_at, note) VALUES (900, 1, ?, x'00')", (ahead_ms,))
    connection.commit()
    connection.close()


def shorten_certificate(setup: Setup) -> None:
    """Serve a certificate that expires in nine days."""
    other = setup.folder / "other"
    other.mkdir()
    certificate = make_certificate(other, days=9)
    setup.server.tls.load_cert_chain(certificate.cert, certificate.key)
    setup.server.ca.write_bytes(certificate.cert.read_bytes())


FAULTS: list[tuple[str, Callable[[Setup], None], str, str]] = [
    ("store", stop_store, "file store", "does not keep and return"),
    ("counts", stop_redis, "request counts", "Redis does not respond"),
    ("disk", fill_disk, "disk", "no room"),
    ("clock", set_clock_back, "clock", "behind the newest recorded time"),
    ("certificate", shorten_certificate, "TLS", "expires within ten days"),
]


@contextmanager
def server_with_services(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Setup]:
    """Run a server over TLS with an object store, Redis and metrics. The kernel's clock counts as synchronised."""
    patch.setattr(clock_check, "read_synchronisation", lambda: True)
    port = free_port()
    with ExitStack() as stack:
        store, redis = stack.enter_context(running_object_store()), stack.enter_context(running_redis())
        settings: dict[str, Any] = {
            "DIARY_BLOB_URL": store.create_bucket(),
            "DIARY_COUNTS_URL": redis.url,
            "DIARY_METRICS_BIND": str(port),
            **ANY_FREE_SPACE,
        }
        server = stack.enter_context(running_over_tls(folder, **settings))
        yield Setup(server, f"http://127.0.0.1:{port}/metrics", store, redis, folder, patch)


@pytest.mark.parametrize(("check", "make_fault", "line", "finding"), FAULTS)
def test_a_fault_is_seen_by_ready_doctor_and_metrics(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    check: str,
    make_fault: Callable[[Setup], None],
    line: str,
    finding: str,
) -> None:
    """Before the fault all three are content; after it the first is 503, and the other two name it and no other."""
    with server_with_services(tmp_path, monkeypatch) as setup:
        assert (setup.ready_status(), setup.failed_checks()) == (204, [])
        before = setup.doctor_findings()
        assert finding not in before.get(line, "")
        make_fault(setup)
        setup.check_again()
        assert (setup.ready_status(), setup.failed_checks()) == (503, [check])
        after = setup.doctor_findings()
        assert finding in after[line]
        assert set(after) == {*before, line}


def test_a_fault_is_seen_within_a_minute() -> None:
    """The oldest result that can be given, with the longest time that a check takes, is younger than a minute."""
    intervals = dependencies.MIN_INTERVAL_SECONDS + dependencies.CERTIFICATE_INTERVAL_SECONDS
    assert intervals + dependencies.TIMEOUT_SECONDS + certificates.TIMEOUT_SECONDS < 60


def test_every_check_of_the_running_server_has_a_fault() -> None:
    """The database's faults are in test_supervised.py; the five others are here."""
    assert {check for check, *_ in FAULTS} | {"database"} == set(CHECKS)


@pytest.mark.parametrize(("is_synchronised", "fault"), [(True, ""), (None, ""), (False, "not synchronised")])
def test_a_clock_that_was_set_by_hand_is_a_fault(is_synchronised: bool | None, fault: str) -> None:
    """The kernel calls such a clock unsynchronised, so one that is ahead is found too."""
    assert clock_check.find_clock_fault(0, 2_000, is_synchronised=is_synchronised) == fault
    assert clock_check.find_clock_fault(0, 2_001, is_synchronised=is_synchronised).startswith("2 s behind")


async def test_an_unreachable_host_has_no_known_expiry(tmp_path: Path) -> None:
    """A firewall that keeps the machine from its own public address is no fault; an address without TLS has none."""
    port = free_port()
    urls = {"DIARY_APP_URL": f"https://localhost:{port}", "DIARY_PUBLIC_URL": "http://public.localhost:9"}
    settings = config.load_settings({"DIARY_DATA": str(tmp_path), **urls})
    assert await certificates.read_expiries(settings) == {"app": None}
