"""What WEBCAT (Freedom of the Press Foundation) needs of a release: its manifest, before its own tool signs and logs it.

WEBCAT's extension blocks, on a host that is enrolled, whatever is not in a manifest that stands in a public log of
signatures. The manifest's `timestamp` (a tree head of that log) and `signatures` are put in by WEBCAT's tool on the computer
with the keys; a server only hands the finished files out.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

INDEX_PATH: Final = "/index.html"
ROOT_PATH: Final = "/"
# A WebAssembly module that stands in a script begins so in base64: "\0asm" and its version.
_WASM_BASE64: Final = re.compile(rb"[\"'](AGFzbQEAAA[A-Za-z0-9+/]+={0,2})[\"']")


def build_manifest(files: Mapping[str, bytes], *, app: str, version: str, content_security_policy: str) -> bytes:
    """JSON of the `manifest` object without `timestamp`, keys in order. `files`: address → bytes as served; `policy`: the content
    policy of every page. The page at `/` is listed as `/index.html`, since a manifest names files and not addresses.
    """
    file_digests = {INDEX_PATH if path == ROOT_PATH else path: _base64url_digest(raw) for path, raw in files.items()}
    manifest_members = {
        "app": app,
        "default_csp": content_security_policy,
        "default_fallback": INDEX_PATH,
        "default_index": INDEX_PATH,
        "files": file_digests,
        "version": version,
        "wasm": sorted(_base64url_digest(raw) for raw in _find_wasm_modules(files.items())),
    }
    # Its keys are addresses, which our own canonical JSON does not allow; the tool that signs writes it anew.
    return json.dumps(manifest_members, sort_keys=True, indent=1).encode() + b"\n"


def _find_wasm_modules(files: Iterable[tuple[str, bytes]]) -> set[bytes]:
    """Every WebAssembly module of these files: files of their own, and those that stand in a script as base64."""
    modules = set()
    for path, raw in files:
        if path.endswith(".wasm"):
            modules.add(raw)
        elif path.endswith((".js", ".mjs")):
            modules |= {base64.b64decode(matched[1]) for matched in _WASM_BASE64.finditer(raw)}
    return modules


def _base64url_digest(raw: bytes) -> str:
    """SHA-256 in base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
