"""What the phone keeps of the page: every served file with its digest, written into the service worker.

The list is made once, when the server starts, from the files on disk. Its digest names the release: the same
bytes give the same name anywhere, whoever serves them. What the page itself names is told to the worker apart, since the
first screen waits for it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.web.static_files import is_outside_app

SHELL_PATH: Final = "/"
STATIC_PREFIX: Final = "/static/"
_PRECACHED_SUFFIXES: Final = {".css", ".js", ".json", ".mjs", ".png", ".svg", ".txt", ".wasm", ".webmanifest"}
# The list of words is there twice: as a module for browsers, and as lines for whoever reads it on a server.
_EXCLUDED_NAMES: Final = {"LICENSE.txt", "sw.js", "words-en.txt"}
# Their own headers say what they may load: a browser asks them of a worker as it does of a page.
HEADER_BOUND_PATHS: Final = (SHELL_PATH, "/static/app/crypto/worker.js")
_STATIC_REFERENCE: Final = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Release:
    """The files of one release: address → SHA-256 in hex; `digest` over all of them; `script` is `/sw.js`."""

    files: Mapping[str, str]
    digest: str
    service_worker_script: bytes

    @property
    def name(self) -> str:
        """Twelve hex digits: how a release is called on screen and in a pack."""
        return self.digest[:12]


def make_release(static_folder: Path, shell: bytes, public_key: str = "") -> Release:
    """The release of the folder `static` and the page `shell`; `key`: b64, who signs it. May raise OSError."""
    files = {SHELL_PATH: _sha256(shell)}
    for path in sorted(static_folder.rglob("*")):
        if is_precached(path) and not is_outside_app(path.relative_to(static_folder)):
            files[STATIC_PREFIX + path.relative_to(static_folder).as_posix()] = _sha256(path.read_bytes())
    files_json = json.dumps(files, sort_keys=True, separators=(",", ":"))
    # The worker's own code is part of the release although it does not list itself.
    template = (static_folder / "sw.js").read_text(encoding="utf-8")
    digest = _sha256(files_json.encode() + template.encode())
    script = (
        template.replace("@RELEASE@", digest[:12]).replace("@KEY@", public_key).replace("/*@FILES@*/", files_json[1:-1])
    )
    for name, paths in (
        ("EARLY", early_paths(files, shell)),
        ("BOUND", [one for one in HEADER_BOUND_PATHS if one in files]),
    ):
        script = script.replace(f"/*@{name}@*/", json.dumps(paths, separators=(",", ":"))[1:-1])
    return Release(files, digest, script.encode())


def early_paths(files: Mapping[str, str], shell: bytes) -> list[str]:
    """Those of `files` that a phone keeps as they came: the page, what it names, and the worker with the keys."""
    referenced = {found.decode() for found in _STATIC_REFERENCE.findall(shell)} | {*HEADER_BOUND_PATHS}
    return sorted(referenced & files.keys())


def is_precached(path: Path) -> bool:
    """Whether a file of the static folder belongs to the page (declarations and licences do not)."""
    if not path.is_file() or path.name in _EXCLUDED_NAMES or path.name.endswith(".d.ts"):
        return False
    return path.suffix in _PRECACHED_SUFFIXES


def _sha256(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
