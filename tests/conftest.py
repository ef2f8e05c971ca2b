"""Shared by every test: nothing of the machine's own settings leaks in, and nothing of ours leaks out."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DIARY_ variable in the shell of whoever runs the tests changes nothing."""
    for name in [name for name in os.environ if name.startswith("DIARY_")]:
        monkeypatch.delenv(name)
