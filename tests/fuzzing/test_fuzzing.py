"""Any bytes get an answer or a plain refusal: a corpus, and mutations of it with fixed seeds."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from diary.client.backup_file import DiaryBackupFile
from diary.errors import InvalidSealedCopy
from tests.fuzzing import node_readers as in_node
from tests.fuzzing import reader_runs as running
from tests.fuzzing.mutation import mutated_input
from tests.fuzzing.seeds import CORPUS, corpus_files
from tests.fuzzing.targets import TARGETS, ReaderTarget
from tests.test_layers import PROJECT_ROOT

RUNS_PER_READER = 200


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_of_the_program_answers_or_refuses(name: str) -> None:
    """A reader in Python answers or raises its own error, within its time."""
    assert [(crash.reason, crash.raw) for crash in running.find_crashes(name, RUNS_PER_READER)] == []


@pytest.mark.parametrize("name", in_node.FORM_BY_READER)
def test_a_reader_of_the_app_answers_or_refuses(name: str) -> None:
    """A reader of the app answers or raises its own error, within its time."""
    assert [(crash.reason, crash.raw) for crash in in_node.find_crashes(name, RUNS_PER_READER)] == []


def test_both_lists_of_the_apps_readers_agree() -> None:
    """Every reader in the Node script has a corpus."""
    node_readers = subprocess.run(
        ["node", in_node.SCRIPT, "--names"], check=True, capture_output=True, text=True
    ).stdout
    assert sorted(json.loads(node_readers)) == sorted(in_node.FORM_BY_READER)


def test_every_import_is_given_to_a_reader() -> None:
    """Every module of static/src/imports has a reader; pasted text comes from no file."""
    folder = PROJECT_ROOT / "static" / "src" / "imports"
    readers_in_node = re.findall(r"'#app/imports/(\w+)\.js'", in_node.SCRIPT.read_text(encoding="utf-8"))
    imports_given: set[str] = set()
    while readers_in_node:
        name = readers_in_node.pop()
        if name not in imports_given:
            imports_given.add(name)
            readers_in_node += re.findall(r" from '\./(\w+)\.js'", (folder / f"{name}.ts").read_text(encoding="utf-8"))
    imports_missing = {path.stem for path in folder.glob("*.ts")} - imports_given - {"schedule_paste"}
    assert not imports_missing, (
        f"add to tests/fuzzing/read.mjs and to FORM_BY_READER in node_readers.py: {sorted(imports_missing)}"
    )


def test_every_form_has_a_corpus_and_a_reader() -> None:
    """Every format has a corpus and a reader, and the corpus is as generated: it contains no one's data."""
    expected_files = corpus_files()
    assert {target.form for target in TARGETS.values()} | set(in_node.FORM_BY_READER.values()) == set(expected_files)
    corpus_on_disk = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in CORPUS.glob("*/*")}
    # Output of Pillow and zlib changes with their versions.
    assert sorted(corpus_on_disk) == sorted(
        f"{form}/{name}" for form, files in expected_files.items() for name in files
    )
    assert sum(map(len, corpus_on_disk.values())) < 64 << 10


def test_an_unexpected_error_is_reported() -> None:
    """An unexpected error is reported; the reader's own error is not."""

    def read_with_unexpected_error(_raw: bytes) -> object:
        raise RuntimeError("not its own")

    assert "not its own" in (
        running.run_reader(ReaderTarget("json", read_with_unexpected_error, (ValueError,)), b"") or ""
    )
    assert running.run_reader(ReaderTarget("json", read_with_unexpected_error, (RuntimeError,)), b"") is None


def test_an_endless_reader_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless reader is stopped by the processor time it uses."""
    monkeypatch.setattr(running, "TIME_LIMIT_SECONDS", 1)

    def read_forever(_raw: bytes) -> object:
        while True:
            pass

    assert (
        running.run_reader_with_timeout(ReaderTarget("json", read_forever), b"")
        == "more than 1 seconds of the processor"
    )


def test_a_seed_always_gives_the_same_input() -> None:
    """A seed gives the same input each time, and different seeds different inputs."""
    corpus = running.corpus_of("json")
    assert mutated_input(7, corpus) == mutated_input(7, corpus)
    assert len({mutated_input(seed, corpus) for seed in range(50)}) > 25


# Found by `make fuzz`.


@pytest.mark.parametrize(("at", "value"), [(6, 84), (8, 1), (10, 99)])
def test_a_copy_that_its_zip_says_is_newer_locked_or_packed_otherwise_is_no_copy(
    tmp_path: Path, at: int, value: int
) -> None:
    """An unknown zip version, encryption or compression raised a traceback once."""
    raw = bytearray((CORPUS / "zip" / "stored").read_bytes())
    raw[raw.index(b"PK\x01\x02") + at] = value
    (tmp_path / "a.kept").write_bytes(raw)
    with pytest.raises(InvalidSealedCopy):
        DiaryBackupFile(tmp_path / "a.kept")


def test_a_copy_whose_keys_are_of_other_types_is_no_copy() -> None:
    """The manifest is not sealed: a number in place of a wrap raised a traceback once."""
    with pytest.raises(InvalidSealedCopy):
        TARGETS["copy head"].reader((CORPUS / "copy_head" / "odd").read_bytes())
