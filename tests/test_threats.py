"""The threat model speaks of code that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "threats.md").read_text()
PATHS = sorted({span for span in re.findall(r"`([^`\s]+)`", TEXT) if "/" in span or span.endswith((".toml", ".json"))})


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_there(path: str) -> None:
    """A control that is named has its file."""
    assert (ROOT / path).exists()


def test_every_adversary_has_a_row() -> None:
    """T1 to T14, each once, in order."""
    assert re.findall(r"^\| (T\d+) \|", TEXT, re.MULTILINE) == [f"T{n}" for n in range(1, 15)]
