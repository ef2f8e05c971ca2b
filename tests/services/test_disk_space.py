"""How much room is left, by the disk's own account."""

from __future__ import annotations

import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from diary import config
from diary.errors import Unavailable
from diary.services.operations.disk_space import Disk

Usage = namedtuple("Usage", "total used free")
GIB = 1 << 30


@pytest.mark.parametrize(
    ("total", "free", "least", "spare"),
    [
        (10 * GIB, 3 * GIB, None, 2 * GIB),
        (100 * GIB, 3 * GIB, None, -2 * GIB),
        (100 * GIB, 3 * GIB, 1000, 3 * GIB - 1000),
    ],
)
def test_the_larger_of_a_gibibyte_and_a_twentieth_stays_free(
    total: int, free: int, least: int | None, spare: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or what the operator says. Below it no file and no account; exactly up to it both."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total, total - free, free))
    disk = Disk(replace(config.load({"DIARY_DATA": str(tmp_path)}), min_free_bytes=least), None)
    assert disk.spare() == spare
    assert (disk.refusal(max(spare, 0)) == "") == (spare >= 0)
    assert "Words still fit" in disk.refusal(spare + 1)
    if spare < 0:
        with pytest.raises(Unavailable):
            disk.admit_account()
    else:
        disk.admit_account()


def test_the_fuller_of_two_disks_counts_and_one_that_cannot_be_asked_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of sealed files and the data folder may lie on different disks."""
    store, settings = (
        tmp_path / "store",
        replace(config.load({"DIARY_DATA": str(tmp_path / "data")}), min_free_bytes=10),
    )

    def usage(path: Path) -> Usage:
        if path == store:
            return Usage(100, 50, 50)
        if path.name == "gone":
            raise OSError
        return Usage(100, 95, 5)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert Disk(settings, store).spare() == -5
    assert Disk(replace(settings, data=tmp_path / "gone"), store).spare() == 40
