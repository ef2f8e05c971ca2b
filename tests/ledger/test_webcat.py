"""What WEBCAT is told of a release: every file by its digest, and the WebAssembly that stands in scripts."""

from __future__ import annotations

import base64
import hashlib
import json

from diary.ledger.webcat import manifest

MODULE = b"\0asm\x01\0\0\0" + bytes(range(40))
OTHER = b"\0asm\x01\0\0\0" + b"other module"
ALONE = b"\0asm\x01\0\0\0" + b"in no script"


def digest(raw: bytes) -> str:
    """As WEBCAT spells it."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")


def told(files: dict[str, bytes]) -> dict[str, object]:
    """The manifest as it is read."""
    raw = manifest(files, app="https://kept.example", version="1.2", policy="default-src 'none'")
    assert raw.endswith(b"}\n")
    read = json.loads(raw)
    assert list(read) == sorted(read)
    return read


def test_every_file_is_listed_and_the_shell_is_the_index() -> None:
    """The page at / is /index.html; nothing else changes its name."""
    read = told({"/": b"<html>", "/static/a.js": b"1", "/static/": b"2"})
    assert read == {
        "app": "https://kept.example",
        "default_csp": "default-src 'none'",
        "default_fallback": "/index.html",
        "default_index": "/index.html",
        "files": {"/index.html": digest(b"<html>"), "/static/a.js": digest(b"1"), "/static/": digest(b"2")},
        "version": "1.2",
        "wasm": [],
    }


def test_modules_of_their_own_and_in_scripts_are_listed_once_in_order() -> None:
    """In either kind of quotes, in .js and .mjs; what only looks like one elsewhere is none."""
    text = base64.b64encode(MODULE)
    other = base64.b64encode(OTHER)
    read = told({
        "/a.wasm": MODULE,
        "/alone.wasm": ALONE,
        "/b.js": b'const a = "' + text + b'"; const b = "AAAA";',
        "/c.mjs": b"const c = '" + other + b"';",
        "/d.css": b'"' + base64.b64encode(OTHER + b"x") + b'"',
    })  # fmt: skip
    assert read["wasm"] == sorted([digest(MODULE), digest(OTHER), digest(ALONE)])
