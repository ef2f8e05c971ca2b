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

INDEX: Final = "/index.html"
SHELL: Final = "/"
# A WebAssembly module that stands in a script begins so in base64: "\0asm" and its version.
_WASM: Final = re.compile(rb"[\"'](AGFzbQEAAA[A-Za-z0-9+/]+={0,2})[\"']")


def manifest(files: Mapping[str, bytes], *, app: str, version: str, policy: str) -> bytes:
    """JSON of the `manifest` object without `timestamp`, keys in order. `files`: address → bytes as served; `policy`: the content
    policy of every page. The page at `/` is listed as `/index.html`, since a manifest names files and not addresses.
    """
    listed = {INDEX if address == SHELL else address: _digest(raw) for address, raw in files.items()}
    told = {
        "app": app,
        "default_csp": policy,
        "default_fallback": INDEX,
        "default_index": INDEX,
        "files": listed,
        "version": version,
        "wasm": sorted(_digest(raw) for raw in _wasm(files.items())),
    }
    # Its keys are addresses, which our own canonical JSON does not allow; the tool that signs writes it anew.
    return json.dumps(told, sort_keys=True, indent=1).encode() + b"\n"


def _wasm(files: Iterable[tuple[str, bytes]]) -> set[bytes]:
    """Every WebAssembly module of these files: files of their own, and those that stand in a script as base64."""
    found = set()
    for address, raw in files:
        if address.endswith(".wasm"):
            found.add(raw)
        elif address.endswith((".js", ".mjs")):
            found |= {base64.b64decode(text[1]) for text in _WASM.finditer(raw)}
    return found


def _digest(raw: bytes) -> str:
    """SHA-256 in base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
