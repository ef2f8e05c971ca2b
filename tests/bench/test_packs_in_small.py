"""The benches of packs run to their end on small files, so that they measure what they say when they are needed."""

import pytest

from tests.bench import full_pack, phone_pack


@pytest.mark.slow
def test_the_bench_of_a_full_pack_reaches_its_last_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack of as many entries has no finding: its diary must not lie in the future."""
    monkeypatch.setattr(full_pack, "FILE_COUNT", 100)
    monkeypatch.setattr(full_pack, "FILE_BYTES", 1_000)
    assert len(list(full_pack.measure_rows())) == 4


@pytest.mark.slow
def test_the_bench_of_packs_on_the_phone_counts_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen counts the pictures that the row names."""
    monkeypatch.setattr(phone_pack, "BARS", {3: (600.0, None)})
    monkeypatch.setattr(phone_pack, "PICTURES_BYTES", 3_000)
    rows = list(phone_pack.measure_rows())
    assert "3 pictures" in str(rows[0]["name"])
    assert any("Making the pages" in str(row["name"]) for row in rows)
