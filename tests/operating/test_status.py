"""`kept status`: one look, and an exit status for cron."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diary.cli.status import STATUS_CHECKS
from diary.services.operations import clock_check
from tests.cli_runner import run_cli_in_process
from tests.faults.forked_server import free_port
from tests.free_space import ANY_FREE_SPACE
from tests.tls_server import running_over_tls


def test_status_shows_a_running_server_and_what_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server without a backup is a warning, 1; a store that cannot be written is bad, 2."""
    monkeypatch.setattr(clock_check, "read_synchronisation", lambda: True)
    port = str(free_port())
    with running_over_tls(tmp_path, lambda app: app, DIARY_METRICS_BIND=port, **ANY_FREE_SPACE) as server:
        settings = server.settings
        env = {
            "DIARY_APP_URL": settings.app_url,
            "DIARY_PUBLIC_URL": settings.public_url,
            "DIARY_DATA": str(settings.data),
            "DIARY_METRICS_BIND": port,
            **ANY_FREE_SPACE,
        }
        result = run_cli_in_process("status", "--json", "--ca", server.ca, **env)
        seen = json.loads(result.stdout)
        assert (result.returncode, seen["state"]) == (1, "warning")
        assert seen["reachable"] is True and seen["database"] == "sqlite" and seen["accounts"] == 0
        assert seen["up_ms"] > 0 and (seen["packs_waiting"], seen["packs_building"]) == (0, 0)
        states = {row["name"]: row["state"] for row in seen["checks"]}
        assert set(states) == set(STATUS_CHECKS)
        assert states["last backup"] == "red" and states["file store"] == states["database"] == "green"
        folder = settings.data / "blobs"
        folder.rename(tmp_path / "aside")
        folder.write_bytes(b"")
        result = run_cli_in_process("status", "--ca", server.ca, **env)
        assert result.returncode == 2 and result.stdout.startswith("bad\n")
        assert "accounts: 0" in result.stdout and "file store: " in result.stdout


def test_a_server_that_does_not_run_is_bad(tmp_path: Path) -> None:
    """What only the running server knows is not known; a wrong setting is bad too, with a sentence."""
    env = {"DIARY_DATA": str(tmp_path), "DIARY_APP_URL": "http://localhost:9"}
    env["DIARY_PUBLIC_URL"] = "http://public.localhost:9"
    result = run_cli_in_process("status", "--json", **env)
    seen = json.loads(result.stdout)
    assert (result.returncode, seen["state"], seen["reachable"], seen["accounts"]) == (2, "bad", False, None)
    assert seen["up_ms"] is None and seen["packs_waiting"] is None
    assert not (tmp_path / "pepper").exists()
    result = run_cli_in_process("status", **env, DIARY_METRICS_BIND="on")
    assert result.returncode == 2 and "DIARY_METRICS_BIND" in result.stderr
