"""docs/deploy exactly as published: the Caddy file under a real Caddy, the units checked by systemd."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli_runner import PROJECT_ROOT, run_cli
from tests.faults.forked_server import free_port

pytestmark = pytest.mark.slow
DEPLOY = PROJECT_ROOT / "docs" / "deploy"
APP_HOST, PUBLIC_HOST = "notes.example", "public.example"


def environment_file_settings(folder: Path) -> dict[str, str]:
    """Return kept.env as systemd reads it, with another data folder."""
    lines = [line for line in (DEPLOY / "kept.env").read_text().splitlines() if line and not line.startswith("#")]
    values = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    assert values["DIARY_DATA"] == "/var/lib/kept"
    return values | {"DIARY_DATA": str(folder / "data")}


@contextmanager
def running_program(command: list[str], port: int, log: Path, **env: str) -> Iterator[None]:
    """Run a program that listens at a port, within the block."""
    with log.open("wb") as log_file:
        process = subprocess.Popen(
            command, stdout=log_file, stderr=log_file, cwd=PROJECT_ROOT, env={"PATH": "/usr/bin:/bin", **env}
        )
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def create_authority(folder: Path) -> Path:
    """Create a local authority and a certificate for each name, valid for sixty days like a public one's."""
    request_options = ["-days", "60", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    root = folder / "root.pem"
    _openssl(
        "req", "-x509", *request_options, "-subj", "/CN=A test authority", "-keyout", folder / "root.key", "-out", root
    )
    for name in (APP_HOST, PUBLIC_HOST):
        certificate_options = [
            "-subj",
            f"/CN={name}",
            "-addext",
            f"subjectAltName=DNS:{name}",
            "-addext",
            "basicConstraints=CA:FALSE",
        ]
        signing_options: list[str | Path] = ["-CA", root, "-CAkey", folder / "root.key"]
        _openssl(
            "req",
            "-x509",
            *request_options,
            *signing_options,
            *certificate_options,
            "-keyout",
            folder / f"{name}.key",
            "-out",
            folder / f"{name}.pem",
        )
    return root


def _openssl(*arguments: str | Path) -> None:
    result = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def write_caddy_file(folder: Path, backend: int, https: int) -> Path:
    """Write the published file with other ports and certificates, and otherwise unchanged."""
    text = (DEPLOY / "Caddyfile").read_text()
    assert text.count("127.0.0.1:8000") == 2
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{backend}")
    admin_option = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\thttp_port {free_port()}\n\thttps_port {https}\n"
    text = re.sub(r"^\{\n", lambda _: admin_option, text, count=1, flags=re.MULTILINE)
    for name in (APP_HOST, PUBLIC_HOST):
        text = text.replace(f"{name} {{\n", f"{name} {{\n\ttls {folder}/{name}.pem {folder}/{name}.key\n")
    path = folder / "Caddyfile"
    path.write_text(text)
    return path


def test_caddy_serves_both_hosts_and_doctor_finds_no_fault_in_it(tmp_path: Path) -> None:
    """Each host has TLS, its own certificate, unchanged headers and only its own pages; no log has an address."""
    caddy = shutil.which("caddy")
    assert caddy, "tests need Caddy: python .ci/tools.py caddy"
    env = environment_file_settings(tmp_path)
    backend, https = free_port(), free_port()
    root = create_authority(tmp_path)
    assert run_cli("migrate", **env).returncode == 0
    serve = [sys.executable, "-m", "diary", "serve", "--bind", f"127.0.0.1:{backend}"]
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "caddy"), "XDG_CONFIG_HOME": str(tmp_path / "caddy")}
    run = [caddy, "run", "--adapter", "caddyfile", "--config", str(write_caddy_file(tmp_path, backend, https))]
    with (
        running_program(serve, backend, tmp_path / "server.log", **env),
        running_program(run, https, tmp_path / "caddy.log", **home),
    ):
        lines_by_name = doctor_lines(root, https, env)
        assert {name: lines_by_name[name] for name in ("TLS", "headers", "two hosts")} == {
            name: ("green", lines_by_name[name][1]) for name in ("TLS", "headers", "two hosts")
        }
        assert lines_by_name["operator"][0] == "green"
        with (
            httpx.Client(verify=False, base_url=f"https://127.0.0.1:{https}", trust_env=False) as client,
            pytest.raises(httpx.ConnectError, match="alert"),
        ):
            client.get("/")  # other names have no certificate, so no host is served
    for log in ("caddy.log", "server.log"):
        assert "handled request" not in (tmp_path / log).read_text()


def doctor_lines(root: Path, https: int, env: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return doctor's output, by line."""
    output = run_cli("doctor", "--at", f"127.0.0.1:{https}", "--ca", root, **env).stdout
    matches = re.findall(r"^(green|red)\s+([^:]+): (.*)$", output, re.MULTILINE)
    return {name: (colour, advice) for colour, name, advice in matches}


def test_the_caddy_file_is_valid_unchanged(tmp_path: Path) -> None:
    """Caddy accepts the published file without a warning."""
    result = subprocess.run(
        ["caddy", "adapt", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert result.returncode == 0 and '"warn"' not in result.stderr, result.stderr


@pytest.mark.parametrize("unit", ["kept.service", "kept-backup.service", "kept-backup.timer"])
def test_systemd_finds_no_fault_in_the_units(unit: str, tmp_path: Path) -> None:
    """Systemd accepts each unit together with the others, with the program's path in this checkout."""
    for path in DEPLOY.glob("kept*.[st]*"):
        unit_text = (
            path.read_text()
            .replace("/srv/kept/.venv/bin/python", sys.executable)
            .replace("/srv/kept", str(PROJECT_ROOT))
        )
        (tmp_path / path.name).write_text(unit_text)
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", str(tmp_path / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in (result.stdout + result.stderr).splitlines() if str(tmp_path) in line or unit in line]
    assert (result.returncode, faults) == (0, []), result.stderr
