"""Free disk space, as reported by the file system."""

from __future__ import annotations

import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from diary import config
from diary.errors import Unavailable
from diary.services.operations.disk_space import DiskSpace

DiskUsage = namedtuple("DiskUsage", "total used free")
GIB_BYTES = 1 << 30


@pytest.mark.parametrize(
    ("total", "free", "least", "spare"),
    [
        (10 * GIB_BYTES, 3 * GIB_BYTES, None, 2 * GIB_BYTES),
        (100 * GIB_BYTES, 3 * GIB_BYTES, None, -2 * GIB_BYTES),
        (100 * GIB_BYTES, 3 * GIB_BYTES, 1000, 3 * GIB_BYTES - 1000),
    ],
)
def test_the_larger_of_a_gibibyte_and_a_twentieth_stays_free(
    total: int, free: int, least: int | None, spare: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The larger of a gibibyte and a twentieth, or the operator's value, stays free: below it no files or accounts."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DiskUsage(total, total - free, free))
    disk = DiskSpace(replace(config.load_settings({"DIARY_DATA": str(tmp_path)}), min_free_bytes=least), None)
    assert disk.spare_bytes() == spare
    assert (disk.refusal_message(max(spare, 0)) == "") == (spare >= 0)
    assert "Words still fit" in disk.refusal_message(spare + 1)
    if spare < 0:
        with pytest.raises(Unavailable):
            disk.check_room_for_account()
    else:
        disk.check_room_for_account()


def test_the_fuller_of_two_disks_counts_and_one_that_cannot_be_asked_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and data may be on different disks; the fuller one counts."""
    store, settings = (
        tmp_path / "store",
        replace(config.load_settings({"DIARY_DATA": str(tmp_path / "data")}), min_free_bytes=10),
    )

    def usage(path: Path) -> DiskUsage:
        if path == store:
            return DiskUsage(100, 50, 50)
        if path.name == "gone":
            raise OSError
        return DiskUsage(100, 95, 5)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert DiskSpace(settings, store).spare_bytes() == -5
    assert DiskSpace(replace(settings, data=tmp_path / "gone"), store).spare_bytes() == 40
