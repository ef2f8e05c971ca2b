"""The release: every file that a phone stores, with its digest, written into the service worker.

The list is made from the files on disk when the server starts. Its digest names the release: equal files have the same
name on every server. The files that the page itself names are listed separately, because the first screen waits for
them.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.web.engine_files import engine_digests
from diary.web.static_files import is_outside_app

SHELL_PATH: Final = "/"
STATIC_PREFIX: Final = "/static/"
_PRECACHED_SUFFIXES: Final = {".css", ".js", ".json", ".mjs", ".png", ".svg", ".txt", ".wasm", ".webmanifest"}
# The word list exists twice: as a module for browsers, and as lines for people to read.
_EXCLUDED_NAMES: Final = {"LICENSE.txt", "sw.js", "words-en.txt"}
# Their response headers limit what they may load, and a browser applies this to responses of a service worker too.
KEYS_WORKER_PATH: Final = "/static/app/crypto/worker.js"
PAGES_WORKER_PATH: Final = "/static/app/pack/engine/worker.js"
READER_WORKER_PATH: Final = "/static/app/imports/screenshots/engine/worker.js"
COPIES_WORKER_PATH: Final = "/static/app/media/copies_worker.js"
HEADER_BOUND_PATHS: Final = (
    SHELL_PATH, KEYS_WORKER_PATH, PAGES_WORKER_PATH, COPIES_WORKER_PATH, READER_WORKER_PATH,
)  # fmt: skip
_STATIC_REFERENCE: Final = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Release:
    """Files of one release: path → SHA-256 in hex, and a digest over all of them."""

    files: Mapping[str, str]
    digest: str
    service_worker_script: bytes

    @property
    def name(self) -> str:
        """Return twelve hex digits, the name of the release on screen and in a pack."""
        return self.digest[:12]


def make_release(static_folder: Path, shell: bytes, public_key: str = "") -> Release:
    """Return the release of the static files and the page `shell`. Raise OSError if a file cannot be read.

    `public_key`: the key that signs the release list, in base64url, or an empty text.
    """
    files = {SHELL_PATH: _sha256(shell)}
    for path in sorted(static_folder.rglob("*")):
        if is_precached(path) and not is_outside_app(path.relative_to(static_folder)):
            files[STATIC_PREFIX + path.relative_to(static_folder).as_posix()] = _sha256(path.read_bytes())
    files |= {STATIC_PREFIX + path: digest for path, digest in engine_digests(static_folder).items()}
    files_json = json.dumps(files, sort_keys=True, separators=(",", ":"))
    # The worker's code is part of the release, although the worker does not list itself.
    template = (static_folder / "sw.js").read_text(encoding="utf-8")
    digest = _sha256(files_json.encode() + template.encode())
    script = (
        template.replace("@RELEASE@", digest[:12]).replace("@KEY@", public_key).replace("/*@FILES@*/", files_json[1:-1])
    )
    for name, paths in (
        ("EARLY", early_paths(files, shell)),
        ("BOUND", [path for path in HEADER_BOUND_PATHS if path in files]),
    ):
        script = script.replace(f"/*@{name}@*/", json.dumps(paths, separators=(",", ":"))[1:-1])
    return Release(files, digest, script.encode())


def early_paths(files: Mapping[str, str], shell: bytes) -> list[str]:
    """Return the files that a phone stores unchanged: the page, the files it names, and the worker with the keys."""
    referenced = {path.decode() for path in _STATIC_REFERENCE.findall(shell)} | {SHELL_PATH, KEYS_WORKER_PATH}
    return sorted(referenced & files.keys())


def is_precached(path: Path) -> bool:
    """Return whether a file of the static folder is part of the release. Declarations and licences are not."""
    if not path.is_file() or path.name in _EXCLUDED_NAMES or path.name.endswith(".d.ts"):
        return False
    return path.suffix in _PRECACHED_SUFFIXES


def _sha256(content: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
