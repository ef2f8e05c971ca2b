"""The metrics: what they count, where they are served, and what they must not tell."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from diary import config
from diary.errors import BadSetting, NotFound, Unavailable
from diary.services.operations.measured_storage import MeasuredBlobStore
from diary.storage.blob_store import BlobStore
from diary.web.metrics_server import serve_metrics
from diary.web.request_metrics import ROUTE_LABELS, SYNC_ROUTES, route_label
from diary.web.routes import ROUTES
from tests.cli_runner import PROJECT_ROOT, run_cli
from tests.faults.forked_server import free_port
from tests.server_fixture import InProcessServer, register_keeper, running_server, seal_file
from tests.stored_names import record_stored_names

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@asynccontextmanager
async def measured_server(folder: Path, **settings: str) -> AsyncIterator[tuple[InProcessServer, str]]:
    """Run a server with metrics, and yield it with the address of its metrics."""
    port = free_port()
    async with running_server(folder, DIARY_METRICS_BIND=str(port), **settings) as server:
        yield server, f"http://127.0.0.1:{port}"


async def request_metrics(address: str, path: str = "/metrics", method: str = "GET") -> httpx.Response:
    """Send a request to the address of the metrics."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, address + path)


async def read_series(address: str) -> Series:
    """Return every sample of the metrics by its name and labels. The text must be valid OpenMetrics."""
    response = await request_metrics(address)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    return dict(parse_samples(response.text))


def parse_samples(text: str) -> Iterator[tuple[tuple[str, tuple[tuple[str, str], ...]], float]]:
    """Yield each sample's name and labels, and its value."""
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            yield (sample.name, tuple(sorted(sample.labels.items()))), sample.value


def value_of(series: Series, name: str, **labels: str) -> float:
    """Return the value of one sample."""
    return series[name, tuple(sorted(labels.items()))]


async def test_requests_bytes_and_storage_are_counted(tmp_path: Path) -> None:
    """A push and a part of a file are in the counts of their routes, of bytes and of the database and the store."""
    async with measured_server(tmp_path) as (server, address):
        keeper = await register_keeper(server)
        assert (await keeper.push()).status_code == 201
        upload = seal_file(keeper, b"picture")
        path = f"{keeper.diary}/blobs/{upload.blob}"
        assert (await keeper.request("PUT", path, upload.declaration)).is_success
        assert (await keeper.request("PUT", f"{path}/parts/0", upload.sealed_parts[0])).is_success
        series = await read_series(address)
        push, part = (
            name for name in SYNC_ROUTES if name.startswith("PUT") and ("versions" in name or "parts" in name)
        )
        for route in (push, part):
            assert value_of(series, "kept_requests_total", route=route, status="2xx") == 1
            assert value_of(series, "kept_request_seconds_count", route=route) == 1
        assert value_of(series, "kept_received_bytes_total", kind="version") == 64 << 10
        assert value_of(series, "kept_received_bytes_total", kind="part") == 64 << 10
        assert value_of(series, "kept_requests_total", route="sign_in", status="2xx") >= 1
        for place, operation in (("database", "write"), ("database", "look_up"), ("store", "put")):
            labels = {"place": place, "operation": operation}
            assert value_of(series, "kept_storage_operations_total", outcome="ok", **labels) >= 1
            assert value_of(series, "kept_storage_operation_seconds_count", **labels) >= 1
        assert value_of(series, "kept_last_housekeeping_timestamp_seconds") == server.clock.now_ms() / 1000
        assert value_of(series, "kept_last_backup_timestamp_seconds") == 0
        assert value_of(series, "kept_disk_free_bytes", place="data") > 0
        assert value_of(series, "kept_pack_jobs", state="waiting") == 0
        version = run_cli("--version").stdout.split()[1]
        assert value_of(series, "kept_info", version=version, database="sqlite") == 1


async def test_nothing_that_a_request_contains_becomes_a_label(tmp_path: Path) -> None:
    """A thousand paths, methods, hosts and headers that do not exist add no series, and no series appears by use."""
    async with measured_server(tmp_path) as (server, address):
        before = await read_series(address)
        client = server.http_client()
        for number in range(1000):
            response = await client.request(
                ("GET", "PUT", f"BREW{number}", "DELETE")[number % 4],
                (f"/secret-{number}", f"/v1/diaries/{number}/changes", "/v1/server", f"/static/{number}")[
                    number // 250
                ],
                headers={"X-Made-Up": f"secret-{number}", "Host": ("localhost:8000", f"secret-{number}")[number % 2]},
            )
            assert response.status_code >= 400 or response.request.method == "GET"
        keeper = await register_keeper(server)
        assert (await keeper.push()).status_code == 201
        response = await request_metrics(address)
        after = dict(parse_samples(response.text))
        assert set(after) == set(before)
        assert (
            "secret" not in response.text and "BREW" not in response.text and keeper.identity.diary not in response.text
        )
        counted = sum(value for (name, _), value in after.items() if name == "kept_requests_total")
        assert counted >= 1000
        assert value_of(after, "kept_requests_total", route="unknown", status="4xx") >= 750


async def test_an_act_has_no_series_of_its_own(tmp_path: Path) -> None:
    """An erasure and a look at the access list are counted alike: on a small server the series would name an act."""
    async with measured_server(tmp_path) as (server, address):
        keeper = await register_keeper(server)
        before = await read_series(address)
        assert (await keeper.request("GET", "/v1/access", X_Proof=keeper.proof)).status_code == 200
        between = await read_series(address)
        assert (await keeper.request("POST", "/v1/account/closing", X_Proof=keeper.proof)).is_success
        after = await read_series(address)

        def changed_requests(older: Series, newer: Series) -> set[object]:
            return {
                key
                for key in newer
                if key[0] in ("kept_requests_total", "kept_received_bytes_total") and newer[key] != older[key]
            }

        assert changed_requests(before, between) == changed_requests(between, after)
        assert changed_requests(between, after) == {
            ("kept_requests_total", (("route", "accounts"), ("status", "2xx"))),
        }


async def test_the_metrics_of_three_accounts_do_not_say_which_one_acted(tmp_path: Path) -> None:
    """The same act of each of three accounts changes the same series; no series comes with an account or an erasure."""
    async with measured_server(tmp_path) as (server, address):
        first = await read_series(address)
        changes = []
        for _ in range(3):
            keeper = await register_keeper(server)
            before = await read_series(address)
            assert (await keeper.push()).status_code == 201
            assert (await keeper.request("POST", "/v1/account/closing", X_Proof=keeper.proof)).is_success
            after = await read_series(address)
            counts = {key: after[key] - before[key] for key in after if key[0].startswith(("kept_req", "kept_rec"))}
            changes.append({key: change for key, change in counts.items() if "_seconds" not in key[0]})
        assert changes[0] == changes[1] == changes[2] and sum(changes[0].values()) > 0
        store = server.app.state.app_context.instance.blob_store
        await store.put("one", b"part")
        between = await read_series(address)
        await store.remove("one")
        await store.remove_prefix("two/")
        last = await read_series(address)
        assert set(first) == set(last)
        stored = "kept_storage_operations_total"
        assert {k: v for k, v in last.items() if k[0] == stored} == {k: v for k, v in between.items() if k[0] == stored}


def test_only_routes_of_everyday_sync_have_a_series() -> None:
    """Every route has a label of the closed list; no named route changes what only a decision of its keeper changes."""
    assert {route_label(policy) for policy in ROUTES} == set(ROUTE_LABELS) - {"unknown"}
    named = [policy for policy in ROUTES if route_label(policy) in SYNC_ROUTES]
    assert len(named) == len(SYNC_ROUTES)
    assert not [policy.path for policy in named if policy.audience.name.endswith("PROVED") or policy.method == "DELETE"]
    words = "erasure|grant|handover|witness|letter|rotation|closing|session|account|member|pack"
    assert not [policy.path for policy in named if re.search(words, policy.path)]


async def test_no_series_says_when_it_was_created(tmp_path: Path) -> None:
    """`_created` would be the time at which something was done first."""
    async with measured_server(tmp_path) as (_, address):
        assert not [name for name, _ in await read_series(address) if name.endswith("_created")]


async def test_the_metrics_address_answers_one_path_and_the_app_none(tmp_path: Path) -> None:
    """Other paths and methods are refused there; the app's and the public host have no /metrics."""
    async with measured_server(tmp_path) as (server, address):
        for path in ("/", "/metrics/", "/up", "/ready", "/v1/server", "/static/app/main.js"):
            assert (await request_metrics(address, path)).status_code == 404, path
        for method in ("POST", "HEAD", "DELETE", "OPTIONS"):
            assert (await request_metrics(address, method=method)).status_code == 405, method
        assert (await request_metrics(address, method="BREW")).status_code == 400
        for host in ("localhost:8000", "public.localhost:8000"):
            assert (await server.http_client().get("/metrics", headers={"Host": host})).status_code == 404


async def test_scraping_uses_the_store_at_most_every_ten_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the metrics are read, and /ready too, the probes run once."""
    names = record_stored_names(monkeypatch)
    async with measured_server(tmp_path) as (server, address):
        for _ in range(20):
            await read_series(address)
            assert (await server.http_client().get("/ready")).status_code == 204
    assert len(names) == 1


async def test_a_refusal_is_no_failure_of_the_storage(tmp_path: Path) -> None:
    """A missing part is an answer; a store that does not respond is a failure."""
    observed: list[tuple[str, bool]] = []

    class FaultyStore(BlobStore):
        def __init__(self) -> None:
            self.folder = None

        async def get(self, name: str) -> bytes:
            raise NotFound if name == "missing" else Unavailable

    store = MeasuredBlobStore(FaultyStore(), lambda operation, _, failed: observed.append((operation, failed)))
    with pytest.raises(NotFound):
        await store.get("missing")
    with pytest.raises(Unavailable):
        await store.get("present")
    assert observed == [("get", False), ("get", True)]


def bind_of(text: str) -> str:
    """Return the setting as it is parsed."""
    return config.load_settings({"DIARY_METRICS_BIND": text}).metrics_bind


def test_metrics_are_off_by_default_and_a_port_alone_is_local() -> None:
    """Another address than this computer's must be written out, as a number and not as a name."""
    assert config.load_settings({}).metrics_bind == "" == bind_of("none")
    assert bind_of("9100") == "127.0.0.1:9100"
    assert bind_of("10.0.0.5:9100") == "10.0.0.5:9100"
    assert bind_of("[::1]:9100") == "[::1]:9100"
    for text in ("on", "0", "65536", "localhost:9100", "metrics.example:9100", "127.0.0.1:", "1.2.3:9", "::1:x", "-1"):
        with pytest.raises(BadSetting, match="DIARY_METRICS_BIND"):
            bind_of(text)


async def test_a_used_address_is_named() -> None:
    """The start ends in one sentence with the name of the setting."""
    with (
        socket.create_server(("127.0.0.1", 0)) as used,
        pytest.raises(BadSetting, match="DIARY_METRICS_BIND is in use"),
    ):
        async with serve_metrics(f"127.0.0.1:{used.getsockname()[1]}", _unused_app):
            raise AssertionError("it was served")


async def _unused_app(*_: object) -> None:
    """Answer nothing."""


async def test_the_metrics_end_with_the_server(tmp_path: Path) -> None:
    """After the server has stopped, nothing listens at the address, and it can be used again."""
    async with measured_server(tmp_path) as (_, address):
        assert (await request_metrics(address)).status_code == 200
    with pytest.raises(httpx.ConnectError):
        await request_metrics(address)


def test_a_server_without_metrics_measures_nothing(tmp_path: Path) -> None:
    """Without the setting the library is not even loaded."""
    code = (
        "import sys; from diary import app, config; from diary.cli import main;"
        "app.create_app(config.load_settings({'DIARY_DATA': sys.argv[1]}));"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0


ALERTS = (PROJECT_ROOT / "docs" / "deploy" / "alerts.yaml").read_text(encoding="utf-8")


def expressions_of(text: str) -> list[str]:
    """Return the expression of each alert. Each alert has a name, a severity and a sentence that says what to do."""
    rules = text.split("- alert: ")[1:]
    for rule in rules:
        lines = [line.strip() for line in rule.strip().splitlines()[1:]]
        keys = [line.partition(":")[0] for line in lines]
        assert [key for key in keys if key != "for"] == ["expr", "labels", "annotations"], rule
        assert re.search(r"severity: (page|ticket) \}$", rule, re.MULTILINE), rule
        assert re.search(r'summary: "[A-Z][^"]*\." \}$', rule, re.MULTILINE), rule
    return re.findall(r"^ {8}expr: (.+)$", text, re.MULTILINE)


async def test_every_alert_asks_for_metrics_and_labels_that_exist(tmp_path: Path) -> None:
    """A rule over a misspelt metric or label would never fire. Every check of the server has an alert."""
    async with measured_server(tmp_path) as (_, address):
        series = await read_series(address)
    labels_by_name: dict[str, set[tuple[str, str]]] = {}
    for name, labels in series:
        labels_by_name.setdefault(name, set()).update(labels)
    labels_by_name["kept_certificate_expiry_timestamp_seconds"] = set()  # only with TLS
    expressions = expressions_of(ALERTS)
    assert len(expressions) == ALERTS.count("- alert: ") > 8
    checks: set[str] = set()
    for expression in expressions:
        selectors = re.findall(r"(kept_\w+|\bup)(?:\{(.*?)\})?", expression)
        assert selectors, expression
        for name, conditions in selectors:
            if name == "up":  # Prometheus makes it
                continue
            assert name in labels_by_name, name
            for label, values in re.findall(r'(\w+)=~?"([^"]*)"', conditions):
                for value in values.split("|"):
                    assert (label, value) in labels_by_name[name], (name, label, value)
                    checks |= {value} if label == "check" else set()
    assert checks == {dict(labels)["check"] for name, labels in series if name == "kept_check_ok"}


async def test_every_metric_is_documented_and_no_other(tmp_path: Path) -> None:
    """docs/operating.md lists the metrics of the server by their names."""
    async with measured_server(tmp_path) as (_, address):
        served = {re.sub(r"_(count|sum|bucket)$", "", name) for name, _ in await read_series(address)}
    page = (PROJECT_ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in page.splitlines() if line.startswith("| `kept_"))
    listed = set(re.findall(r"`(kept_\w+)`", rows)) - {"kept_certificate_expiry_timestamp_seconds"}
    assert listed == {name for name in served if name.startswith("kept_")}
