"""A recipient at a desk with Firefox: the page that fetches a pack with eight words, and the page that checks it."""

import asyncio
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from diary.crypto import handover as phrases
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.errors import BadRequest
from diary.pack.verify.verifier import verify_pack
from tests.browser.firefox import FirefoxWindow, run_firefox
from tests.browser.live_server import LiveServer
from tests.browser.test_handover_large import store_pack_on_server
from tests.browser.test_verify_page import EXHIBIT_PATH, READ_FINDINGS_SCRIPT
from tests.pack.conftest import BuiltPack, small_pack
from tests.pack.pack_members import change_members

pytestmark = pytest.mark.firefox

assert small_pack  # the fixture: a pack of three entries and one picture
NOTHING_WRONG_MESSAGE = "Nothing wrong was found"
REFUSED_MESSAGE = "These words open nothing here."
SET_FOLDER_PATHS_SCRIPT = """(paths) => {
  const files = [...document.getElementById('all').files];
  files.forEach((file, i) => Object.defineProperty(file, 'webkitRelativePath', { value: paths[i] }));
  const folder = document.getElementById('folder');
  Object.defineProperty(folder, 'files', { value: files });
  folder.dispatchEvent(new Event('change'));
}"""
STORAGE_STATE_SCRIPT = """async () => [
  document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length,
  (await navigator.serviceWorker.getRegistrations()).length,
]"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[FirefoxWindow]:
    """Return a new Firefox."""
    with run_firefox(tmp_path / "desk") as browser:
        yield browser


def store_small_pack(server: LiveServer, small: BuiltPack, folder: Path) -> tuple[Path, str]:
    """Store the small pack on the server as a phone would. Return the pack and its eight words."""
    pack = folder / f"{small.capsule.metadata.folder}.zip"
    shutil.copyfile(small.path, pack)
    # In a thread: another browser's driver may occupy the event loop of this one.
    with ThreadPoolExecutor(1) as thread:
        return pack, thread.submit(lambda: asyncio.run(store_pack_on_server(server, pack))).result()


def open_with_notary(desk: FirefoxWindow, address: str, server: LiveServer, small: BuiltPack) -> None:
    """Open a page with the key of the notary that signed the pack, instead of the key of its own server."""
    desk.navigate(address)
    served_key, notary = (
        b64(Ed25519Signer(server.settings.load_or_create_notary_seed()).pub),
        b64(small.diary.notary.pub),
    )
    assert served_key in desk.call_function("() => document.getElementById('anchors').textContent")
    swap = (
        "(a, b) => { const at = document.getElementById('anchors'); at.textContent = at.textContent.replaceAll(a, b); }"
    )
    desk.call_function(swap, served_key, notary)


def look_for_pack(desk: FirefoxWindow, words: str) -> None:
    """Type the words and look for the pack."""
    desk.type_into("#words-typed", words)
    desk.click("#open")


def findings_of(desk: FirefoxWindow, css: str, path: Path) -> set[tuple[str | None, str]]:
    """Return what /verify finds in this file or folder."""
    desk.call_function("() => { document.getElementById('headline').textContent = ''; }")
    desk.choose_files(css, path)
    desk.wait_until(lambda: desk.text("#headline"), "a result")
    return {(member, sentence.replace("’", "'")) for member, sentence in desk.call_function(READ_FINDINGS_SCRIPT)}


def findings_of_folder(desk: FirefoxWindow, folder: Path) -> set[tuple[str | None, str]]:
    """Return what /verify finds in a folder.

    Firefox lets only a person choose a folder, so its files come from another field, with their paths set by script.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    field = "Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'all' })"
    desk.call_function(f"() => document.body.append({field})")
    desk.choose_files("#all", *files)
    desk.call_function("() => { document.getElementById('headline').textContent = ''; }")
    desk.call_function(SET_FOLDER_PATHS_SCRIPT, [path.relative_to(folder.parent).as_posix() for path in files])
    desk.wait_until(lambda: desk.text("#headline"), "a result")
    return {(member, sentence.replace("’", "'")) for member, sentence in desk.call_function(READ_FINDINGS_SCRIPT)}


def program_findings(path: Path, small: BuiltPack) -> set[tuple[str | None, str]]:
    """Return what the program finds."""
    return {
        (finding.member, finding.sentence.replace("’", "'"))
        for finding in verify_pack(path, notary=small.diary.notary.pub)
    }


def test_eight_words_fetch_open_check_and_save(tmp_path: Path, server: LiveServer, small_pack: BuiltPack) -> None:
    """The pack arrives byte for byte under its real name, and nothing is stored.

    Typing mistakes are reported before any request.
    """
    pack, words = store_small_pack(server, small_pack, tmp_path)
    with run_firefox(tmp_path / "desk") as desk:
        open_with_notary(desk, f"{server.public_url}/get", server, small_pack)
        look_for_pack(desk, words.rsplit(" ", 1)[0])
        desk.wait_for_text("#wrong", "These eight words do not fit together.")
        assert server.exchanges_with("/v1/handover/openings") == []
        look_for_pack(desk, words.upper().replace(" ", ",  "))
        desk.wait_for_text("#name", pack.name)
        desk.click("#save")
        desk.wait_for_text("#headline", NOTHING_WRONG_MESSAGE)
        desk.wait_for_text("#status", f"Saved as {pack.name}, and checked.")
        saved = desk.wait_for_download()
        assert (saved.name, saved.read_bytes()) == (pack.name, pack.read_bytes())
        desk.click("#again")
        desk.wait_until(lambda: not desk.text("#found"), "the field for other words")
        assert desk.call_function("() => [document.activeElement.id, document.activeElement.value]") == [
            "words-typed",
            "",
        ]
        assert desk.call_function(STORAGE_STATE_SCRIPT) == ["", 0, 0, 0, 0, 0]
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


def test_every_refusal_has_the_same_message(
    tmp_path: Path, desk: FirefoxWindow, server: LiveServer, small_pack: BuiltPack
) -> None:
    """Words with the same first three, unknown words and a sixth opening get the same message."""
    _, words = store_small_pack(server, small_pack, tmp_path)
    desk.navigate(f"{server.public_url}/get")
    random_words = (phrases.generate_words() for _ in range(1 << 16))
    same_prefix = (" ".join(words.split()[:3] + candidate_words.split()[3:]) for candidate_words in random_words)
    messages = []
    for wrong_words in (
        next(candidate_words for candidate_words in same_prefix if _is_valid(candidate_words)),
        phrases.generate_words(),
    ):
        look_for_pack(desk, wrong_words)
        desk.wait_for_text("#wrong", REFUSED_MESSAGE)
        messages.append(desk.text("#wrong"))
    for _ in range(5):
        look_for_pack(desk, words)
        desk.wait_for_text("#status", "The words fit.")
        desk.navigate(f"{server.public_url}/get")
    look_for_pack(desk, words)
    desk.wait_for_text("#wrong", REFUSED_MESSAGE)
    messages.append(desk.text("#wrong"))
    assert len(set(messages)) == 1


def _is_valid(words: str) -> bool:
    try:
        return bool(phrases.parse_words(words))
    except BadRequest:
        return False


def test_page_and_program_find_the_same_in_firefox(
    tmp_path: Path, desk: FirefoxWindow, server: LiveServer, small_pack: BuiltPack
) -> None:
    """A valid and a damaged pack, as zip and as folder, get the program's findings.

    After loading, the page makes no request.
    """
    open_with_notary(desk, f"{server.public_url}/verify", server, small_pack)
    requests = len(server.exchanges)
    assert findings_of(desk, "#zip", small_pack.path) == set()
    assert desk.text("#headline") == NOTHING_WRONG_MESSAGE
    extra_file = {"data/more.txt": b"x"}
    damaged = change_members(
        small_pack.path,
        tmp_path / "bent.zip",
        lambda members: {**members, EXHIBIT_PATH: members[EXHIBIT_PATH][:-1] + b"x", **extra_file},
    )
    assert findings_of(desk, "#zip", damaged) == program_findings(damaged, small_pack) != set()
    with zipfile.ZipFile(damaged) as archive:
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert findings_of_folder(desk, folder) == program_findings(damaged, small_pack)
    assert len(server.exchanges) == requests


def test_the_saved_check_page_finds_the_same(
    tmp_path: Path, desk: FirefoxWindow, server: LiveServer, small_pack: BuiltPack
) -> None:
    """The saved check page, opened from disk without a server, finds the same."""
    desk.navigate(f"{server.public_url}/verify")
    desk.click("a[download]")
    saved_page = desk.wait_for_download().rename(tmp_path / "check-a-pack.html")
    server.stop()
    open_with_notary(desk, saved_page.as_uri(), server, small_pack)
    assert findings_of(desk, "#zip", small_pack.path) == set()
    damaged = change_members(
        small_pack.path,
        tmp_path / "bent.zip",
        lambda members: {**members, EXHIBIT_PATH: members[EXHIBIT_PATH][:-1] + b"x"},
    )
    assert findings_of(desk, "#zip", damaged) == program_findings(damaged, small_pack) != set()
