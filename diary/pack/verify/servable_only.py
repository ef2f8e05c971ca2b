"""Check of exhibits in a copy of the servable part, which has no received files.

Each attachment's servable proof discloses its digest and size, sealed on receipt; the index must state the same.
Whether a given file is that exhibit can be checked with the digest by anyone who has the file.
"""

from collections.abc import Iterator, Mapping

from diary.pack.verify.causal_order import record_histories
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.proof_check import PackProofs
from diary.record.reading import integer_of

EXHIBITS_INDEX_PATH = "data/servable/03_exhibits-index.csv"


def check_index_against_proofs(proofs: PackProofs, index: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Yield every exhibit for which the index and the sealed fields differ, by its proof or its row in the index."""
    rows_by_stem = {file.partition(".")[0]: row for file, row in index.items()}
    stems = set()
    for stem, history, proof in record_histories(proofs.servable.values(), "attachment"):
        stems.add(stem)
        row, fields = rows_by_stem.get(stem), history.current_version.fields
        size = integer_of(fields, "size_bytes")
        if row is None or row.get("sha256") != fields.get("sha256") or row.get("size_bytes") != str(size):
            yield make_finding("exhibit", proof.member)
    for stem in sorted(rows_by_stem.keys() - stems):
        yield make_finding("exhibit", f"{EXHIBITS_INDEX_PATH}#{stem}")
