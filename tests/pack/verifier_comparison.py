"""Packs judged twice: by the program, and by the verify page's modules in one run of Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diary.encoding import b64, canonical_json
from diary.pack.verify.verifier import VerifiedFacts, verify_pack
from tests.pack.pack_members import MembersChange, change_members

VERIFY_SCRIPT = Path(__file__).parents[1] / "js" / "verify_packs.mjs"
FindingSet = set[tuple[str, str | None]]
Judgement = tuple[FindingSet, dict[str, Any]]
COMPARED_FACTS = ("fingerprint", "status", "received_at", "first_received_at", "stamped_at")


@dataclass
class PackCases:
    """Packs to judge twice, by name. A folder counts as a pack too, and so do the files of a portal set."""

    folder: Path
    notary: bytes | None
    packs: dict[str, tuple[tuple[Path, ...], dict[str, Any]]] = field(default_factory=dict)

    def add(self, name: str, path: Path, *more_paths: Path, **anchors: Any) -> None:
        """Add a pack. Its notary key is the default one unless `notary` is given, which may be None.

        A single zip is copied, so that its place can be used again.
        """
        if path.is_file() and not more_paths:
            path = shutil.copyfile(path, self.folder / f"{len(self.packs)}.zip")
        self.packs[name] = ((path, *more_paths), {"notary": self.notary} | anchors)

    def add_changed(self, name: str, source: Path, change: Callable[[dict[str, bytes]], Any], **anchors: Any) -> None:
        """Add a copy of a pack with its members changed."""
        self.add(name, change_members(source, self.folder / "bent.zip", change), **anchors)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a zip of these bytes."""
        path = self.folder / "raw.zip"
        path.write_bytes(content)
        self.add(name, path)


def program_findings(cases: PackCases) -> list[FindingSet]:
    """Return the program's findings of each case, in order."""
    return [findings for findings, _ in program_judgements(cases)]


def program_judgements(cases: PackCases) -> list[Judgement]:
    """Return the program's findings and facts of each case, in order."""
    judgements = []
    for paths, anchors in cases.packs.values():
        facts = VerifiedFacts()
        findings = {(finding.code, finding.member) for finding in verify_pack(*paths, facts=facts, **anchors)}
        judgements.append((findings, {name: getattr(facts, name) for name in COMPARED_FACTS}))
    return judgements


class PageVerifier:
    """A Node process in which the page's modules judge every case."""

    def __init__(self, cases: PackCases) -> None:
        """Start judging `cases` in the background."""
        case_list = []
        for paths, anchors in cases.packs.values():
            keys = {name: b64(value) for name in ("notary", "instance") if (value := anchors.get(name)) is not None}
            given = {"folder": str(paths[0])} if paths[0].is_dir() else {"files": [str(path) for path in paths]}
            witnesses = [{"name": witness.name, "pub": b64(witness.pub)} for witness in anchors.get("witnesses", ())]
            roots = [pem.decode() for pem in anchors.get("tsa_roots") or ()]
            case_list.append({**given, "roots": roots, **keys, "witnesses": witnesses})
        (cases.folder / "cases.json").write_text(json.dumps(case_list))
        node = shutil.which("node")
        assert node, "Node 20 or newer is not on the path; `make test` puts it there"
        self._output = (cases.folder / "findings.json").open("w+")
        self._process = subprocess.Popen(
            [node, str(VERIFY_SCRIPT), str(cases.folder / "cases.json")], stdout=self._output
        )

    def findings(self) -> list[FindingSet]:
        """Wait for the process and return its findings of each case, in order."""
        return [findings for findings, _ in self.judgements()]

    def judgements(self) -> list[Judgement]:
        """Wait for the process and return its findings and facts of each case, in order."""
        with self._output:
            assert self._process.wait() == 0
            self._output.seek(0)
            return [
                ({(code, member) for code, member in case["findings"]}, case["facts"])
                for case in json.load(self._output)
            ]


def compare_verifiers(cases: PackCases, *, min_cases: int = 1) -> dict[str, FindingSet]:
    """Return the findings by case. Raise AssertionError if the two verifiers differ on any."""
    return {name: findings for name, (findings, _) in judge_packs(cases, min_cases=min_cases).items()}


def judge_packs(cases: PackCases, *, min_cases: int = 1) -> dict[str, Judgement]:
    """Return the findings and the facts by case. Raise AssertionError if the two verifiers differ on any."""
    assert len(cases.packs) >= min_cases
    page_verifier = PageVerifier(cases)
    program = program_judgements(cases)
    differing = [
        f"{name}: only the page {sorted(page[0] - found[0], key=str)[:5]} {page[1]}, "
        f"only the program {sorted(found[0] - page[0], key=str)[:5]} {found[1]}"
        for name, found, page in zip(cases.packs, program, page_verifier.judgements(), strict=True)
        if found != page
    ]
    assert differing == [], "\n".join(differing)
    return dict(zip(cases.packs, program, strict=True))


def with_value(name: str, value: object) -> Callable[[dict[str, object]], None]:
    """Return a change of a JSON object that sets one of its values."""
    return lambda changed: changed.update({name: value})


def change_json_member(name: str, change: Callable[[Any], object]) -> MembersChange:
    """Return a change of the first JSON member whose name begins with `name`."""

    def apply(members: dict[str, bytes]) -> dict[str, bytes]:
        member = next(path for path in members if path.startswith(name))
        value = json.loads(members[member])
        change(value)
        line_end = b"\n" if members[member].endswith(b"\n") else b""
        return {**members, member: canonical_json(value, limit_bytes=1 << 26) + line_end}

    return apply
