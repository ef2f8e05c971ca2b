"""The servable part by itself: what can be said of its exhibits without the files.

Each attachment's servable proof has its digest and size among the open fields, sealed when the file came; the index must say
the same. Whether a file somebody holds is that one is for whoever has it and the digest.
"""

from collections.abc import Iterator, Mapping

from diary.pack.verify.causal_order import told_of
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.proof_check import Proofs
from diary.record.reading import whole_of

INDEX = "data/servable/03_exhibits-index.csv"


def described_alone(proofs: Proofs, index: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Every exhibit of which the index and the sealed fields do not say the same, by its proof or the index."""
    by_stem = {file.partition(".")[0]: row for file, row in index.items()}
    stems = set()
    for stem, told, proof in told_of(proofs.servable.values(), "attachment"):
        stems.add(stem)
        row, said = by_stem.get(stem), told.newest.fields
        size = whole_of(said, "size_bytes")
        if row is None or row.get("sha256") != said.get("sha256") or row.get("size_bytes") != str(size):
            yield find("exhibit", proof.member)
    for stem in sorted(by_stem.keys() - stems):
        yield find("exhibit", f"{INDEX}#{stem}")
