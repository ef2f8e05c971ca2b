"""WEBCAT manifest of a release: the digest of every file, and of the WebAssembly in scripts."""

from __future__ import annotations

import base64
import hashlib
import json

from diary.ledger.webcat import build_manifest

WASM_MODULE = b"\0asm\x01\0\0\0" + bytes(range(40))
OTHER_WASM_MODULE = b"\0asm\x01\0\0\0" + b"other module"
STANDALONE_WASM_MODULE = b"\0asm\x01\0\0\0" + b"in no script"


def webcat_digest(raw: bytes) -> str:
    """Return a digest in WEBCAT's spelling."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")


def read_manifest(files: dict[str, bytes]) -> dict[str, object]:
    """Return the parsed manifest."""
    raw = build_manifest(files, app="https://kept.example", version="1.2", content_security_policy="default-src 'none'")
    assert raw.endswith(b"}\n")
    read: dict[str, object] = json.loads(raw)
    assert list(read) == sorted(read)
    return read


def test_every_file_is_listed_and_the_shell_is_the_index() -> None:
    """The page at / is listed as /index.html; other files keep their names."""
    read = read_manifest({"/": b"<html>", "/static/a.js": b"1", "/static/": b"2"})
    assert read == {
        "app": "https://kept.example",
        "default_csp": "default-src 'none'",
        "default_fallback": "/index.html",
        "default_index": "/index.html",
        "files": {
            "/index.html": webcat_digest(b"<html>"),
            "/static/a.js": webcat_digest(b"1"),
            "/static/": webcat_digest(b"2"),
        },
        "version": "1.2",
        "wasm": [],
    }


def test_modules_of_their_own_and_in_scripts_are_listed_once_in_order() -> None:
    """WebAssembly in either kind of quotes, in .js and .mjs, is listed once, in order; similar text is not."""
    text = base64.b64encode(WASM_MODULE)
    other = base64.b64encode(OTHER_WASM_MODULE)
    read = read_manifest({
        "/a.wasm": WASM_MODULE,
        "/alone.wasm": STANDALONE_WASM_MODULE,
        "/b.js": b'const a = "' + text + b'"; const b = "AAAA";',
        "/c.mjs": b"const c = '" + other + b"';",
        "/d.css": b'"' + base64.b64encode(OTHER_WASM_MODULE + b"x") + b'"',
    })  # fmt: skip
    assert read["wasm"] == sorted(
        [webcat_digest(WASM_MODULE), webcat_digest(OTHER_WASM_MODULE), webcat_digest(STANDALONE_WASM_MODULE)]
    )


def test_a_digest_loses_its_padding_and_no_letter() -> None:
    """Every ending of a digest is kept: only the sign that fills it up goes."""
    for n in range(200):
        content = b"%d" % n
        assert read_manifest({"/": content})["files"] == {"/index.html": webcat_digest(content)}
