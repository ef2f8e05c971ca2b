"""Words in pictures, by the real engine: fetched when asked for, read offline later, found by search, in no pack."""

import io
import re
import zipfile
from pathlib import Path

import pypdf
import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, expect

from diary.paths import FONTS
from diary.web.headers import READER_WORKER_POLICY
from diary.web.precache import READER_WORKER_PATH
from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import save_pack
from tests.browser.pictures import make_png, picker_file
from tests.browser.test_pages_on_phone import begin_pack

NARRATIVE = "He wrote again."
READER_FILES = "^/static/engine/reader/"
POLICY_SCRIPT = "async (path) => (await fetch(path)).headers.get('content-security-policy')"
KEPT_SCRIPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys())
      if (url.includes('/static/engine/')) found.push(new URL(url).pathname);
  return found.sort();
}"""
READING_LIMIT_MS = 60_000
ASK = "The phone needs 4 MB once to read pictures. It reads them by itself: no picture is sent to anyone."
UNCHECKED = "Read by this phone, not checked. They help you find this picture here. They are in no pack."
BEGIN = re.compile("^(Get it and read|Read the words in this picture)$")
NO_PICTURE = "This picture could not be read: this browser cannot show it, or it is too large."
MISSING = "What reads pictures is not on this phone yet."


def draw_words(*lines: str) -> bytes:
    """Return a PNG as wide as a phone, with dark words on white."""
    font = ImageFont.truetype(FONTS / "NotoSans_400Regular.ttf", 44)
    picture = Image.new("RGB", (1080, 200 + 110 * len(lines)), "white")
    for row, line in enumerate(lines):
        ImageDraw.Draw(picture).text((60, 80 + 110 * row), line, fill="black", font=font)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def draw_page(marker: str) -> bytes:
    """Return a long picture that takes some seconds to read, with `marker` at its end."""
    return draw_words(*(f"{row} I know which street you live in" for row in range(40)), marker)


def in_form(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def open_picture(keeper: BrowserKeeper, name: str) -> None:
    keeper.go_to_tab("Entries")
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.file_tile(name).first.click()
    keeper.wait_for_text("Words in this picture")


def add_pictures(keeper: BrowserKeeper, pictures: dict[str, tuple[str, bytes]]) -> None:
    """Add pictures to the entry. `pictures`: media type and content by name."""
    keeper.go_to_tab("Entries")
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    for name, (media_type, content) in pictures.items():
        keeper.pick_files([picker_file(name, media_type, content)])
        keeper.wait_for_file(name)


def pngs(**pictures: bytes) -> dict[str, tuple[str, bytes]]:
    return {f"{name}.png": ("image/png", content) for name, content in pictures.items()}


def keeper_offline_ready(keeper: BrowserKeeper) -> BrowserKeeper:
    """Return a keeper with a registered diary whose page is in the hands of the service worker."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_offline_ready()
    keeper.page.reload()
    keeper.unlock()
    return keeper


def wait_for_words(keeper: BrowserKeeper, words: str | re.Pattern[str]) -> None:
    expect(keeper.page.get_by_text(words).first).to_be_visible(timeout=READING_LIMIT_MS)


def search_for(keeper: BrowserKeeper, words: str) -> None:
    keeper.go_to_tab("Entries")
    keeper.field("Find in your entries").fill(words)


def readable(name: str, content: bytes) -> str:
    """Return what a person or a program reads in a file of a pack."""
    if name.endswith(".pdf"):
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return content.decode("utf-8", "replace")


@pytest.mark.first_visit
def test_words_are_read_online_then_offline_and_stay_on_the_phone(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Only the engine's own files are requested, once; later it reads offline; search finds it, no pack has it."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(
        keeper,
        pngs(
            one=draw_words("Missed call 21:10", "zebrafinch <img src=x onerror=alert(1)>"),
            two=draw_words("Which parrot street"),
            three=make_png(3),
        ),
    )
    keeper.go_to_tab("Entries")
    keeper.wait_until_kept_safe(NARRATIVE)
    open_picture(keeper, "one.png")
    assert server.exchanges_with(READER_FILES) == []
    keeper.wait_for_text(ASK)
    requested: list[str] = []
    keeper.page.context.on("request", lambda request: requested.append(request.url))
    before = len(server.exchanges)
    keeper.tap("Get it and read")
    wait_for_words(keeper, "Missed call 21:10")
    keeper.wait_for_text(UNCHECKED)
    # Foreign words are text on the page, and nothing else.
    expect(keeper.page.get_by_text("onerror=alert")).to_be_visible()
    assert keeper.page.locator("img[src='x']").count() == 0
    assert [url for url in requested if not url.startswith((keeper.app_url, "blob:"))] == []
    fetched = [exchange.path for exchange in server.exchanges_with(READER_FILES)]
    assert sorted(re.sub("simd|plain", "build", path) for path in fetched) == [
        f"/static/engine/reader/{name}" for name in ("build.mjs", "build.wasm", "eng.traineddata")
    ]
    assert keeper.page.evaluate(KEPT_SCRIPT) == sorted(fetched)
    assert keeper.page.evaluate(POLICY_SCRIPT, READER_WORKER_PATH) == READER_WORKER_POLICY
    # Whatever else was sent meanwhile is sealed, and no word or pixel of the picture is in it.
    sent = [exchange for exchange in server.exchanges[before:] if exchange.request_body]
    assert not [exchange.path for exchange in sent if re.search(b"zebrafinch|Missed|PNG|JFIF", exchange.request_body)]
    # Offline, after a reload: what was kept reads the next picture.
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.unlock()
    open_picture(keeper, "two.png")
    keeper.tap("Read the words in this picture")
    wait_for_words(keeper, "Which parrot street")
    open_picture(keeper, "three.png")
    keeper.tap("Read the words in this picture")
    wait_for_words(keeper, re.compile("No words could be read|Read by this phone"))
    search_for(keeper, "parrot")
    keeper.wait_for_text("Found in a picture. This phone read it. Nobody checked it.")
    expect(keeper.entry_row(NARRATIVE)).to_be_visible()
    search_for(keeper, "He wrote")
    expect(keeper.entry_row(NARRATIVE)).to_be_visible()
    expect(keeper.page.get_by_text("Found in a picture.")).to_have_count(0)
    keeper.page.context.set_offline(False)
    assert len(server.exchanges_with(READER_FILES)) == len(fetched)
    keeper.field("Find in your entries").fill("")
    begin_pack(keeper, pictures=3)
    preview = keeper.page.content()
    pack = save_pack(keeper, tmp_path)
    with zipfile.ZipFile(pack) as archive:
        members = {name: readable(name, archive.read(name)) for name in archive.namelist()}
    assert [name for name, text in members.items() if name.endswith(".pdf") and NARRATIVE in text]
    members["preview"] = preview
    assert [name for name, text in members.items() if re.search("zebrafinch|parrot|21:10|picture_text", text)] == []


@pytest.mark.first_visit
def test_offline_before_the_first_time_it_says_what_to_do(new_phone: NewPhone) -> None:
    """Without a signal nothing is tried."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(one=draw_words("zebrafinch")))
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.unlock()
    open_picture(keeper, "one.png")
    keeper.wait_for_text("You are offline. Connect to the internet once, then try again. After that it works offline.")
    expect(keeper.button("Get it and read")).to_have_count(0)
    keeper.page.context.set_offline(False)
    keeper.page.reload()
    keeper.unlock()
    open_picture(keeper, "one.png")
    keeper.tap("Get it and read")
    wait_for_words(keeper, "zebrafinch")


@pytest.mark.first_visit
@pytest.mark.parametrize("name", ["eng.traineddata", "(simd|plain).wasm", "(simd|plain).mjs"])
def test_an_engine_file_that_the_release_does_not_list_is_refused(
    new_phone: NewPhone, server: LiveServer, name: str
) -> None:
    """Bytes with another digest are not run and not kept. The screen says what to do."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(one=draw_words("zebrafinch")))
    open_picture(keeper, "one.png")
    altered = CannedResponse(200, b"export default 1;" + b" " * 5000, "text/javascript")
    server.inject_fault("GET", READER_FILES + name, response=altered)
    keeper.tap("Get it and read")
    keeper.wait_for_text(MISSING)
    assert not [path for path in keeper.page.evaluate(KEPT_SCRIPT) if re.search(f"/{name}$", path)]
    server.clear_faults()
    keeper.tap("Try again")
    wait_for_words(keeper, "zebrafinch")


def test_a_lock_a_second_tab_and_a_crash_in_the_middle_lose_no_picture(new_phone: NewPhone) -> None:
    """Reading stops with the lock, goes on after the unlock, and goes on in a new page after the first one died."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(one=draw_page("zebrafinch"), two=draw_page("parrot"), three=draw_words("bullfinch")))
    open_picture(keeper, "three.png")
    keeper.button(BEGIN).click()
    wait_for_words(keeper, "bullfinch")
    open_picture(keeper, "one.png")
    keeper.tap("Read all 2 pictures that were not read yet")
    keeper.wait_for_text(re.compile(r"Reading picture \d of 2"))
    keeper.lock()
    assert "zebrafinch" not in keeper.page.content()
    keeper.unlock()
    other: Page = keeper.page.context.new_page()
    other.goto(keeper.app_url)
    expect(other.get_by_text("Only one tab can be open at a time.").first).to_be_visible()
    other.close()
    keeper.page.close(run_before_unload=False)
    keeper.page = keeper.page.context.new_page()
    keeper.open_locked()
    keeper.unlock()
    for name, marker in (("one.png", "zebrafinch"), ("two.png", "parrot"), ("three.png", "bullfinch")):
        open_picture(keeper, name)
        wait_for_words(keeper, marker)
    for marker in ("zebrafinch", "parrot", "bullfinch"):
        search_for(keeper, marker)
        keeper.wait_for_text("Found in a picture. This phone read it. Nobody checked it.")


def test_odd_pictures_are_read_or_refused_with_a_sentence(new_phone: NewPhone) -> None:
    """One of 108 megapixels, a single pixel, a broken one, one that moves, and one without words."""
    keeper = keeper_offline_ready(new_phone())
    first, second = (Image.open(io.BytesIO(draw_words(words))) for words in ("zebrafinch", "parrot"))
    odd = {
        "huge.png": ("image/png", in_form(Image.new("1", (12_000, 9_000)), "PNG")),
        "pixel.png": ("image/png", in_form(Image.new("RGB", (1, 1)), "PNG")),
        "broken.png": ("image/png", draw_words("bullfinch")[:900]),
        "moving.gif": ("image/gif", in_form(first, "GIF", save_all=True, append_images=[second], duration=400)),
        "plain.png": ("image/png", in_form(Image.new("RGB", (900, 900), "navy"), "PNG")),
    }
    add_pictures(keeper, odd)
    expected = {
        "huge.png": NO_PICTURE,
        "pixel.png": "No words could be read in this picture.",
        "broken.png": NO_PICTURE,
        "moving.gif": "zebrafinch",
        "plain.png": "No words could be read in this picture.",
    }
    for name, sentence in expected.items():
        open_picture(keeper, name)
        keeper.button(BEGIN).click()
        wait_for_words(keeper, sentence)


def test_stopping_forgets_what_waits(new_phone: NewPhone) -> None:
    """The person switches it off: nothing more is read, also after the next unlock."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(one=draw_page("zebrafinch"), two=draw_words("parrot")))
    open_picture(keeper, "one.png")
    keeper.tap("Read all 2 pictures that were not read yet")
    keeper.tap("Stop reading")
    keeper.lock()
    keeper.unlock()
    keeper.page.wait_for_timeout(2000)
    open_picture(keeper, "one.png")
    expect(keeper.button("Read all 2 pictures that were not read yet")).to_be_visible()
    search_for(keeper, "parrot")
    keeper.wait_for_text("No entry matches.")
