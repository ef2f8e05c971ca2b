"""Writes the vectors both languages read: `python -m tests.vectors.generate`, from the top of the checkout.

The same each time: every salt, seed and key is given. `--check` writes nothing and fails when a file differs.
"""

import json
import sys
from pathlib import Path

from tests.vectors import (
    derived,
    diaries,
    granted,
    handed,
    kept,
    kinds,
    lined,
    logged,
    plain,
    rekeyed,
    released,
    rules,
    sealed,
    uploads,
    witnessed,
)

HERE = Path(__file__).parent
FILES = {
    "encoding.json": plain.encoding,
    "padding.json": plain.pads,
    "words.json": plain.phrases,
    "envelopes.json": sealed.envelopes,
    "parts.json": sealed.blob_parts,
    "handover.json": handed.handed_over,
    "wraps.json": sealed.wraps,
    "store.json": sealed.store,
    "kdf.json": derived.derived,
    "versions.json": kept.made_versions,
    "receipts.json": kept.made_receipts,
    "lines.json": lined.made_lines,
    "log.json": logged.made_log,
    "rekey.json": rekeyed.made_rekey,
    "grants.json": granted.made_grants,
    "release.json": released.made_release,
    "witness.json": witnessed.made_witness,
    "uploads.json": uploads.made_uploads,
    "kinds.json": kinds.made_kinds,
    "record.json": rules.record_rules,
    "patterns.json": diaries.made_patterns,
}


def text_of(name: str) -> str:
    """The text of one vector file; lone surrogates and all else above ASCII are escaped."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write every file, or compare."""
    differing = []
    for name in FILES:
        text, path = text_of(name), HERE / name
        if "--check" not in sys.argv:
            path.write_text(text, "ascii")
        elif path.read_text("ascii") != text:
            differing.append(name)
    if differing:
        raise SystemExit(f"These differ from what the code makes: {', '.join(differing)}")


if __name__ == "__main__":
    main()
