"""The page that checks a pack, as zip or folder: every finding in words, nothing sent, also as a single file."""

import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.pack.bag.pack_statement import PackSigner, pack_fingerprint
from diary.pack.portal import write_portal_set
from diary.pack.verify.findings import SENTENCES
from diary.pack.verify.pack_status import LIMITS_TEXT, STATUS_SENTENCES
from diary.pack.verify.verifier import verify_pack
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.test_handover import open_desktop_page
from tests.pack.conftest import BuiltPack, small_pack
from tests.pack.hostile_zips import (
    TOO_SLOW_FOR_BROWSER,
    hostile_zips,
    zip_with_bytes_after_deflate,
    zips_with_files_of_a_computer,
)
from tests.pack.pack_members import change_members, members_of, without_statements

TIMEOUT_MS = 60_000
EXHIBIT_PATH = "data/restricted/13_exhibits-as-received/JB-1.png"
assert small_pack  # the fixture: a pack of three entries and one picture
DROP_FILE_SCRIPT = """async ([name, raw]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(raw)], name));
  const drop = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.getElementById('drop').dispatchEvent(drop);
}"""
FIND_LEFT_EDGES_SCRIPT = """(element, groups) => groups.map((group) => {
  const text = element.firstChild;
  const range = document.createRange();
  range.setStart(text, text.data.indexOf(group));
  range.setEnd(text, text.data.indexOf(group) + group.length);
  const { left, top } = range.getBoundingClientRect();
  return [Math.round(top), left];
})"""
READ_FINDINGS_SCRIPT = """() => [...document.querySelectorAll('[data-findings] > li')].flatMap((row) => {
  const sentence = row.querySelector('span').textContent;
  const files = [...row.querySelectorAll('code')].map((element) => element.textContent);
  return files.length ? files.map((file) => [file, sentence]) : [[null, sentence]];
})"""


def open_with_notary(page: Page, address: str, served_notary: bytes, notary: bytes) -> None:
    """Open the page with the key of the notary that signed the pack, instead of the key of its own server."""
    page.goto(address)
    anchors = page.locator("#anchors").text_content() or ""
    assert b64(served_notary) in anchors
    page.evaluate(
        "told => { document.getElementById('anchors').textContent = told; }",
        anchors.replace(b64(served_notary), b64(notary)),
    )


def served_key(server: LiveServer) -> bytes:
    """Return the notary key of the server that serves the page."""
    return Ed25519Signer(server.settings.load_or_create_notary_seed()).pub


def findings_of(page: Page, give_pack: Callable[[], object]) -> set[tuple[str | None, str]]:
    """Return what the page finds after `give_pack` has chosen a pack."""
    page.evaluate("document.getElementById('headline').textContent = ''")
    give_pack()
    expect(page.locator("#headline")).not_to_have_text("", timeout=TIMEOUT_MS)
    return {(member, sentence.replace("’", "'")) for member, sentence in page.evaluate(READ_FINDINGS_SCRIPT)}


def program_findings(path: Path, notary: bytes | None) -> set[tuple[str | None, str]]:
    """Return what the program finds, without what the page shows in a line above the checks."""
    findings = verify_pack(path, notary=notary)
    return {
        (finding.member, finding.sentence.replace("’", "'"))
        for finding in findings
        if finding.code not in ("servable_only", "training")
    }


def test_a_portal_set_is_checked_as_files_or_as_a_folder(
    browser: Browser, server: LiveServer, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """The files of a set are chosen at once. Without one of its zips the page says that, and nothing else."""
    folder, notary = tmp_path / "set", small_pack.diary.notary.pub
    files = write_portal_set(small_pack.path, folder, PackSigner(small_pack.diary.diary_id, small_pack.diary.author))
    with open_desktop_page(browser) as page:
        open_with_notary(page, f"{server.public_url}/verify", served_key(server), notary)
        chooser = page.locator("#zip")
        assert findings_of(page, lambda: chooser.set_input_files(files)) == set()
        expect(page.locator("#pack-status")).to_have_text(STATUS_SENTENCES["no_record"])
        assert findings_of(page, lambda: page.locator("#folder").set_input_files(folder)) == set()
        incomplete = [path for path in files if path.name != "13_part1.zip"]
        found = {("13_part1.zip", SENTENCES["part_missing"])}
        assert findings_of(page, lambda: chooser.set_input_files(incomplete)) == found
        expect(page.locator("#pack-status")).to_have_text(STATUS_SENTENCES["incomplete"])
        expect(page.locator("[data-check=entries]")).to_contain_text("Not checked: a zip of the set is not here.")
        assert accessibility_faults(page) == []


def test_page_and_program_find_the_same(
    browser: Browser, server: LiveServer, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """The page agrees with the program on valid, changed, unpacked, dropped and hostile packs.

    It makes no request.
    """
    notary = small_pack.diary.notary.pub
    with open_desktop_page(browser) as page:
        open_with_notary(page, f"{server.public_url}/verify", served_key(server), notary)
        expect(page.get_by_text("Nothing is uploaded.")).to_be_visible()
        page.context.set_offline(True)
        before = len(server.exchanges)
        chooser = page.locator("#zip")
        assert findings_of(page, lambda: chooser.set_input_files(small_pack.path)) == set()
        expect(page.get_by_role("heading", name="Nothing wrong was found")).to_be_focused()
        assert accessibility_faults(page) == []
        numbers = pack_fingerprint(members_of(small_pack.path)["manifest-sha256.txt"])
        expect(page.locator("[data-check=signature] [data-result]")).to_contain_text(numbers)
        bare = without_statements(small_pack.path, members_of(small_pack.path), tmp_path / "bare.zip")
        assert findings_of(page, lambda: chooser.set_input_files(bare)) == {(None, SENTENCES["not_signed"])}
        expect(page.locator("[data-check=signature]")).to_contain_text(SENTENCES["not_signed"])
        extra_file = {"data/more.txt": b"x"}
        damaged = change_members(
            small_pack.path,
            tmp_path / "bent.zip",
            lambda members: {**members, EXHIBIT_PATH: members[EXHIBIT_PATH][:-1] + b"x", **extra_file},
        )
        assert findings_of(page, lambda: chooser.set_input_files(damaged)) == program_findings(damaged, notary) != set()
        assert accessibility_faults(page) == []
        with zipfile.ZipFile(damaged) as archive:
            archive.extractall(tmp_path / "out")
        folder = next((tmp_path / "out").iterdir())
        assert findings_of(page, lambda: page.locator("#folder").set_input_files(folder)) == program_findings(
            damaged, notary
        )
        # What is no part of the pack is named too.
        with_system_file = tmp_path / "system.zip"
        name, content = next(zips_with_files_of_a_computer(small_pack))
        with_system_file.write_bytes(content)
        found = {(name, SENTENCES["system_file"])}
        assert findings_of(page, lambda: chooser.set_input_files(with_system_file)) == found
        expect(page.get_by_role("heading", name="About this copy")).to_be_visible()
        assert accessibility_faults(page) == []
        servable_part = folder / "data" / "servable"
        assert findings_of(page, lambda: page.locator("#folder").set_input_files(servable_part)) == set()
        expect(
            page.get_by_text("This is a copy of the part that the other person, or their lawyer, may read")
        ).to_be_visible()
        expect(page.get_by_text("Only their list is here.")).to_be_visible()
        expect(page.get_by_text("Holds for this part of the pack.")).to_be_visible()
        assert accessibility_faults(page) == []
        raw = list(small_pack.path.read_bytes())
        assert findings_of(page, lambda: page.evaluate(DROP_FILE_SCRIPT, ["pack.zip", raw])) == set()
        after_deflate = ("bytes after a packed member", zip_with_bytes_after_deflate(small_pack))
        for index, (name, content) in enumerate((after_deflate, *hostile_zips(small_pack, tmp_path))):
            if name in TOO_SLOW_FOR_BROWSER:
                continue
            # Each file gets a new name: a browser fires no event when the same file is chosen twice.
            (path := tmp_path / f"{index}.zip").write_bytes(content)
            assert findings_of(page, partial(chooser.set_input_files, path)) == program_findings(path, notary), name
        assert len(server.exchanges) == before


def test_the_page_says_first_what_the_signature_shows(
    browser: Browser, server: LiveServer, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """The words are the program's. The report holds the same, in a file that loads and runs nothing."""
    notary = small_pack.diary.notary.pub
    with open_desktop_page(browser, accept_downloads=True) as page:
        open_with_notary(page, f"{server.public_url}/verify", served_key(server), notary)
        words = page.evaluate(
            """() => Object.fromEntries(
                [...document.getElementById('words').content.querySelectorAll('[data-say^="status."]')]
                    .map((line) => [line.dataset.say.slice(7), line.textContent]))"""
        )
        assert words == STATUS_SENTENCES
        status = page.locator("#pack-status")
        zips = {"no_record": small_pack.path}
        bare = members_of(small_pack.path)
        zips["not_signed"] = without_statements(small_pack.path, bare, tmp_path / "bare.zip")
        evil = '<img src=x onerror="document.title=1">.txt'
        zips["changed"] = change_members(
            small_pack.path, tmp_path / "more.zip", lambda members: {**members, f"data/{evil}": b"x"}
        )
        for code, path in zips.items():
            findings_of(page, partial(page.locator("#zip").set_input_files, path))
            expect(status).to_have_text(STATUS_SENTENCES[code])
            expect(page.get_by_text(LIMITS_TEXT)).to_be_visible()
        expect(page.locator("#first-received")).to_contain_text("4 May 2026")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save a report").click()
        report = tmp_path / saved.value.suggested_filename
        saved.value.save_as(report)
        assert re.fullmatch(r"check-of-a-pack-20\d\d-\d\d-\d\d\.html", report.name)
    with open_desktop_page(browser) as page:
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(report.as_uri())
        text = page.locator("body").inner_text()
        numbers = pack_fingerprint(members_of(small_pack.path)["manifest-sha256.txt"])
        for expected in (
            STATUS_SENTENCES["changed"],
            LIMITS_TEXT,
            numbers,
            "more.zip",
            SENTENCES["bad_name"].replace("'", "’"),
            evil,
            "4 May 2026",
        ):
            assert expected in text, expected
        assert page.title() == "Report of a check"
        assert page.locator("script, img").count() == 0
        assert requests == [report.as_uri()]


def test_the_numbers_of_a_pack_keep_their_order_in_urdu(
    browser: Browser, server: LiveServer, small_pack: BuiltPack
) -> None:
    """An officer reads the six groups from left to right on every page, and compares them with the keeper."""
    with open_desktop_page(browser) as page:
        notary = small_pack.diary.notary.pub
        open_with_notary(page, f"{server.public_url}/ur/verify", served_key(server), notary)
        assert findings_of(page, lambda: page.locator("#zip").set_input_files(small_pack.path)) == set()
        groups = pack_fingerprint(members_of(small_pack.path)["manifest-sha256.txt"]).split()
        places = page.locator("[data-check=signature] [data-result]").evaluate(FIND_LEFT_EDGES_SCRIPT, groups)
        assert places == sorted(places)


def test_a_forged_pack_is_never_called_sound(browser: Browser, server: LiveServer, small_pack: BuiltPack) -> None:
    """A forged pack is consistent under its own keys. The server's keys expose it."""
    with open_desktop_page(browser) as page:
        page.goto(f"{server.public_url}/verify")
        sentences = {
            sentence for _, sentence in findings_of(page, lambda: page.locator("#zip").set_input_files(small_pack.path))
        }
        assert SENTENCES["wrong_notary"] in sentences


def test_the_saved_check_page_finds_the_same(
    browser: Browser, server: LiveServer, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """The saved page, opened from disk without a server, finds the same."""
    with open_desktop_page(browser, accept_downloads=True) as page:
        page.goto(f"{server.public_url}/verify")
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save the check as one file").click()
        saved_page = tmp_path / saved.value.suggested_filename
        saved.value.save_as(saved_page)
    assert saved_page.name == "check-a-pack.html"
    requests: list[str] = []
    with open_desktop_page(browser) as page:
        page.on("request", lambda request: requests.append(request.url))
        open_with_notary(page, saved_page.as_uri(), served_key(server), small_pack.diary.notary.pub)
        assert findings_of(page, lambda: page.locator("#zip").set_input_files(small_pack.path)) == set()
        proof = next(name for name in members_of(small_pack.path) if name.startswith("data/servable/proof/0001-"))
        changed = members_of(small_pack.path)[proof].replace(b"narrative", b"narrativf")
        damaged = change_members(small_pack.path, tmp_path / "bent.zip", lambda members: {**members, proof: changed})
        findings = findings_of(page, lambda: page.locator("#zip").set_input_files(damaged))
        assert findings == program_findings(damaged, small_pack.diary.notary.pub) != set()
        assert accessibility_faults(page) == []
    assert {url.split(":", 1)[0] for url in requests} <= {"file", "data", "blob"}


@pytest.mark.parametrize(("width", "scheme", "prefix"), [(320, "light", "/ur"), (1280, "dark", "")])
def test_the_check_page_has_no_faults(
    browser: Browser, server: LiveServer, small_pack: BuiltPack, width: int, scheme: str, prefix: str
) -> None:
    """With a result, the page has no fault, narrow and wide, light and dark, at 200 % text.

    Findings are in the page's language, a draft's with English beneath.
    """
    with open_desktop_page(browser, viewport={"width": width, "height": 740}, color_scheme=scheme) as page:
        page.goto(f"{server.public_url}{prefix}/verify")
        assert accessibility_faults(page) == []
        sentences = {
            sentence for _, sentence in findings_of(page, lambda: page.locator("#zip").set_input_files(small_pack.path))
        }
        english = page.locator("[data-findings] .in-english").all_text_contents()
        assert (english == []) is (prefix == "")
        assert SENTENCES["wrong_notary"] in (english or sentences)
        directions = page.locator("[data-findings] .in-both").evaluate_all(
            "all => all.map((element) => getComputedStyle(element).direction)"
        )
        assert set(directions) == ({"rtl"} if prefix else set())
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert accessibility_faults(page) == []
