"""A pack made by a release that asked in other words is read and checked as before: its words are in its own files."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

import pypdf
import pytest

from diary import isolation
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import START_MS, FictionalDiary, incident_fields
from tests.pack.pack_members import members_of
from tests.pack.verifier_comparison import PackCases, compare_verifiers

METHOD_PATH: Final = "data/restricted/10_RESTRICTED_how-this-record-was-made.pdf"
EARLIER_QUESTIONS: Final = {"channels": "How did it reach you?", "independent_outcomes": "What came of asking?"}
# A worker of a release whose questions were worded so.
EARLIER_WORKER: Final = f"""
import dataclasses
from diary.pack import worker
from diary.record import vocabulary
questions = {EARLIER_QUESTIONS!r}
vocabulary.CHOICE_LISTS = {{
    name: dataclasses.replace(choice, question=questions.get(name, choice.question))
    for name, choice in vocabulary.CHOICE_LISTS.items()
}}
raise SystemExit(worker.main())
"""


async def test_a_pack_with_earlier_questions_has_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both checkers accept it. Only when laid out again does a page differ, and that names the other release."""

    def earlier_command(module: str, folder: Path, *_: object, **_options: object) -> list[str]:
        assert module == "diary.pack.worker"
        return [sys.executable, "-I", "-c", EARLIER_WORKER, str(folder)]

    diary = FictionalDiary()
    asked = {"kind": "doorbell", "outcome": "police_have_it", "outcome_text": "They took a copy."}
    fields = incident_fields(START_MS, "He waited.") | {"channel": "in_person", "independent_evidence": [asked]}
    diary.add("incident", fields)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    with monkeypatch.context() as patched:
        patched.setattr(isolation, "detect_isolation", isolation.Isolation)
        patched.setattr(isolation, "worker_command", earlier_command)
        front = await build_front_part(diary, raw, tmp_path / "front.zip")
    path = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    pages = pypdf.PdfReader(io.BytesIO(members_of(path)[METHOD_PATH])).pages
    printed = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert all(question in printed for question in EARLIER_QUESTIONS.values())

    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("earlier questions", path)
    assert compare_verifiers(cases) == {"earlier questions": set()}
    findings = verify_pack(path, notary=diary.notary.pub, rerender="ba9876543210")
    assert {finding.code for finding in findings} == {"other_release"}
    assert {(finding.member or "").partition("#")[0] for finding in findings} == {METHOD_PATH}
