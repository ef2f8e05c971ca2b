"""Hostile zips: each gets findings quickly, and nothing is written to disk."""

import time
from pathlib import Path

import pytest

from diary.pack.verify.findings import SENTENCES
from diary.pack.verify.verifier import verify_pack
from tests.pack.hostile_zips import EXPECTED_CODES
from tests.vectors.write_hostile import OUTPUT_FOLDER, corpus


@pytest.mark.parametrize("name", sorted(EXPECTED_CODES))
def test_a_hostile_zip_gets_findings_quickly(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The expected codes are found within seconds, each with its sentence, and the folder stays empty."""
    monkeypatch.chdir(tmp_path)
    started_at = time.monotonic()
    findings = verify_pack(OUTPUT_FOLDER / name)
    assert time.monotonic() - started_at < 20
    assert set(EXPECTED_CODES[name]) <= {finding.code for finding in findings}, [finding.code for finding in findings]
    assert all(
        finding.sentence == SENTENCES[finding.code] and (finding.member or "").isprintable() for finding in findings
    )
    assert not any(tmp_path.iterdir())


def test_the_stored_corpus_matches_its_generator() -> None:
    """The stored zips are those that the generator makes."""
    generated = corpus()
    assert sorted(generated) == sorted(EXPECTED_CODES)
    for name, (raw, codes) in generated.items():
        assert (OUTPUT_FOLDER / name).read_bytes() == raw and EXPECTED_CODES[name] == codes, name
