"""Write the vectors for both languages: `python -m tests.vectors.generate`, from the top of the checkout.

The output is reproducible: every salt, seed and key is given. `--check` only compares, and fails when a file differs.
"""

import json
import sys
from pathlib import Path

from tests.vectors import (
    encoding_vectors as plain,
)
from tests.vectors import (
    grant_vectors as granted,
)
from tests.vectors import (
    handover_vectors as handed,
)
from tests.vectors import (
    kdf_vectors as derived,
)
from tests.vectors import (
    kind_vectors as kinds,
)
from tests.vectors import (
    line_vectors as lined,
)
from tests.vectors import (
    log_vectors as logged,
)
from tests.vectors import (
    pattern_vectors as diaries,
)
from tests.vectors import (
    record_vectors as rules,
)
from tests.vectors import (
    rekey_vectors as rekeyed,
)
from tests.vectors import (
    release_vectors as released,
)
from tests.vectors import (
    sealing_vectors as sealed,
)
from tests.vectors import (
    table_vectors as tabled,
)
from tests.vectors import (
    upload_vectors as uploads,
)
from tests.vectors import (
    version_vectors as kept,
)
from tests.vectors import (
    witness_vectors as witnessed,
)

FOLDER = Path(__file__).parent
GENERATOR_BY_FILE = {
    "encoding.json": plain.encoding_vectors,
    "padding.json": plain.padding_vectors,
    "words.json": plain.word_vectors,
    "envelopes.json": sealed.envelope_vectors,
    "parts.json": sealed.part_vectors,
    "handover.json": handed.handover_vectors,
    "wraps.json": sealed.wrap_vectors,
    "store.json": sealed.store_vectors,
    "kdf.json": derived.kdf_vectors,
    "versions.json": kept.version_vectors,
    "receipts.json": kept.receipt_vectors,
    "lines.json": lined.line_vectors,
    "log.json": logged.log_vectors,
    "rekey.json": rekeyed.rekey_vectors,
    "grants.json": granted.grant_vectors,
    "release.json": released.release_vectors,
    "witness.json": witnessed.witness_vectors,
    "uploads.json": uploads.upload_vectors,
    "kinds.json": kinds.kind_vectors,
    "record.json": rules.record_vectors,
    "patterns.json": diaries.pattern_vectors,
    "tables.json": tabled.table_vectors,
}


def vector_text(name: str) -> str:
    """Return the text of one vector file, with everything above ASCII escaped, including lone surrogates."""
    return json.dumps(GENERATOR_BY_FILE[name](), indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write every file, or compare."""
    differing = []
    for name in GENERATOR_BY_FILE:
        text, path = vector_text(name), FOLDER / name
        if "--check" not in sys.argv:
            path.write_text(text, "ascii")
        elif path.read_text("ascii") != text:
            differing.append(name)
    if differing:
        raise SystemExit(f"These differ from what the code makes: {', '.join(differing)}")


if __name__ == "__main__":
    main()
