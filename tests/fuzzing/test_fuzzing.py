"""Whoever sends bytes gets an answer or a plain refusal, whatever they are: a corpus, and changes to it by fixed seeds."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from diary.client.backup_file import KeptFile
from diary.errors import NotACopy
from tests.fuzzing import in_node, running
from tests.fuzzing.changing import changed
from tests.fuzzing.seeds import CORPUS, seeds
from tests.fuzzing.targets import TARGETS, Target
from tests.test_layers import ROOT

RUNS = 200


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_of_the_program_answers_or_refuses(name: str) -> None:
    """With its own error, and within its time."""
    assert [(one.why, one.raw) for one in running.crashes(name, RUNS)] == []


@pytest.mark.parametrize("name", in_node.FORMS)
def test_a_reader_of_the_app_answers_or_refuses(name: str) -> None:
    """The same in Node."""
    assert [(one.why, one.raw) for one in in_node.crashes(name, RUNS)] == []


def test_both_lists_of_the_apps_readers_are_one() -> None:
    """The names in the script are those that are given a corpus."""
    told = subprocess.run(["node", in_node.SCRIPT, "--names"], check=True, capture_output=True, text=True).stdout
    assert sorted(json.loads(told)) == sorted(in_node.FORMS)


def test_every_import_is_given_to_a_reader() -> None:
    """read.mjs imports each module of static/src/imports, or one that does; what the keeper pastes comes from no file."""
    folder = ROOT / "static" / "src" / "imports"
    waiting = re.findall(r"'#app/imports/(\w+)\.js'", in_node.SCRIPT.read_text(encoding="utf-8"))
    given: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in given:
            given.add(name)
            waiting += re.findall(r" from '\./(\w+)\.js'", (folder / f"{name}.ts").read_text(encoding="utf-8"))
    lacking = {path.stem for path in folder.glob("*.ts")} - given - {"schedule_paste"}
    assert not lacking, f"add to tests/fuzzing/read.mjs and to FORMS in in_node.py: {sorted(lacking)}"


def test_every_form_has_a_corpus_and_a_reader() -> None:
    """And the corpus is what made it says: nothing in it is anybody's."""
    made = seeds()
    assert {one.form for one in TARGETS.values()} | set(in_node.FORMS.values()) == set(made)
    there = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in CORPUS.glob("*/*")}
    # What Pillow and zlib write changes with their versions.
    assert sorted(there) == sorted(f"{form}/{name}" for form, files in made.items() for name in files)
    assert sum(map(len, there.values())) < 64 << 10


def test_another_error_is_found() -> None:
    """What is looked for is seen when it happens; the reader's own error is not."""

    def wrong(_raw: bytes) -> object:
        raise RuntimeError("not its own")

    assert "not its own" in (running.give(Target("json", wrong, (ValueError,)), b"") or "")
    assert running.give(Target("json", wrong, (RuntimeError,)), b"") is None


def test_an_endless_reader_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the processor's time that it took."""
    monkeypatch.setattr(running, "SECONDS", 1)

    def endless(_raw: bytes) -> object:
        while True:
            pass

    assert running.give_in_time(Target("json", endless), b"") == "more than 1 seconds of the processor"


def test_a_seed_stands_for_one_input() -> None:
    """The same each time, and another for another."""
    corpus = running.corpus_of("json")
    assert changed(7, corpus) == changed(7, corpus)
    assert len({changed(seed, corpus) for seed in range(50)}) > 25


# Found by `make fuzz`.


@pytest.mark.parametrize(("at", "value"), [(6, 84), (8, 1), (10, 99)])
def test_a_copy_that_its_zip_says_is_newer_locked_or_packed_otherwise_is_no_copy(
    tmp_path: Path, at: int, value: int
) -> None:
    """A version of zip that is not known was a traceback."""
    raw = bytearray((CORPUS / "zip" / "stored").read_bytes())
    raw[raw.index(b"PK\x01\x02") + at] = value
    (tmp_path / "a.kept").write_bytes(raw)
    with pytest.raises(NotACopy):
        KeptFile(tmp_path / "a.kept")


def test_a_copy_whose_keys_are_of_other_types_is_no_copy() -> None:
    """The list of keys is not sealed: a number in the place of a wrap was a traceback."""
    with pytest.raises(NotACopy):
        TARGETS["copy head"].read((CORPUS / "copy_head" / "odd").read_bytes())
