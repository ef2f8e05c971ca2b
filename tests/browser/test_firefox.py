"""A recipient at a desk with Firefox:
the page that fetches a pack with eight words, and the page that checks a pack.
"""

import asyncio
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from diary.crypto import handover as phrases
from diary.crypto.signing import Notary
from diary.encoding import b64
from diary.errors import BadRequest
from diary.pack.verify.verifier import verify
from tests.browser.firefox import Firefox, firefox
from tests.browser.serving import Served
from tests.browser.test_handover_large import leave
from tests.browser.test_verify_page import EXHIBIT, FOUND
from tests.pack.conftest import BuiltPack, small
from tests.pack.rezip import rezip

pytestmark = pytest.mark.firefox

assert small  # the fixture: a pack of three entries and one picture
SOUND = "Nothing wrong was found"
REFUSED = "These words open nothing here."
AS_FOLDER = """(paths) => {
  const files = [...document.getElementById('all').files];
  files.forEach((file, i) => Object.defineProperty(file, 'webkitRelativePath', { value: paths[i] }));
  const folder = document.getElementById('folder');
  Object.defineProperty(folder, 'files', { value: files });
  folder.dispatchEvent(new Event('change'));
}"""
STORED = """async () => [
  document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length,
  (await navigator.serviceWorker.getRegistrations()).length,
]"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Firefox]:
    """A new Firefox."""
    with firefox(tmp_path / "desk") as browser:
        yield browser


def leave_pack(server: Served, small: BuiltPack, folder: Path) -> tuple[Path, str]:
    """Leave the small pack on the server under its real name, as a phone would; return the pack and its eight words."""
    pack = folder / f"{small.told.head.folder}.zip"
    shutil.copyfile(small.path, pack)
    # In a thread: another browser's driver may hold the event loop of this one.
    with ThreadPoolExecutor(1) as thread:
        return pack, thread.submit(lambda: asyncio.run(leave(server, pack))).result()


def open_with_notary(desk: Firefox, address: str, server: Served, small: BuiltPack) -> None:
    """Open a page with the key of the notary that signed the pack, instead of the key of its own server."""
    desk.goes(address)
    served_key, notary = b64(Notary(server.settings.read_notary_seed()).pub), b64(small.diary.notary.pub)
    assert served_key in desk.run("() => document.getElementById('anchors').textContent")
    swap = (
        "(a, b) => { const at = document.getElementById('anchors'); at.textContent = at.textContent.replaceAll(a, b); }"
    )
    desk.run(swap, served_key, notary)


def look_for_pack(desk: Firefox, words: str) -> None:
    """Type the words and look for the pack."""
    desk.types("#words-typed", words)
    desk.presses("#open")


def findings_of(desk: Firefox, css: str, path: Path) -> set[tuple[str | None, str]]:
    """Return what /verify finds in this file or folder."""
    desk.run("() => { document.getElementById('headline').textContent = ''; }")
    desk.gives(css, path)
    desk.wait(lambda: desk.text("#headline"), "a result")
    return {(member, sentence.replace("’", "'")) for member, sentence in desk.run(FOUND)}


def findings_of_folder(desk: Firefox, folder: Path) -> set[tuple[str | None, str]]:
    """Return what /verify finds in a folder.

    Firefox lets only a person choose a folder, so its files come from another field, with their paths set by script.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    field = "Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'all' })"
    desk.run(f"() => document.body.append({field})")
    desk.gives("#all", *files)
    desk.run("() => { document.getElementById('headline').textContent = ''; }")
    desk.run(AS_FOLDER, [path.relative_to(folder.parent).as_posix() for path in files])
    desk.wait(lambda: desk.text("#headline"), "a result")
    return {(member, sentence.replace("’", "'")) for member, sentence in desk.run(FOUND)}


def program_findings(path: Path, small: BuiltPack) -> set[tuple[str | None, str]]:
    """Return what the program finds."""
    return {
        (finding.member, finding.sentence.replace("’", "'")) for finding in verify(path, notary=small.diary.notary.pub)
    }


def test_eight_words_fetch_open_check_and_save(tmp_path: Path, server: Served, small: BuiltPack) -> None:
    """The pack arrives byte for byte under its real name. Typing mistakes are reported before any request. No words and
    nothing else are stored."""
    pack, words = leave_pack(server, small, tmp_path)
    with firefox(tmp_path / "desk") as desk:
        open_with_notary(desk, f"{server.public_url}/get", server, small)
        look_for_pack(desk, words.rsplit(" ", 1)[0])
        desk.sees("#wrong", "These eight words do not fit together.")
        assert server.to("/v1/handover/openings") == []
        look_for_pack(desk, words.upper().replace(" ", ",  "))
        desk.sees("#name", pack.name)
        desk.presses("#save")
        desk.sees("#headline", SOUND)
        desk.sees("#status", f"Saved as {pack.name}, and checked.")
        saved = desk.saved()
        assert (saved.name, saved.read_bytes()) == (pack.name, pack.read_bytes())
        desk.presses("#again")
        desk.wait(lambda: not desk.text("#found"), "the field for other words")
        assert desk.run("() => [document.activeElement.id, document.activeElement.value]") == ["words-typed", ""]
        assert desk.run(STORED) == ["", 0, 0, 0, 0, 0]
    pairs = [" ".join(words.split()[at : at + 2]) for at in range(7)]
    needles = [
        form
        for pair in pairs
        for words_pair in (pair, pair.upper())
        for form in (words_pair.encode(), words_pair.encode("utf-16-le"))
    ]
    stored_files = [path for path in desk.folder.rglob("*") if path.is_file()]
    assert stored_files and not [
        path for path in stored_files if any(needle in path.read_bytes() for needle in needles)
    ]


def test_every_refusal_has_the_same_message(tmp_path: Path, desk: Firefox, server: Served, small: BuiltPack) -> None:
    """Words with the same first three, unknown words and a sixth opening get the same message."""
    _, words = leave_pack(server, small, tmp_path)
    desk.goes(f"{server.public_url}/get")
    random_words = (phrases.new_words() for _ in range(1 << 16))
    same_prefix = (" ".join(words.split()[:3] + candidate.split()[3:]) for candidate in random_words)
    messages = []
    for wrong_words in (next(candidate for candidate in same_prefix if _is_valid(candidate)), phrases.new_words()):
        look_for_pack(desk, wrong_words)
        desk.sees("#wrong", REFUSED)
        messages.append(desk.text("#wrong"))
    for _ in range(5):
        look_for_pack(desk, words)
        desk.sees("#status", "The words fit.")
        desk.goes(f"{server.public_url}/get")
    look_for_pack(desk, words)
    desk.sees("#wrong", REFUSED)
    messages.append(desk.text("#wrong"))
    assert len(set(messages)) == 1


def _is_valid(words: str) -> bool:
    try:
        return bool(phrases.read_words(words))
    except BadRequest:
        return False


def test_page_and_program_find_the_same_in_firefox(
    tmp_path: Path, desk: Firefox, server: Served, small: BuiltPack
) -> None:
    """A sound pack and a damaged one, as a zip and as a folder, get the program's findings.
    After loading, the page makes no request.
    """
    open_with_notary(desk, f"{server.public_url}/verify", server, small)
    requests = len(server.exchanges)
    assert findings_of(desk, "#zip", small.path) == set()
    assert desk.text("#headline") == SOUND
    extra_file = {"data/more.txt": b"x"}
    damaged = rezip(
        small.path,
        tmp_path / "bent.zip",
        lambda members: {**members, EXHIBIT: members[EXHIBIT][:-1] + b"x", **extra_file},
    )
    assert findings_of(desk, "#zip", damaged) == program_findings(damaged, small) != set()
    with zipfile.ZipFile(damaged) as archive:
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert findings_of_folder(desk, folder) == program_findings(damaged, small)
    assert len(server.exchanges) == requests


def test_the_saved_check_page_finds_the_same(tmp_path: Path, desk: Firefox, server: Served, small: BuiltPack) -> None:
    """The saved check page, opened from disk without a server, finds the same."""
    desk.goes(f"{server.public_url}/verify")
    desk.presses("a[download]")
    saved_page = desk.saved().rename(tmp_path / "check-a-pack.html")
    server.stop()
    open_with_notary(desk, saved_page.as_uri(), server, small)
    assert findings_of(desk, "#zip", small.path) == set()
    damaged = rezip(
        small.path, tmp_path / "bent.zip", lambda members: {**members, EXHIBIT: members[EXHIBIT][:-1] + b"x"}
    )
    assert findings_of(desk, "#zip", damaged) == program_findings(damaged, small) != set()
