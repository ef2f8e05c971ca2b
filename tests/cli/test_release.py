"""Releases are signed offline, and a server that serves one different byte is reported."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from diary.cli.main import main
from diary.client import host_probe
from diary.client.host_probe import ProbeResponse
from diary.config import load_settings
from diary.encoding import unb64
from diary.errors import BadSignature
from diary.ledger import releases
from diary.paths import STATIC, TEMPLATES
from diary.web.pages import render_pages


@pytest.fixture
def signed_manifest(tmp_path: Path) -> tuple[Path, Path]:
    """Return release.json and the public half of the key."""
    key, manifest = tmp_path / "release.key", tmp_path / "release.json"
    for command in (["release", "key", str(key)], ["release", "make", str(manifest), "--key", str(key)]):
        assert CliRunner().invoke(main, command, env={"DIARY_DATA": str(tmp_path)}).exit_code == 0
    assert key.stat().st_mode & 0o077 == 0
    return manifest, key.with_name("release.key.pub")


def test_served_bytes_are_compared_one_by_one(
    signed_manifest: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unchanged files exit with 0; a longer or missing file is named with 1; no answer gives 2."""
    manifest, pub = signed_manifest
    key = pub.read_text().strip()
    pages = render_pages(load_settings({"DIARY_DATA": str(tmp_path), "DIARY_RELEASE_KEY": key}), STATIC, TEMPLATES)
    bodies = {"/": pages.app_shell, "/sw.js": pages.release.service_worker_script}
    bodies |= {f"/static/{path}": file.plain_bytes for path, file in pages.static_files.items()}
    bodies |= {f"/static/{path}": file.read_plain() for path, file in pages.engine_files.items()}

    def get_all(_self: object, _url: str, paths: list[str]) -> list[ProbeResponse | None]:
        return [
            ProbeResponse(200, {}, bodies[path]) if path in bodies else ProbeResponse(404, {}, b"") for path in paths
        ]

    monkeypatch.setattr(host_probe.HostProbe, "get_all", get_all)
    command = ["verify-host", "https://app.example", "--manifest", str(manifest), "--key", str(pub)]
    matching_result = CliRunner().invoke(main, command)
    assert matching_result.exit_code == 0, matching_result.output
    bodies["/static/app/main.js"] += b"\n"
    del bodies["/static/css/app.css"]
    differing_result = CliRunner().invoke(main, command)
    assert differing_result.exit_code == 1
    assert (
        "differs: /static/app/main.js" in differing_result.output
        and "differs: /static/css/app.css" in differing_result.output
    )
    bodies.clear()
    unreachable_result = CliRunner().invoke(main, command)
    assert (
        unreachable_result.exit_code == 2
        and "differs" not in unreachable_result.output
        and "could not be asked" in unreachable_result.output
    )


def test_a_list_that_was_changed_is_refused(signed_manifest: tuple[Path, Path]) -> None:
    """With one digest replaced or another key the signature is invalid."""
    manifest, pub = signed_manifest
    raw, key = manifest.read_bytes(), unb64(pub.read_text().strip())
    assert len(releases.read_release(raw, key)[1]) > 20
    digest = hashlib.sha256((STATIC / "app" / "main.js").read_bytes()).hexdigest().encode()
    assert digest in raw
    with pytest.raises(BadSignature):
        releases.read_release(raw.replace(digest, b"0" * 64), key)
    with pytest.raises(BadSignature):
        releases.read_release(raw, bytes(32))
