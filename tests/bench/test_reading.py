"""The bench patches the served engine by text; a rename there must not break `make bench` unnoticed."""

import pytest

from diary.paths import STATIC
from tests.bench.reading import LIST_FORMAT, WITHOUT_SEGMENT_TEXTS, replace_in_engine


def test_the_changes_that_the_bench_makes_still_apply() -> None:
    """Every text to replace is in its module exactly once."""
    engine = (STATIC / "app" / "engine.js").read_text("utf-8")
    other_format = ("store/index.js", f"const INDEX_FORMAT = {LIST_FORMAT};", "const INDEX_FORMAT = 9;")
    assert "const INDEX_FORMAT = 9;" in replace_in_engine(engine, (other_format, WITHOUT_SEGMENT_TEXTS))


def test_a_text_missing_from_the_engine_is_an_error() -> None:
    """A missing text is an error: a bench that changes nothing would measure the unchanged app."""
    with pytest.raises(ValueError, match="has 0 times: const GONE"):
        replace_in_engine(
            "// js/a.js\nconst HERE = 1;\n// js/b.js\nconst GONE = 1;\n", (("a.js", "const GONE = 1;", ""),)
        )
