"""Training folder: one command creates it, the public page serves it, and it works offline."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from diary.cli.public_pages import is_up_to_date, write_training_zip
from diary.web.languages import LANGUAGES
from tests.cli_runner import run_cli
from tests.pack.pack_text import page_texts
from tests.server_fixture import running_server

# The command starts a server and builds a pack.
pytestmark = pytest.mark.whole

# No training material says that a diary can be hidden, or how.
HIDING_WORDS = re.compile(rb"\b(notebook|decoy|skins?|disguis\w+|panic|quick unlock|hidden)\b", re.IGNORECASE)
LESSON_FILES = {f"lesson.{one.code}.html" for one in LANGUAGES if one.path_prefix}
TEXT_SUFFIXES = {".txt", ".csv", ".json", ".html"}


@pytest.fixture(scope="module")
def training_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the server's folder after the command has run."""
    folder = tmp_path_factory.mktemp("training")
    result = run_cli("training", DIARY_DATA=str(folder / "data"))
    assert result.returncode == 0, result.stdout + result.stderr
    with zipfile.ZipFile(folder / "data" / "training" / "TRAINING.zip") as archive:
        archive.extractall(folder)
    with zipfile.ZipFile(folder / "TRAINING" / "TRAINING-pack.zip") as archive:
        archive.extractall(folder / "pack")
    return folder


def test_the_folder_is_complete_and_self_contained(training_folder: Path) -> None:
    """It has the lesson with its style, the pack and the key; the lesson has no script and no web address."""
    names = {path.name for path in (training_folder / "TRAINING").iterdir()}
    assert (
        names
        == {"START-HERE.txt", "TRAINING-notary.txt", "TRAINING-pack.zip", "lesson.html", "style.css"} | LESSON_FILES
    )
    lesson = (training_folder / "TRAINING" / "lesson.html").read_text()
    assert re.findall(r'(?:href|src)="([^"#]+)"', lesson) == ["style.css"]
    assert "<script" not in lesson
    opening = lesson.index("Someone in this room may be living this. Someone may be doing it.")
    assert opening < lesson.index("Exercise 1") and "TRAINING" in lesson[:opening]


def test_an_existing_folder_is_not_made_again(training_folder: Path) -> None:
    """The folder of this release is not created again; that of another release is."""
    archive_path = training_folder / "data" / "training" / "TRAINING.zip"
    before = archive_path.stat().st_mtime_ns
    assert run_cli("training", "--when-needed", DIARY_DATA=str(training_folder / "data")).stdout == ""
    assert archive_path.stat().st_mtime_ns == before
    with zipfile.ZipFile(archive_path) as archive:
        assert is_up_to_date(archive_path, archive.comment) and not is_up_to_date(archive_path, b"another")


def test_the_same_files_give_the_same_folder(tmp_path: Path) -> None:
    """Order of files and time do not matter: the folder depends on the files alone."""
    files = {"lesson.html": b"<h1>", "START-HERE.txt": b"TRAINING" * 99}
    write_training_zip(tmp_path / "a.zip", files, b"stamp")
    write_training_zip(tmp_path / "b.zip", dict(reversed(files.items())), b"stamp")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as folder:
        assert {member.date_time for member in folder.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert folder.comment == b"stamp" and folder.testzip() is None


def test_the_pack_says_that_it_is_made_up(training_folder: Path) -> None:
    """Verify reports only that it is training; each page of each PDF and READ-FIRST say so; there are sixty entries."""
    home = training_folder / "TRAINING"
    output = run_cli("verify", home / "TRAINING-pack.zip", "--notary", home / "TRAINING-notary.txt").stdout
    assert "\ntraining: " in output and "\n1 finding.\n" in output
    documents = list((training_folder / "pack").rglob("*.pdf"))
    unmarked = [
        (path.name, no)
        for path in documents
        for no, text in enumerate(page_texts(path.read_bytes()), 1)
        if "TRAINING" not in re.sub(r"\s", "", text)
    ]
    assert len(documents) >= 5 and unmarked == []
    (first,) = (training_folder / "pack").glob("*/data/00_READ-FIRST.txt")
    assert first.read_text().startswith("TRAINING")
    (rows,) = (training_folder / "pack").glob("*/data/servable/02_chronology.csv")
    assert len(rows.read_text("utf-8-sig").splitlines()) > 55


def test_no_file_mentions_the_hiding_features(training_folder: Path) -> None:
    """The lesson, the page and the files of the pack do not mention them."""
    files = [
        path
        for part in ("TRAINING", "pack")
        for path in (training_folder / part).rglob("*")
        if path.suffix in TEXT_SUFFIXES
    ]
    content_by_name = {path.name: path.read_bytes() for path in files}
    for path in (training_folder / "pack").rglob("*.pdf"):
        content_by_name[path.name] = "\n".join(page_texts(path.read_bytes())).encode()
    assert len(content_by_name) > 60
    assert {name: HIDING_WORDS.findall(raw) for name, raw in content_by_name.items() if HIDING_WORDS.search(raw)} == {}


async def test_the_public_page_serves_the_training_folder(training_folder: Path, tmp_path: Path) -> None:
    """The page links to the folder and serves it as a file; without one it says so and gives 404."""
    archive = (training_folder / "data" / "training" / "TRAINING.zip").read_bytes()
    async with running_server(training_folder) as running:
        page = await running.http_client().get(running.settings.public_url + "/training")
        answer = await running.http_client().get(running.settings.public_url + "/training/TRAINING.zip")
    assert 'href="/training/TRAINING.zip"' in page.text and answer.content == archive
    assert answer.headers["content-disposition"] == 'attachment; filename="TRAINING.zip"'
    async with running_server(tmp_path) as without:
        page = await without.http_client().get(without.settings.public_url + "/training")
        answer = await without.http_client().get(without.settings.public_url + "/training/TRAINING.zip")
    assert "TRAINING.zip" not in page.text and answer.status_code == 404
    assert "The folder is not here yet." in page.text and 'href="/training/lesson"' in page.text
