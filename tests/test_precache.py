"""The precache list is complete and correct, and changes with every byte."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC, TEMPLATES
from diary.web.precache import Release, early_paths, is_precached, make_release
from diary.web.static_files import is_outside_app

INSTALLED_SIZE_LIMIT_BYTES = 1_780_000  # bytes; comments and full names are served, so that reviewed code is what runs
SHELL_HTML = b"<!doctype html><title>Notes</title>"
_IMPORT = re.compile(r"""(?:import|export)[^'"()]*?from\s*['"](\.[^'"]+)['"]|import\s*\(?\s*['"](\.[^'"]+)['"]""")


def make_small_static_folder(folder: Path) -> Path:
    (folder / "app").mkdir(parents=True)
    (folder / "js").mkdir()
    shutil.copy(STATIC / "sw.js", folder / "sw.js")
    (folder / "app" / "main.js").write_text("export const one = 1;\n")
    (folder / "app" / "app.d.ts").write_text("export {};\n")
    (folder / "js" / "main.js").write_text("export const one = 1;\n")
    (folder / "LICENSE.txt").write_text("text\n")
    return folder


def precache_list(release: Release) -> dict[str, str]:
    match = re.search(rb"Object\.entries\((\{.*?\}),?\s*\)", release.service_worker_script, re.DOTALL)
    assert match is not None
    precached: dict[str, str] = json.loads(match[1])
    return precached


def test_the_worker_holds_the_precache_list(tmp_path: Path) -> None:
    """The served worker lists every cached file with its digest, and the page itself."""
    release = make_release(make_small_static_folder(tmp_path / "static"), SHELL_HTML)
    assert precache_list(release) == dict(release.files)
    assert release.files == {
        "/": hashlib.sha256(SHELL_HTML).hexdigest(),
        "/static/app/main.js": hashlib.sha256(b"export const one = 1;\n").hexdigest(),
    }
    assert b"@" not in release.service_worker_script.split(b"'use strict'")[1].split(b"AT_ONCE")[0]


def test_one_changed_byte_makes_a_new_release(tmp_path: Path) -> None:
    """A changed file, page or worker changes the worker's bytes and the release's name."""
    folder = make_small_static_folder(tmp_path / "static")
    before = make_release(folder, SHELL_HTML)
    assert make_release(folder, SHELL_HTML) == before
    assert make_release(folder, SHELL_HTML + b"\n").name != before.name
    (folder / "app" / "main.js").write_text("export const one = 2;\n")
    changed = make_release(folder, SHELL_HTML)
    assert changed.name != before.name
    assert changed.service_worker_script != before.service_worker_script
    with (folder / "sw.js").open("a") as worker:
        worker.write("// later\n")
    assert make_release(folder, SHELL_HTML).name not in (before.name, changed.name)


@pytest.fixture(scope="module")
def release() -> Release:
    """Return the real release."""
    return make_release(STATIC, SHELL_HTML)


def test_every_module_that_is_imported_is_kept(release: Release) -> None:
    """Every import reachable from the page's entry is listed: offline, a missing one would be a blank screen."""
    missing = [
        f"{path.relative_to(STATIC)} → {target}"
        for path in STATIC.rglob("*.js")
        if is_precached(path) and not is_outside_app(path.relative_to(STATIC))
        for target in imported_paths(path)
        if "/static/" + target not in release.files
    ]
    assert missing == []


def imported_paths(path: Path) -> list[str]:
    """Return a module's imports, as paths under static/."""
    text = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    imports = [first or second for first, second in _IMPORT.findall(text)]
    root = STATIC.resolve()
    return [(path.parent / one).resolve().relative_to(root).as_posix() for one in imports]


def test_both_web_app_manifests_are_complete() -> None:
    """Notes and Lists each have their own name, icons and colour, and two manifests.

    One is for pages with an active worker and accepts shared content; the other is for pages without, where shared
    content would go to the server.
    """
    names = ("manifest", "lists", "manifest-share", "lists-share")
    notes, lists, *taking = (json.loads((STATIC / f"{name}.webmanifest").read_text()) for name in names)
    assert (notes["name"], lists["name"]) == ("Notes", "Lists")
    for same in ("id", "start_url", "scope", "display"):
        assert notes[same] == lists[same]
    for before, after in zip((notes, lists), taking, strict=True):
        assert after.pop("share_target")["action"] == "/share"
        assert before == after
    for own in ("name", "short_name", "icons", "theme_color"):
        assert notes[own] != lists[own]
    for icon in (*notes["icons"], *lists["icons"]):
        assert (STATIC / icon["src"].removeprefix("/static/")).is_file()


def test_the_first_screen_needs_no_decompression() -> None:
    """The page and its files are cached uncompressed; a name that is not a file of the release is ignored."""
    shell = (TEMPLATES / "shell.html").read_bytes()
    release = make_release(STATIC, shell)
    early_list = re.search(rb"EARLY\s*= new Set\(\[(.*?)\]\)", release.service_worker_script, re.DOTALL)
    assert early_list is not None
    listed_paths = json.loads(b"[" + early_list[1] + b"]")
    assert listed_paths == early_paths(release.files, shell)
    assert {"/", "/static/app/main.js", "/static/css/app.css"} <= set(listed_paths)
    keys_worker = "/static/app/crypto/worker.js"
    assert early_paths(release.files, b'<script src="/static/app/nothing.js"></script>') == ["/", keys_worker]
    workers = re.findall(r"WORKER = new URL\('\.(/[^']+)'", (STATIC / "js" / "main.js").read_text())
    kept = ["/", *(f"/static/app{worker}" for worker in workers)]
    assert len(kept) == 5 and kept[1] == keys_worker
    # Only these keep their original headers.
    is_bound = re.search(rb"BOUND\s*= new Set\(\[\s*(.*?)\s*\]\)", release.service_worker_script, re.DOTALL)
    assert is_bound is not None
    assert json.loads(f"[{is_bound[1].decode()}]") == kept


def test_the_app_takes_little_room_on_a_phone() -> None:
    """As cached, with one language besides English: within the limit above."""
    shell = (TEMPLATES / "shell.html").read_bytes()
    release = make_release(STATIC, shell)
    at_once = set(early_paths(release.files, shell))
    raw = {
        path: shell if path == "/" else (STATIC / path.removeprefix("/static/")).read_bytes()
        for path in release.files
        if not path.startswith("/static/engine/")  # fetched for a pack, or when a picture is first read
    }
    size_by_path = {
        path: len(content) if path in at_once or path.endswith(".png") else len(gzip.compress(content, 6))
        for path, content in raw.items()
    }
    languages = {path: size for path, size in size_by_path.items() if path.startswith("/static/lang/")}
    assert sum(size_by_path.values()) - sum(languages.values()) + max(languages.values()) <= INSTALLED_SIZE_LIMIT_BYTES


def test_what_words_and_keys_need_is_kept(release: Release) -> None:
    """The word list and Argon2 are loaded when needed, possibly offline."""
    names = " ".join(release.files)
    assert "words-en" in names
    assert "argon2" in names


def test_the_worker_is_a_classic_script_that_parses(release: Release, tmp_path: Path) -> None:
    """Node parses it as a script; it has no import, and its code names nothing under /v1/."""
    script = tmp_path / "sw.js"
    script.write_bytes(release.service_worker_script)
    subprocess.run(["node", "--check", str(script)], check=True)
    code = re.sub(rb"^\s*//.*$", b"", release.service_worker_script, flags=re.M)
    assert not re.search(rb"^\s*import\b|importScripts", code, flags=re.M)
    assert b"/v1/" not in code
    assert b"skipWaiting" in code
