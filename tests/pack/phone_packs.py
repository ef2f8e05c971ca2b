"""Packs and portal sets made by the phone's own modules, in one run of Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diary.encoding import b64
from tests.pack.fictional_diary import FictionalDiary

MAKE_SCRIPT = Path(__file__).parents[1] / "js" / "make_packs.mjs"


@dataclass
class PhonePacks:
    """Packs to be made in `folder`. `make` makes those that were added since it was last called."""

    folder: Path
    jobs: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        diary: FictionalDiary,
        capsule: bytes,
        name: str,
        *,
        front: Path | None = None,
        is_portal_set: bool = False,
    ) -> Path:
        """Add a pack of the diary; return its path. Without `front`, a server's, the phone makes its own pages."""
        work = self.folder / f"{name}.work"
        work.mkdir(parents=True)
        received = {}
        for n, (record, content) in enumerate(diary.received_files.items()):
            received[record] = str(work / str(n))
            (work / str(n)).write_bytes(content)
        (work / "capsule.json").write_bytes(capsule)
        author, out = diary.author, self.folder / (name if is_portal_set else f"{name}.zip")
        self.jobs.append(
            {
                "capsule": str(work / "capsule.json"),
                "front": str(front) if front else None,
                "received": received,
                "key": {
                    "crv": "P-256",
                    "d": b64(author.scalar),
                    "kty": "EC",
                    "x": b64(author.pub[1:33]),
                    "y": b64(author.pub[33:]),
                },
                "by": author.key_id,
                "diary": diary.diary_id,
                "out": str(out),
            }
        )
        return out

    def make(self) -> None:
        """Write the packs."""
        node = shutil.which("node")
        assert node, "Node 20 or newer is not on the path; `make test` puts it there"
        (self.folder / "jobs.json").write_text(json.dumps(self.jobs))
        subprocess.run([node, str(MAKE_SCRIPT), str(self.folder / "jobs.json")], check=True)
        self.jobs.clear()
