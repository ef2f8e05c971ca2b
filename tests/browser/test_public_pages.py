"""The public pages in a browser: readable without a script, left at once, and traceless except for the history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from unicodedata import normalize

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PageObject, PdfReader, Transformation

from diary.cli.public_pages import write_training_zip
from diary.web.languages import LANGUAGES, Language
from diary.web.public_pages import PUBLIC_PAGES, training_zip_path
from diary.web.scripted_pages import SCRIPTED_PAGES as SCRIPTED
from tests.browser.chromium import PHONE_OPTIONS, TIMEOUT_MS
from tests.browser.conftest import NewProfile
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import IS_TOO_WIDE, accessibility_faults

PAGES = (*PUBLIC_PAGES, "/directory", *SCRIPTED)
ALL_PATHS = tuple(language.path_prefix + path for language in LANGUAGES for path in PAGES)
# English runs in every test run; the other languages run only in the long one.
LANGUAGE_PARAMS = [
    pytest.param(language, id=language.code, marks=[pytest.mark.slow] if language.code != "en" else [])
    for language in LANGUAGES
]
LEAVE_TARGET = re.compile(r"^https://www\.bbc\.co\.uk/")
STORAGE_STATE_SCRIPT = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookies: document.cookie,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
LOG_VISIBILITY_SCRIPT = """() => new MutationObserver(() => {
  console.log([...document.body.children].some((element) => element.checkVisibility()) ? 'shown' : 'hidden');
}).observe(document.documentElement, { attributes: true })"""
# Whether the name at the top is on the right.
IS_MIRRORED = "document.querySelector('.name').getBoundingClientRect().left > innerWidth / 2"
NOTHING_STORED = {"local": 0, "session": 0, "cookies": "", "databases": 0, "caches": 0, "workers": 0}
# The files in which a browser keeps addresses and titles of visited pages.
HISTORY_FILES = re.compile(
    r"History|Visited Links|Top Sites|Favicons|Session|Tabs|Shortcuts|Preferences|Network Action Predictor"
    r"|Site Characteristics|Affiliation|DIPS|Reporting and NEL|TransportSecurity|Network Persistent State"
    r"|BrowsingTopics|heavy_ad|Local State|BrowserMetrics|segmentation_platform"
)
# Points. Two lines of text are farther apart than this.
LINE_HEIGHT_POINTS = 8
PUBLIC_SENTENCE = b"You do not need to gather evidence before you report."


@pytest.fixture
def reader(browser: Browser, server: LiveServer) -> Iterator[Page]:
    """Return a reader with a narrow phone."""
    context = browser.new_context(**(PHONE_OPTIONS | {"viewport": {"width": 320, "height": 640}}))
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto(server.public_url)
    yield page
    context.close()


@pytest.mark.parametrize("language", LANGUAGE_PARAMS)
def test_every_page_is_accessible(reader: Page, server: LiveServer, language: Language) -> None:
    """By day and night, with everything open, each page has no axe fault.

    Targets have 44 px, there is one h1, and nothing scrolls sideways at 320 px or 200 %.
    """
    faults_by_path: dict[str, list[str]] = {}
    for path in PAGES:
        reader.goto(server.public_url + language.path_prefix + path)
        reader.evaluate(
            "document.querySelectorAll('details').forEach((element) => { element.open = !element.closest('header'); })"
        )
        page_faults = accessibility_faults(reader)
        if reader.evaluate(IS_MIRRORED) is not (language.text_direction == "rtl"):
            page_faults.append("runs the wrong way")
        reader.evaluate("document.documentElement.style.fontSize = '200%'")
        if reader.evaluate(IS_TOO_WIDE):
            page_faults.append("scrolls sideways at 200 %")
        if page_faults:
            faults_by_path[path] = page_faults
    assert faults_by_path == {}


@pytest.mark.parametrize("language", LANGUAGES, ids=[language.code for language in LANGUAGES])
def test_the_numbers_are_on_the_first_screen(reader: Page, server: LiveServer, language: Language) -> None:
    """Of a small phone, below the heading, also where a note says that the translation is a draft.

    Welsh and Polish need more lines. There the helpline is on the first screen of a phone of 740 px.
    """
    reader.set_viewport_size({"width": 360, "height": 640})
    reader.goto(f"{server.public_url}{language.path_prefix}/")
    expect(reader.locator("main h1")).to_be_in_viewport(ratio=1)
    for number in ("999", "101", "0808 802 0300"):
        if number.startswith("0808") and language.code != "en":
            reader.set_viewport_size({"width": 360, "height": 740})
        expect(reader.locator("main .number", has_text=number).first).to_be_in_viewport(ratio=1)
    note = reader.get_by_role("note")
    expect(note).to_have_count(0 if language.code == "en" else 1)


def test_changing_the_language_keeps_the_place(reader: Page, server: LiveServer) -> None:
    """The language link leads to the same place on the same page. The page for a missing address is translated."""
    reader.goto(server.public_url + "/young-people#older")
    reader.get_by_role("link", name="اردو").click()
    expect(reader).to_have_url(server.public_url + "/ur/young-people#older")
    expect(reader.locator("html")).to_have_attribute("dir", "rtl")
    expect(reader.get_by_role("note")).to_contain_text("This translation is a draft.")
    reader.locator("main").get_by_role("link", name="رپورٹ کرنے سے پہلے").first.click()
    expect(reader).to_have_url(server.public_url + "/ur/before-you-report")
    reader.get_by_role("link", name="English").click()
    expect(reader).to_have_url(server.public_url + "/before-you-report")
    expect(reader.get_by_role("note")).to_have_count(0)
    reader.goto(server.public_url + "/pl/nothing")
    expect(reader.locator("html")).to_have_attribute("lang", "pl")


def test_the_is_this_stalking_page_sends_and_stores_nothing(reader: Page, server: LiveServer) -> None:
    """One tap from the first page: opening everything makes no request, stores nothing and gives no verdict."""
    reader.get_by_role("link", name=re.compile("^Is this stalking")).first.click()
    expect(reader.get_by_role("heading", level=1, name="Is this stalking?")).to_be_visible()
    reader.wait_for_load_state("networkidle")
    requests: list[str] = []
    reader.on("request", lambda request: requests.append(request.url))
    before = len(server.exchanges)
    for summary in reader.locator("main summary").all():
        summary.click()
    expect(reader.get_by_text("What they get others to do counts as well.")).to_be_visible()
    assert requests == [] and len(server.exchanges) == before
    assert reader.evaluate(STORAGE_STATE_SCRIPT) == NOTHING_STORED
    assert reader.context.cookies() == []
    words = reader.locator("main").inner_text()
    verdict = r"\b(you are being stalked|this is stalking|score of|your result|low risk|high risk)\b"
    assert not re.search(verdict, words, re.IGNORECASE)
    assert reader.locator("main input, main button, main form").count() == 0


def test_everything_is_there_without_a_script(browser: Browser, server: LiveServer) -> None:
    """The menu, numbers that ask first, the directory's choices and the way out work without JavaScript."""
    context = browser.new_context(**(PHONE_OPTIONS | {"java_script_enabled": False}))
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    for path in ALL_PATHS:
        page.goto(server.public_url + path)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("a[data-leave]")).to_have_attribute("href", LEAVE_TARGET)
    page.goto(server.public_url)
    ring = page.get_by_role("link", name="Ring 101 now")
    expect(ring).to_be_hidden()
    page.locator("summary", has_text="101").first.click()
    expect(ring).to_have_attribute("href", "tel:101")
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("navigation").get_by_role("link", name="Directory").click()
    names = ("If you can hear but cannot speak", "emergencySMS", "Victim Support Scotland", "Live Fear Free (Wales)")
    silent, sms, scotland, wales = (page.get_by_role("heading", name=name) for name in names)
    expect(silent).to_be_visible()
    expect(scotland).to_be_visible()
    page.get_by_role("radio", name="Wales").check()
    expect(wales).to_be_visible()
    expect(scotland).to_be_hidden()
    page.get_by_role("radio", name="I would rather text or type").check()
    expect(silent).to_be_hidden()
    expect(sms.locator("visible=true")).to_have_count(1)
    assert page.url == server.public_url + "/directory"
    context.close()


def test_the_training_folder_is_offered_once_it_is_there(reader: Page, server: LiveServer, tmp_path: Path) -> None:
    """Without the folder, the page explains that and offers the lesson.

    Afterwards it serves the exact bytes, in any language.
    """
    reader.goto(server.public_url + "/training")
    expect(reader.get_by_text("The folder is not here yet.")).to_be_visible()
    folder_file = training_zip_path(server.settings)
    folder_file.parent.mkdir(parents=True, exist_ok=True)
    write_training_zip(folder_file, {"START-HERE.txt": b"TRAINING"}, b"stamp")
    try:
        for path, name in (("/training", "Save the whole folder"), ("/cy/training", "Cadw’r ffolder gyfan")):
            reader.goto(server.public_url + path)
            with reader.expect_download() as download:
                reader.get_by_role("link", name=name).click()
            assert Path(download.value.path()).read_bytes() == folder_file.read_bytes()
        reader.get_by_role("link", name="Darllen neu argraffu’r wers").click()
        expect(reader).to_have_url(server.public_url + "/cy/training/lesson")
        expect(
            reader.get_by_text("Gall rhywun yn yr ystafell hon fod yn byw hyn. Gall rhywun fod yn ei wneud.")
        ).to_be_visible()
    finally:
        folder_file.unlink()


@pytest.mark.parametrize("leave_method", ["button", "keys"])
def test_leaving_hides_the_page_at_once_and_back_does_not_return(
    reader: Page, server: LiveServer, leave_method: str
) -> None:
    """The page is hidden before the other page has loaded, and the other page replaces it in the history."""
    held_routes: list[Route] = []
    reader.route(LEAVE_TARGET, lambda route: held_routes.append(route))
    reader.goto(server.public_url + "/young-people")
    log: list[str] = []
    reader.on("console", lambda message: log.append(message.text))
    reader.evaluate(LOG_VISIBILITY_SCRIPT)  # a page that is navigating away cannot be queried, so it logs by itself
    if leave_method == "button":
        reader.get_by_role("link", name="Leave this page").click(no_wait_after=True)
    else:
        reader.keyboard.type("Aa A")
        expect(reader.locator("h1")).to_be_visible()
        for _ in range(3):
            reader.keyboard.press("Shift")
    while not (held_routes and log):
        reader.wait_for_timeout(20)
    assert log[0] == "hidden"
    held_routes[0].fulfill(status=200, content_type="text/html", body="<title>Weather</title><h1>Weather</h1>")
    expect(reader).to_have_url(LEAVE_TARGET)
    reader.go_back()
    expect(reader).not_to_have_url(re.compile("young-people"))


def test_the_profile_holds_nothing_but_history(new_profile: NewProfile, server: LiveServer) -> None:
    """After every text page in every language, the disk has no sentence, and addresses only in the history.

    /get and /verify run programs for recipients of a pack: Chromium keeps compiled copies of those (docs/threats.md).
    """
    profile = new_profile()
    page = profile.open().new_page()
    for path in ALL_PATHS:
        if path.endswith(tuple(SCRIPTED)):
            continue
        page.goto(server.public_url + path)  # do not query the storage: that would itself leave something
    profile.close()
    host = server.public_url.removeprefix("https://").encode()
    contents = {file: file.read_bytes() for file in profile.folder.rglob("*") if file.is_file()}
    assert len(contents) > 20
    assert [
        str(file)
        for file, raw in contents.items()
        if PUBLIC_SENTENCE in raw or PUBLIC_SENTENCE.decode().encode("utf-16-le") in raw
    ] == []
    files_with_host = [file.relative_to(profile.folder).as_posix() for file, raw in contents.items() if host in raw]
    assert [name for name in files_with_host if not HISTORY_FILES.search(name)] == []


def test_the_printed_lesson_is_marked_and_complete(reader: Page, server: LiveServer) -> None:
    """Each printed page of the lesson begins with the training mark.

    No lines overlap, and everything on screen is on paper.
    """
    reader.goto(server.public_url + "/training/lesson")
    screen_texts = reader.locator("main :is(h1, h2, li, td, summary)").all_text_contents()
    pages = PdfReader(BytesIO(reader.pdf(format="A4"))).pages
    assert len(pages) > 3
    for page in pages:
        lines = positioned_lines(page)
        assert lines[0][2].startswith("TRAINING. Everything in this lesson is made up."), lines[0]
        assert [
            (upper, lower)
            for upper, lower in pairwise(lines)
            if 0.5 < upper[0] - lower[0] < LINE_HEIGHT_POINTS and abs(upper[1] - lower[1]) < LINE_HEIGHT_POINTS
        ] == []
    paper = without_spaces(" ".join(page.extract_text() for page in pages))
    assert [text for text in screen_texts if without_spaces(text) not in paper] == []


def positioned_lines(page: PageObject) -> list[tuple[float, float, str]]:
    """Return each line's height from the bottom, distance from the left and text, from the top of the page down."""
    lines: list[tuple[float, float, str]] = []

    def collect(text: str, user: list[float], matrix: list[float], _font: object, _size: object) -> None:
        a, b, c, d, e, f = user
        x, y = Transformation((a, b, c, d, e, f)).apply_on(matrix[4:])
        if text.strip():
            lines.append((y, x, text.strip()))

    page.extract_text(visitor_text=collect)
    return sorted(lines, reverse=True)


def without_spaces(text: str) -> str:
    """Return the text without spaces and ligatures, so that line breaks on paper do not matter."""
    return re.sub(r"\s+", "", normalize("NFKC", text))
