"""Zips made to harm whoever opens a pack: each is answered with findings, quickly, and nothing is written anywhere."""

import time
from pathlib import Path

import pytest

from diary.pack.verify.findings import SENTENCES
from diary.pack.verify.verifier import verify
from tests.pack.hostile import EXPECTED
from tests.vectors.write_hostile import OUT, corpus


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_hostile_zip_is_told_in_words(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes that must be there are, each with its sentence, within seconds, and the folder stays empty."""
    monkeypatch.chdir(tmp_path)
    began = time.monotonic()
    found = verify(OUT / name)
    assert time.monotonic() - began < 20
    assert set(EXPECTED[name]) <= {one.code for one in found}, [one.code for one in found]
    assert all(one.sentence == SENTENCES[one.code] and (one.member or "").isprintable() for one in found)
    assert not any(tmp_path.iterdir())


def test_the_corpus_is_what_its_generator_makes() -> None:
    """Nobody changes a zip without saying how it is made."""
    made = corpus()
    assert sorted(made) == sorted(EXPECTED)
    for name, (raw, codes) in made.items():
        assert (OUT / name).read_bytes() == raw and EXPECTED[name] == codes, name
