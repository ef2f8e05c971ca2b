"""The manifest of a release for WEBCAT (Freedom of the Press Foundation), before its own tool signs and logs it.

On an enrolled host, WEBCAT's browser extension blocks every file that is not in a manifest recorded in a public
signature log. WEBCAT's tool adds the manifest's `timestamp` (a tree head of that log) and `signatures` on the computer
with the keys; a server only serves the finished files.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

INDEX_PATH: Final = "/index.html"
ROOT_PATH: Final = "/"
# Start of an embedded WebAssembly module in base64: "\0asm" and its version.
_WASM_BASE64: Final = re.compile(rb"[\"'](AGFzbQEAAA[A-Za-z0-9+/]+={0,2})[\"']")


def build_manifest(files: Mapping[str, bytes], *, app: str, version: str, content_security_policy: str) -> bytes:
    """Return the JSON of the `manifest` object without `timestamp`, with sorted keys.

    `files` is address → bytes as served; `content_security_policy` is that of every page. The page at `/` is listed as
    `/index.html`, since a manifest lists files, not addresses.
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
    # The keys are addresses, which Kept's canonical JSON does not allow. The signing tool rewrites the JSON anyway.
    return json.dumps(manifest_members, sort_keys=True, indent=1).encode() + b"\n"


def _find_wasm_modules(files: Iterable[tuple[str, bytes]]) -> set[bytes]:
    """Return every WebAssembly module in these files: separate files, and those embedded in scripts as base64."""
    modules = set()
    for path, raw in files:
        if path.endswith(".wasm"):
            modules.add(raw)
        elif path.endswith((".js", ".mjs")):
            modules |= {base64.b64decode(matched[1]) for matched in _WASM_BASE64.finditer(raw)}
    return modules


def _base64url_digest(raw: bytes) -> str:
    """Return SHA-256 in base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
