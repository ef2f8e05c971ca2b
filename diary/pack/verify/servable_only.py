"""The servable part by itself: what can be said of its exhibits without the files.

Each attachment's servable proof has its digest and size among the open fields, sealed when the file came; the index must say
the same. Whether a file somebody holds is that one is for whoever has it and the digest.
"""

from collections.abc import Iterator, Mapping

from diary.pack.verify.causal_order import record_histories
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.proof_check import PackProofs
from diary.record.reading import integer_of

EXHIBITS_INDEX_PATH = "data/servable/03_exhibits-index.csv"


def check_index_against_proofs(proofs: PackProofs, index: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Every exhibit of which the index and the sealed fields do not say the same, by its proof or the index."""
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
