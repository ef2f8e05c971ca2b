"""The page that checks a pack: zip or folder, every finding in words, nothing sent; and as one file without a network."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from diary.crypto.signing import Notary
from diary.encoding import b64
from diary.pack.findings import SENTENCES
from diary.pack.verify import verify
from tests.browser.navigators.judge import faults
from tests.browser.serving import Served
from tests.browser.test_handover import desk
from tests.pack.conftest import BuiltPack, small
from tests.pack.hostile import HEAVY, corpus
from tests.pack.rezip import members_of, rezip

WAITS = 60_000
VICTIM = "data/restricted/13_exhibits-as-received/JB-1.png"
assert small  # the fixture: a pack of three entries and one picture
DROP = """async ([name, raw]) => {
  const held = new DataTransfer();
  held.items.add(new File([Uint8Array.from(raw)], name));
  document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true }));
}"""
FOUND = """() => [...document.querySelectorAll('[data-findings] > li')].flatMap((row) => {
  const sentence = row.querySelector('span').textContent;
  const files = [...row.querySelectorAll('code')].map((one) => one.textContent);
  return files.length ? files.map((file) => [file, sentence]) : [[null, sentence]];
})"""


def opens(page: Page, address: str, served: bytes, notary: bytes) -> None:
    """The page, under the key of the notary that signed the pack; it was served under its own instance's."""
    page.goto(address)
    told = page.locator("#anchors").text_content() or ""
    assert b64(served) in told
    page.evaluate("told => { document.getElementById('anchors').textContent = told; }", told.replace(b64(served), b64(notary)))


def own(server: Served) -> bytes:
    """The notary's key of the server that serves the page."""
    return Notary(server.settings.read_notary_seed()).pub


def judged(page: Page, give: Callable[[], object]) -> set[tuple[str | None, str]]:
    """What the page says once it has been given something."""
    page.evaluate("document.getElementById('headline').textContent = ''")
    give()
    expect(page.locator("#headline")).not_to_have_text("", timeout=WAITS)
    return {(member, sentence.replace("’", "'")) for member, sentence in page.evaluate(FOUND)}


def expected(path: Path, notary: bytes | None) -> set[tuple[str | None, str]]:
    """What the program says, but for what the page says in a line of its own above the checks."""
    found = verify(path, notary=notary)
    return {(one.member, one.sentence.replace("’", "'")) for one in found if one.code not in ("servable_only", "training")}


def test_what_the_page_finds_the_program_finds(browser: Browser, server: Served, small: BuiltPack, tmp_path: Path) -> None:
    """A sound pack, a changed one, a folder, one dropped, hostile ones: in words, and not a byte goes out."""
    notary = small.diary.notary.pub
    with desk(browser) as page:
        opens(page, f"{server.public_url}/verify", own(server), notary)
        expect(page.get_by_text("Nothing is uploaded.")).to_be_visible()
        page.context.set_offline(True)
        before = len(server.exchanges)
        chooser = page.locator("#zip")
        assert judged(page, lambda: chooser.set_input_files(small.path)) == set()
        expect(page.get_by_role("heading", name="Nothing wrong was found")).to_be_focused()
        assert faults(page) == []
        more = {"data/more.txt": b"x"}
        bent = rezip(small.path, tmp_path / "bent.zip", lambda held: {**held, VICTIM: held[VICTIM][:-1] + b"x", **more})
        assert judged(page, lambda: chooser.set_input_files(bent)) == expected(bent, notary) != set()
        assert faults(page) == []
        with zipfile.ZipFile(bent) as archive:
            archive.extractall(tmp_path / "out")
        folder = next((tmp_path / "out").iterdir())
        assert judged(page, lambda: page.locator("#folder").set_input_files(folder)) == expected(bent, notary)
        alone = folder / "data" / "servable"
        assert judged(page, lambda: page.locator("#folder").set_input_files(alone)) == set()
        expect(page.get_by_text("This is a copy of the part that may be served")).to_be_visible()
        expect(page.get_by_text("Only their list is here.")).to_be_visible()
        assert faults(page) == []
        raw = list(small.path.read_bytes())
        assert judged(page, lambda: page.evaluate(DROP, ["pack.zip", raw])) == set()
        for at, (name, content) in enumerate(corpus(small, tmp_path)):
            if name in HEAVY:
                continue
            # A name of its own: a browser says nothing of a file that is chosen twice.
            (path := tmp_path / f"{at}.zip").write_bytes(content)
            assert judged(page, lambda path=path: chooser.set_input_files(path)) == expected(path, notary), name
        assert len(server.exchanges) == before


def test_a_forged_pack_is_never_called_sound(browser: Browser, server: Served, small: BuiltPack) -> None:
    """Everything in it fits together under its own keys; the keys of the instance that serves the page tell."""
    with desk(browser) as page:
        page.goto(f"{server.public_url}/verify")
        found = {sentence for _, sentence in judged(page, lambda: page.locator("#zip").set_input_files(small.path))}
        assert {SENTENCES["wrong_notary"], SENTENCES["other_key"]} <= found


def test_the_check_as_one_file(browser: Browser, server: Served, small: BuiltPack, tmp_path: Path) -> None:
    """Saved from the page and opened from the disk, with no server at all: the same findings."""
    with desk(browser, accept_downloads=True) as page:
        page.goto(f"{server.public_url}/verify")
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save the check as one file").click()
        kept = tmp_path / saved.value.suggested_filename
        saved.value.save_as(kept)
    assert kept.name == "check-a-pack.html"
    asked: list[str] = []
    with desk(browser) as page:
        page.on("request", lambda request: asked.append(request.url))
        opens(page, kept.as_uri(), own(server), small.diary.notary.pub)
        assert judged(page, lambda: page.locator("#zip").set_input_files(small.path)) == set()
        proof = next(name for name in members_of(small.path) if name.startswith("data/servable/proof/0001-"))
        changed = members_of(small.path)[proof].replace(b"narrative", b"narrativf")
        bent = rezip(small.path, tmp_path / "bent.zip", lambda held: {**held, proof: changed})
        found = judged(page, lambda: page.locator("#zip").set_input_files(bent))
        assert found == expected(bent, small.diary.notary.pub) != set()
        assert faults(page) == []
    assert {url.split(":", 1)[0] for url in asked} <= {"file", "data", "blob"}


@pytest.mark.parametrize(("width", "scheme", "at"), [(320, "light", "/ur"), (1280, "dark", "")])
def test_the_page_reads_well(browser: Browser, server: Served, small: BuiltPack, width: int, scheme: str, at: str) -> None:
    """No fault with a result on it, narrow and wide, light and dark, at twice the text size; what is found is said in the page's
    language, a draft's with the English beneath."""
    with desk(browser, viewport={"width": width, "height": 740}, color_scheme=scheme) as page:
        page.goto(f"{server.public_url}{at}/verify")
        assert faults(page) == []
        found = {sentence for _, sentence in judged(page, lambda: page.locator("#zip").set_input_files(small.path))}
        english = page.locator("[data-findings] .in-english").all_text_contents()
        assert (english == []) is (at == "")
        assert SENTENCES["wrong_notary"] in (english or found)
        own = page.locator("[data-findings] .in-both").evaluate_all("all => all.map((one) => getComputedStyle(one).direction)")
        assert set(own) == ({"rtl"} if at else set())
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert faults(page) == []
