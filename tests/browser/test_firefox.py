"""A recipient at a desk with Firefox: the page that fetches a pack with eight words, and the page that checks one."""

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
from diary.pack.verify import verify
from tests.browser.firefox import Firefox, firefox
from tests.browser.serving import Served
from tests.browser.test_handover_large import leave
from tests.browser.test_verify_page import FOUND, VICTIM
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
KEPT = """async () => [
  document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length,
]"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Firefox]:
    """A Firefox that knows nothing."""
    with firefox(tmp_path / "desk") as one:
        yield one


def left(server: Served, small: BuiltPack, folder: Path) -> tuple[Path, str]:
    """The small pack under its true name, as a phone left it, and its eight words."""
    pack = folder / f"{small.told.head.folder}.zip"
    shutil.copyfile(small.path, pack)
    # A thread of its own: another browser's driver may hold this one's event loop.
    with ThreadPoolExecutor(1) as elsewhere:
        return pack, elsewhere.submit(lambda: asyncio.run(leave(server, pack))).result()


def opens(desk: Firefox, address: str, server: Served, small: BuiltPack) -> None:
    """A page under the key of the notary that signed the pack; it was served under its own instance's."""
    desk.goes(address)
    own, notary = b64(Notary(server.settings.read_notary_seed()).pub), b64(small.diary.notary.pub)
    assert own in desk.run("() => document.getElementById('anchors').textContent")
    swap = "(a, b) => { const at = document.getElementById('anchors'); at.textContent = at.textContent.replaceAll(a, b); }"
    desk.run(swap, own, notary)


def looks(desk: Firefox, words: str) -> None:
    """Type the words and look."""
    desk.types("#words-typed", words)
    desk.presses("#open")


def judged(desk: Firefox, css: str, path: Path) -> set[tuple[str | None, str]]:
    """What /verify says of what it was given."""
    desk.run("() => { document.getElementById('headline').textContent = ''; }")
    desk.gives(css, path)
    desk.wait(lambda: desk.text("#headline"), "a result")
    return {(member, sentence.replace("’", "'")) for member, sentence in desk.run(FOUND)}


def chosen_as_a_folder(desk: Firefox, folder: Path) -> set[tuple[str | None, str]]:
    """The same of a folder. Firefox lets nobody but a hand choose one: its files come by another field, with their paths."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    field = "Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'all' })"
    desk.run(f"() => document.body.append({field})")
    desk.gives("#all", *files)
    desk.run("() => { document.getElementById('headline').textContent = ''; }")
    desk.run(AS_FOLDER, [path.relative_to(folder.parent).as_posix() for path in files])
    desk.wait(lambda: desk.text("#headline"), "a result")
    return {(member, sentence.replace("’", "'")) for member, sentence in desk.run(FOUND)}


def expected(path: Path, small: BuiltPack) -> set[tuple[str | None, str]]:
    """What the program says."""
    return {(one.member, one.sentence.replace("’", "'")) for one in verify(path, notary=small.diary.notary.pub)}


def test_eight_words_fetch_open_check_and_save(tmp_path: Path, server: Served, small: BuiltPack) -> None:
    """Byte for byte under its true name; a slip is said before anyone is asked; neither words nor anything else is kept."""
    pack, words = left(server, small, tmp_path)
    with firefox(tmp_path / "desk") as desk:
        opens(desk, f"{server.public_url}/get", server, small)
        looks(desk, words.rsplit(" ", 1)[0])
        desk.sees("#wrong", "These eight words do not fit together.")
        assert server.to("/v1/handover/openings") == []
        looks(desk, words.upper().replace(" ", ",  "))
        desk.sees("#name", pack.name)
        desk.presses("#save")
        desk.sees("#headline", SOUND)
        desk.sees("#status", f"Saved as {pack.name}, and checked.")
        saved = desk.saved()
        assert (saved.name, saved.read_bytes()) == (pack.name, pack.read_bytes())
        desk.presses("#again")
        desk.wait(lambda: not desk.text("#found"), "the field for other words")
        assert desk.run("() => [document.activeElement.id, document.activeElement.value]") == ["words-typed", ""]
        assert desk.run(KEPT) == ["", 0, 0, 0, 0, 0]
    pairs = [" ".join(words.split()[at : at + 2]) for at in range(7)]
    needles = [form for pair in pairs for one in (pair, pair.upper()) for form in (one.encode(), one.encode("utf-16-le"))]
    held = [path for path in desk.folder.rglob("*") if path.is_file()]
    assert held and not [path for path in held if any(needle in path.read_bytes() for needle in needles)]


def test_every_refusal_reads_alike(tmp_path: Path, desk: Firefox, server: Served, small: BuiltPack) -> None:
    """Five other words behind the same three, words nobody has, and the sixth opening: one sentence."""
    _, words = left(server, small, tmp_path)
    desk.goes(f"{server.public_url}/get")
    others = (phrases.new_words() for _ in range(1 << 16))
    behind = (" ".join(words.split()[:3] + one.split()[3:]) for one in others)
    said = []
    for wrong in (next(one for one in behind if _fits(one)), phrases.new_words()):
        looks(desk, wrong)
        desk.sees("#wrong", REFUSED)
        said.append(desk.text("#wrong"))
    for _ in range(5):
        looks(desk, words)
        desk.sees("#status", "The words fit.")
        desk.goes(f"{server.public_url}/get")
    looks(desk, words)
    desk.sees("#wrong", REFUSED)
    said.append(desk.text("#wrong"))
    assert len(set(said)) == 1


def _fits(words: str) -> bool:
    try:
        return bool(phrases.read_words(words))
    except BadRequest:
        return False


def test_the_check_finds_what_the_program_finds(tmp_path: Path, desk: Firefox, server: Served, small: BuiltPack) -> None:
    """A sound pack, a bent one as a zip and as a folder; and once the page is open not a byte goes out."""
    opens(desk, f"{server.public_url}/verify", server, small)
    asked = len(server.exchanges)
    assert judged(desk, "#zip", small.path) == set()
    assert desk.text("#headline") == SOUND
    more = {"data/more.txt": b"x"}
    bent = rezip(small.path, tmp_path / "bent.zip", lambda held: {**held, VICTIM: held[VICTIM][:-1] + b"x", **more})
    assert judged(desk, "#zip", bent) == expected(bent, small) != set()
    with zipfile.ZipFile(bent) as archive:
        archive.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert chosen_as_a_folder(desk, folder) == expected(bent, small)
    assert len(server.exchanges) == asked


def test_the_check_as_one_file(tmp_path: Path, desk: Firefox, server: Served, small: BuiltPack) -> None:
    """Saved from the page, opened from the disk with the server gone: the same findings."""
    desk.goes(f"{server.public_url}/verify")
    desk.presses("a[download]")
    kept = desk.saved().rename(tmp_path / "check-a-pack.html")
    server.stop()
    opens(desk, kept.as_uri(), server, small)
    assert judged(desk, "#zip", small.path) == set()
    bent = rezip(small.path, tmp_path / "bent.zip", lambda held: {**held, VICTIM: held[VICTIM][:-1] + b"x"})
    assert judged(desk, "#zip", bent) == expected(bent, small) != set()
