"""Mutated files by area, and the tests that may cover them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent.parent
RESULTS_FOLDER: Final = PROJECT_ROOT / "var" / "mutations"

# Code of PostgreSQL servers only, moving to PostgreSQL, and migrations are covered by tests that start such a server.
_EXCLUDED_PATTERNS: Final = (
    "diary/storage/postgres/*.py",
    "diary/storage/transfer.py",
    "diary/storage/migrations/*",
    "diary/**/__init__.py",
)
_JS_VERIFY_MODULES: Final = (
    "verify/bag_check verify/completeness verify/custody_check verify/derived_fields verify/findings verify/log_check "
    "verify/prepared_check verify/proof_check verify/record_check verify/reference_check verify/verifier redaction"
)
_JS_SYNC_MODULES: Final = (
    "diary/sync/syncing diary/sync/pulling diary/sync/apply_feed diary/sync/reconcile diary/session/sign_in_again "
    "diary/index/search diary/keys/rotating features/backup/restore_versions diary/sync/resealing "
    "diary/sync/manifest diary/records/merging diary/index/rebuild diary/drafts/tray_files "
    "diary/attachments/sealing diary/erasing/clear_phone diary/erasing/purging net/api net/blobs net/feed net/http "
    "net/proofs net/push ledger/push ledger/manifest ledger/receipts"
)
# Without front/, which draws the findings: only browsers run it.
_JS_VERIFY: Final = (
    "pack/capsule pack/proofs imports/unzip imports/unzip_stream ledger/checkpoint ledger/heads ledger/lines "
    "ledger/signed ledger/statements ledger/timestamps ledger/tree"
)

AREAS: Final[dict[str, tuple[str, ...]]] = {
    "py-crypto": ("diary/crypto/*.py",),
    "py-ledger": ("diary/ledger/**/*.py",),
    "py-record": ("diary/record/*.py",),
    "py-verify": tuple(f"diary/pack/{name}.py" for name in _JS_VERIFY_MODULES.split()),
    "py-storage": ("diary/storage/**/*.py",),
    "js-crypto": ("static/js/crypto/**/*.js",),
    "js-sync": tuple(f"static/js/{name}.js" for name in _JS_SYNC_MODULES.split()),
    "js-store": ("static/js/store/*.js",),
    "js-record": ("static/js/record/**/*.js", "static/js/imports/*.js"),
    "js-verify": tuple(f"static/js/{name}.js" for name in _JS_VERIFY.split()),
}

# Tests that run the code in their own process, by area. Those that start a command or a browser do not count as
# covering.
_COMMON_TEST_FOLDERS: Final = (
    "crypto",
    "ledger",
    "record",
    "vectors",
    "storage",
    "services",
    "web",
    "test_encoding.py",
)
_EXTRA_TEST_FOLDERS: Final = {
    "py-verify": ("pack",),
    "py-storage": ("operating/test_backups.py", "trust/test_witnesses.py"),
}
PYTHON_TESTS: Final = {
    area: (*_COMMON_TEST_FOLDERS, *_EXTRA_TEST_FOLDERS.get(area, ())) for area in AREAS if area.startswith("py-")
}
PYTHON_MARKS: Final = (
    "not slow and not webkit and not firefox and not browser and not whole and not timed and not postgres"
)
NODE_TESTS: Final = "tests/js/*.test.mjs"


def files_of(area: str) -> Iterator[str]:
    """Return the files of an area, relative to the project, in order of name."""
    left_out = {path for pattern in _EXCLUDED_PATTERNS for path in PROJECT_ROOT.glob(pattern)}
    paths = {path for pattern in AREAS[area] for path in PROJECT_ROOT.glob(pattern)} - left_out
    if area == "js-record":
        paths -= {PROJECT_ROOT / name for name in AREAS["js-verify"]}
    yield from sorted(path.relative_to(PROJECT_ROOT).as_posix() for path in paths if not _is_generated(path))


def _is_generated(path: Path) -> bool:
    """Check whether the file is generated: a test regenerates and compares it."""
    return path.read_text(encoding="utf-8").startswith("// Written by .ci/")
