"""What is mutated, by area, and which tests may cover it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
VAR: Final = ROOT / "var" / "mutations"

# Code that only a PostgreSQL server runs, moving to one, and migrations are held by tests that start such a server.
_LEFT_OUT: Final = (
    "diary/storage/postgres/*.py",
    "diary/storage/transfer.py",
    "diary/storage/migrations/*",
    "diary/**/__init__.py",
)
_VERIFY: Final = (
    "verify/bag_check verify/completeness verify/derived_fields verify/findings verify/log_check verify/prepared_check "
    "verify/proof_check verify/record_check verify/verifier redaction"
)
_SYNC: Final = (
    "diary/sync/syncing diary/sync/pulling diary/sync/apply_feed diary/sync/reconcile diary/session/sign_in_again "
    "diary/index/search diary/keys/rotating features/backup/restore_versions diary/sync/resealing "
    "diary/sync/manifest diary/records/merging diary/index/rebuild diary/drafts/tray_files "
    "diary/attachments/sealing diary/erasing/clear_phone diary/erasing/purging net/api net/blobs net/feed net/http "
    "net/proofs net/push ledger/push ledger/manifest ledger/receipts"
)
# Without the page that draws what was found (front/): only browsers run it.
_JS_VERIFY: Final = (
    "pack/capsule pack/proofs imports/unzip imports/unzip_stream ledger/checkpoint ledger/heads ledger/lines "
    "ledger/signed ledger/statements ledger/timestamps ledger/tree"
)

AREAS: Final[dict[str, tuple[str, ...]]] = {
    "py-crypto": ("diary/crypto/*.py",),
    "py-ledger": ("diary/ledger/**/*.py",),
    "py-record": ("diary/record/*.py",),
    "py-verify": tuple(f"diary/pack/{name}.py" for name in _VERIFY.split()),
    "py-storage": ("diary/storage/**/*.py",),
    "js-crypto": ("static/js/crypto/**/*.js",),
    "js-sync": tuple(f"static/js/{name}.js" for name in _SYNC.split()),
    "js-store": ("static/js/store/*.js",),
    "js-record": ("static/js/record/**/*.js", "static/js/imports/*.js"),
    "js-verify": tuple(f"static/js/{name}.js" for name in _JS_VERIFY.split()),
}

# Tests that run the code in their own process, by area; those that start a command or a browser are not counted as covering.
_NEAR: Final = ("crypto", "ledger", "record", "vectors", "storage", "services", "web", "test_encoding.py")
_MORE: Final = {"py-verify": ("pack",), "py-storage": ("operating/test_backups.py", "trust/test_witnesses.py")}
PYTHON_TESTS: Final = {area: (*_NEAR, *_MORE.get(area, ())) for area in AREAS if area.startswith("py-")}
PYTHON_MARKS: Final = (
    "not slow and not webkit and not firefox and not browser and not whole and not timed and not postgres"
)
NODE_TESTS: Final = "tests/js/*.test.mjs"


def files(area: str) -> Iterator[str]:
    """The files of an area, relative to the project, in order of name."""
    left_out = {path for pattern in _LEFT_OUT for path in ROOT.glob(pattern)}
    found = {path for pattern in AREAS[area] for path in ROOT.glob(pattern)} - left_out
    if area == "js-record":
        found -= {ROOT / name for name in AREAS["js-verify"]}
    yield from sorted(path.relative_to(ROOT).as_posix() for path in found if not _is_written(path))


def _is_written(path: Path) -> bool:
    """Whether a program wrote the file: a test runs that program anew and compares."""
    return path.read_text(encoding="utf-8").startswith("// Written by .ci/")
