"""Packs judged twice: by the program, and by the modules of the page that checks packs, in one run of Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diary.encoding import b64, canon
from diary.pack.verify.verifier import verify
from tests.pack.rezip import rezip

SCRIPT = Path(__file__).parents[1] / "js" / "verify_packs.mjs"
Found = set[tuple[str, str | None]]


@dataclass
class Cases:
    """Packs to be judged twice, by name. A folder counts as a pack too."""

    folder: Path
    notary: bytes | None
    held: dict[str, tuple[Path, dict[str, Any]]] = field(default_factory=dict)

    def add(self, name: str, path: Path, **anchors: Any) -> None:
        """One more pack; its notary is the right one unless another, or None, is given."""
        if path.is_file():
            path = shutil.copyfile(path, self.folder / f"{len(self.held)}.zip")
        self.held[name] = (path, {"notary": self.notary} | anchors)

    def bent(self, name: str, source: Path, change: Callable[[dict[str, bytes]], Any], **anchors: Any) -> None:
        """A copy of a pack with its members changed."""
        self.add(name, rezip(source, self.folder / "bent.zip", change), **anchors)

    def raw(self, name: str, content: bytes) -> None:
        """Bytes that claim to be a zip."""
        path = self.folder / "raw.zip"
        path.write_bytes(content)
        self.add(name, path)


def by_program(cases: Cases) -> list[Found]:
    """What the program finds, each case in turn."""
    return [{(one.code, one.member) for one in verify(path, **anchors)} for path, anchors in cases.held.values()]


class Page:
    """The page's modules at work on every case, beside whatever else is done meanwhile."""

    def __init__(self, cases: Cases) -> None:
        """Begin."""
        rows = []
        for path, anchors in cases.held.values():
            keys = {name: b64(value) for name in ("notary", "instance") if (value := anchors.get(name)) is not None}
            kind = "folder" if path.is_dir() else "zip"
            keys |= {"witnesses": [{"name": one.name, "pub": b64(one.pub)} for one in anchors.get("witnesses", ())]}
            rows.append({kind: str(path), "roots": [pem.decode() for pem in anchors.get("tsa_roots") or ()], **keys})
        (cases.folder / "cases.json").write_text(json.dumps(rows))
        node = shutil.which("node")
        assert node, "Node 20 or newer is not on the path; `make test` puts it there"
        self._told = (cases.folder / "told.json").open("w+")
        self._run = subprocess.Popen([node, str(SCRIPT), str(cases.folder / "cases.json")], stdout=self._told)

    def findings(self) -> list[Found]:
        """What it found, each case in turn."""
        with self._told:
            assert self._run.wait() == 0
            self._told.seek(0)
            return [{(code, member) for code, member in one} for one in json.load(self._told)]


def compare(cases: Cases, *, least: int = 1) -> dict[str, Found]:
    """What both find, by case. Fails with every case about which they differ."""
    assert len(cases.held) >= least
    page = Page(cases)
    program = by_program(cases)
    differing = [
        f"{name}: only the page {sorted(said - found, key=str)[:5]}, only the program {sorted(found - said, key=str)[:5]}"
        for name, found, said in zip(cases.held, program, page.findings(), strict=True)
        if found != said
    ]
    assert differing == [], "\n".join(differing)
    return dict(zip(cases.held, program, strict=True))


def changed(name: str, change: Callable[[Any], object]) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """A change of one member that is JSON, whose name begins so."""

    def bend(members: dict[str, bytes]) -> dict[str, bytes]:
        member = next(one for one in members if one.startswith(name))
        value = json.loads(members[member])
        change(value)
        end = b"\n" if members[member].endswith(b"\n") else b""
        return {**members, member: canon(value, limit=1 << 26) + end}

    return bend
