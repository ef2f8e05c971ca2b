"""Reading back: finding entries, the pattern they make, and numbers that lead to the entries they count."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.accessibility import DESKTOP_SIZE, accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.seeding import SeededDiary, seed_diary, story
from tests.browser.pictures import make_png, picker_file
from tests.browser.test_every_screen_squeezed import FORCED_COLOURS_SCRIPT, broken_words

ENTRY_COUNT = 31
MAX_DRAWN_ROWS = 20
# Press each number in turn, read how many entries are shown, and go back.
PRESS_EVERY_NUMBER_SCRIPT = """async () => {
  const title = document.querySelector('h1').textContent;
  const all = (what) => [...document.querySelectorAll(what)];
  const until = async (look) => {
    for (let i = 0; i < 500; i++) {
      const found = look();
      if (found) return found;
      await new Promise((go) => setTimeout(go, 10));
    }
    throw new Error(`never: ${look}`);
  };
  const links = () => {
    for (const details of all('details')) details.open = true;
    return all('.number-link[aria-label]');
  };
  const shown = () => all('.line').map((line) => /(\\d+) of \\d+ entries/.exec(line.textContent)).find(Boolean);
  const back = () => all('button').find((button) => button.textContent.trim() === 'Back to the numbers');
  const results = [];
  for (let i = 0; i < links().length; i++) {
    const link = links()[i];
    const name = link.getAttribute('aria-label');
    link.click();
    results.push([name, Number((await until(shown))[1])]);
    (await until(back)).click();
    await until(() => document.querySelector('h1')?.textContent === title);
  }
  return results;
}"""
PAGE_TITLES = ("How often", "When", "What, how and where", "Before and after", "Who, and what backs it up")
OPEN_ALL_DETAILS_SCRIPT = "() => document.querySelectorAll('details').forEach((element) => { element.open = true; })"


@pytest.fixture(scope="module")
def seeded_diary(server: LiveServer, certificate: Certificate) -> SeededDiary:
    """Return a diary of 31 entries on the server."""
    return seed_diary(server, certificate, story())


@pytest.fixture
def reader(new_phone: NewPhone, seeded_diary: SeededDiary) -> BrowserKeeper:
    """Return a keeper who signed in on a phone and has all entries on it."""
    return sign_in_and_sync(new_phone(), seeded_diary)


def sign_in_and_sync(keeper: BrowserKeeper, seeded_diary: SeededDiary) -> BrowserKeeper:
    """Sign in and wait until every entry has arrived."""
    keeper.sign_in(seeded_diary.login, seeded_diary.passphrase)
    keeper.go_to_tab("Entries")
    expect(keeper.page.get_by_text("Two silent calls.")).to_be_visible()
    keeper.wait_until_loaded()
    return keeper


def entry_rows(keeper: BrowserKeeper) -> Locator:
    """Return the rows in the page."""
    return keeper.page.locator(".item")


def wait_for_match_count(keeper: BrowserKeeper, expected_count: int) -> None:
    """Wait until the list shows that `n` entries match."""
    expect(keeper.page.get_by_text(f"{expected_count} of {ENTRY_COUNT} entries").first).to_be_visible()
    if expected_count <= MAX_DRAWN_ROWS:  # of a longer list only the nearby rows are drawn
        expect(entry_rows(keeper)).to_have_count(expected_count)


def test_entries_are_grouped_by_day_and_found_by_words(reader: BrowserKeeper) -> None:
    """Entries are grouped by day, the newest first.

    Words, names, accounts, accents and right-to-left text are found.
    """
    days = [re.sub(r"^(Today|Yesterday), ", "", day) for day in reader.page.locator(".day > h2").all_inner_texts()]
    # The year is shown from the next year on.
    assert [re.sub(r" \d{4}$", "", day) for day in days[:2]] == ["Monday 23 November", "Friday 20 November"]
    assert len(days) == len(set(days))
    for query, n in (
        ("blue coat", 6),
        ("BLUE  coat. number 3", 1),
        ("danny", 26),
        ("cafe zoe", 1),
        ("@blue.coat.2", 1),
        ("مرحبا", 1),
        ("mill lane", 8),
        ("xyzzy", 0),
    ):
        reader.field("Find in your entries").fill(query)
        wait_for_match_count(reader, n)
    reader.wait_for_text("No entry matches.")
    reader.tap("Clear all")
    expect(reader.field("Find in your entries")).to_have_value("")
    reader.wait_for_text("Two silent calls.")


def test_entries_without_a_time_come_last_and_are_one_tap_away(reader: BrowserKeeper) -> None:
    """As in a pack, no entry without a day stands above the days; a line on top shows these alone."""
    headings = reader.page.locator(".day > h2")
    expect(headings.first).not_to_have_text("Date not known")
    reader.tap(re.compile(r"^Date not known: \d+$"))
    expect(headings).to_have_text(["Date not known"])
    expect(reader.button("Filters, 1 on")).to_be_visible()
    count = entry_rows(reader).count()
    assert count > 0
    wait_for_match_count(reader, count)
    reader.tap("Clear all")
    expect(headings.first).not_to_have_text("Date not known")
    reader.page.keyboard.press("End")
    expect(headings.last).to_have_text("Date not known")


def test_earlier_today_keeps_its_words(new_phone: NewPhone) -> None:
    """The list and the entry say what was tapped, and until when it was meant, beside the day."""
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.write_first_entry("He rang twice.", "Earlier today")
    keeper.postpone_copy()
    keeper.go_to_tab("Entries")
    words = re.compile(r"“Earlier today”, before \d\d:\d\d$")
    expect(entry_rows(keeper).get_by_text(words)).to_be_visible()
    keeper.open_entry("He rang twice.")
    expect(keeper.page.get_by_text(words).first).to_be_visible()


def test_filters_narrow_each_other_and_are_cleared_together(reader: BrowserKeeper) -> None:
    """Person, channel, order, breach, file, date and bare entries combine, and are cleared together.

    The button shows how many filters are on.
    """
    reader.tap("Filters")
    reader.page.get_by_label("Person").select_option(label="Dan Weaver")
    wait_for_match_count(reader, 26)
    reader.page.get_by_label("How they did it").select_option(label="In person")
    wait_for_match_count(reader, 8)
    reader.field("From").fill("2026-08-01")
    wait_for_match_count(reader, 4)
    expect(reader.button("Filters, 3 on")).to_have_attribute("aria-expanded", "true")
    reader.tap("Clear all")
    reader.page.get_by_label("May have broken an order").check()
    wait_for_match_count(reader, 1)
    reader.tap("Clear all")
    reader.page.get_by_label("Order", exact=True).select_option(index=1)
    wait_for_match_count(reader, 1)
    reader.tap("Clear all")
    reader.page.get_by_label("Only words and a time so far").check()
    wait_for_match_count(reader, 2)
    expect(entry_rows(reader).get_by_text("You can add details")).to_have_count(2)
    reader.tap("Clear all")
    reader.page.get_by_label("With a photo or file").check()
    wait_for_match_count(reader, 0)
    reader.tap("Clear all")
    # The search stays until it is cleared: opening an entry and going back keeps it.
    reader.field("Find in your entries").fill("blue coat")
    wait_for_match_count(reader, 6)
    entry_rows(reader).nth(3).click()
    reader.wait_for_text("Number 3.")
    reader.tap("Back")
    wait_for_match_count(reader, 6)
    expect(entry_rows(reader).nth(3)).to_be_focused()


def test_five_sentences_and_the_picture_come_first(new_phone: NewPhone, seeded_diary: SeededDiary) -> None:
    """On a small phone sentences and timeline take little more than the screen; each opens a page of its own."""
    keeper = sign_in_and_sync(new_phone(viewport={"width": 360, "height": 640}), seeded_diary)
    keeper.tap(re.compile("^Patterns"), exact=False)
    keeper.wait_for_screen("Patterns")
    sentences = keeper.page.get_by_role("list", name="Patterns").get_by_role("button")
    expect(sentences).to_have_count(5)
    picture = keeper.page.get_by_role("img", name=re.compile("^Timeline from 1 May 2026 to 30 Nov 2026"))
    expect(picture).to_be_visible()
    assert keeper.page.evaluate("() => document.documentElement.scrollHeight") <= 1.3 * 640
    # The third line of a sentence would be cut off.
    assert sentences.evaluate_all("(rows) => rows.every((row) => row.scrollHeight <= row.clientHeight)")
    seen = set()
    for number in range(5):
        sentences.nth(number).click()
        expect(keeper.page.locator("h1")).not_to_have_text("Patterns")
        title = keeper.page.locator("h1").inner_text()
        headings = keeper.page.locator("main h1, main h2, main caption, main summary").all_inner_texts()
        assert len(headings) == len(set(headings)), f"twice on {title}: {headings}"
        seen.add(title)
        keeper.page.go_back()
        keeper.wait_for_screen("Patterns")
    assert len(seen) == 5


def test_the_pattern_is_in_sentences_whose_numbers_open_their_entries(reader: BrowserKeeper) -> None:
    """The screen counts 31 times since 4 May, and six new accounts after a block.

    Each number on the five pages opens as many entries as it gives, and Back leads to the page again.
    """
    reader.tap(re.compile("^Patterns"), exact=False)
    reader.wait_for_screen("Patterns")
    sentences = reader.page.get_by_role("list", name="Patterns").get_by_role("button")
    expect(sentences).to_have_text(
        [
            "31 times since 4 May 2026.",
            "On 28 different days. Longest gap: 26 days.",
            "9 kinds of things. Most often: Phone calls (10).",
            "You told them to stop. Since then: 22 times.",
            "3 of 31 have a file, or others know of it.",
        ]
    )
    pressed, bare = [], []
    for number, title in enumerate(PAGE_TITLES):
        sentences.nth(number).click()
        reader.wait_for_screen(title)
        if title == "How often":
            reader.wait_for_text("1 entry has no known time.")
            reader.wait_for_text("about 67")
        pressed += _press_every_number(reader)
        bare += _bare_numbers(reader)
        reader.page.go_back()
        reader.wait_for_screen("Patterns")
    assert len(pressed) > 60
    # Days, gaps and messages do not count entries, and a "first time" is always one entry.
    counted = {name: int(match[1]) for name, _ in pressed if (match := re.match(r"(\d+)(?: times?| entr\w+)?: ", name))}
    assert len(counted) > 40
    assert [(name, shown) for name, shown in pressed if counted.get(name, shown) != shown] == []
    assert [name for name, shown in pressed if name.startswith("6 new accounts") and shown != 6] == []
    assert min(shown for _, shown in pressed) >= 1
    # Every number leads to its entries, except zero, the usual gap and headings.
    assert bare == ["Usual gap"]


def _press_every_number(reader: BrowserKeeper) -> list[tuple[str, int]]:
    """Press every number on the page. Return its name and the count of entries in the list that it opens."""
    expect(reader.page.locator(".number-link").first).to_be_visible()
    results: list[list[object]] = reader.page.evaluate(PRESS_EVERY_NUMBER_SCRIPT)
    return [(str(name), int(str(shown))) for name, shown in results]


def _bare_numbers(reader: BrowserKeeper) -> list[str]:
    """Return cells and facts with a number above zero that open nothing."""
    reader.page.evaluate(OPEN_ALL_DETAILS_SCRIPT)
    names: list[str] = reader.page.evaluate(
        """() => [...document.querySelectorAll('main td, main dd')]
          .filter((element) => /[1-9]/.test(element.textContent) && !element.querySelector('.number-link'))
          .map((element) => element.parentElement.querySelector('dt, th').textContent)"""
    )
    return names


def test_only_the_found_entries_are_shown_to_somebody(reader: BrowserKeeper) -> None:
    """The page "Show someone these" has exactly the found entries, ticked, and no others."""
    reader.field("Find in your entries").fill("blue coat")
    wait_for_match_count(reader, 6)
    reader.tap("Show someone these")
    reader.wait_for_screen("Show someone now")
    section = reader.page.locator("section", has=reader.page.get_by_role("heading", name="The entries you chose"))
    expect(section.get_by_role("checkbox")).to_have_count(6)
    for box in section.get_by_role("checkbox").all():
        expect(box).to_be_checked()
    section.get_by_role("checkbox").first.uncheck()
    assert accessibility_faults(reader.page) == []
    reader.tap("Show this")
    reader.wait_for_screen("Please read")
    expect(reader.page.get_by_text(re.compile("nice blue coat"))).to_have_count(5)
    expect(reader.page.get_by_text("Two silent calls.")).to_have_count(0)
    assert "Two silent calls" not in reader.page.content()
    reader.button("Close and lock").first.click()
    reader.wait_for_lock()


def test_the_pattern_lists_key_dates_first_times_and_gaps(reader: BrowserKeeper) -> None:
    """Key dates are in order with three counts, and a long gap is listed.

    First threat and first damage have their dates.
    """
    reader.tap(re.compile("^Patterns"), exact=False)
    reader.tap(re.compile("^You told them to stop"), exact=False)
    rows = reader.page.get_by_role("table", name="Before and after").get_by_role("row")
    expect(rows.nth(1)).to_be_attached()
    texts = [re.sub(r"\s+", " ", text) for text in rows.all_inner_texts()[1:]]
    assert texts == [
        "You told them to stop 20 May 2026 8 0 22",
        "You blocked them 1 Jun 2026 10 0 20",
        "You reported it 10 Jul 2026 18 0 12",
        "An order was given to them 3 Aug 2026 20 1 9",
    ]
    reader.page.go_back()
    reader.tap(re.compile("kinds of things"), exact=False)
    firsts = reader.page.locator("section", has=reader.page.get_by_role("heading", name="First time"))
    for words in ("A threat", "20 Aug 2026", "Something damaged", "25 Oct 2026", "In person", "3 Jul 2026"):
        expect(firsts).to_contain_text(words)
    reader.page.go_back()
    reader.tap(re.compile("different days"), exact=False)
    longest = reader.page.locator("section", has=reader.page.get_by_role("heading", name="Gaps"))
    expect(longest).to_contain_text("26 days, 25 Oct 2026 to 20 Nov 2026")


def test_the_four_words_show_counts_without_a_verdict(reader: BrowserKeeper) -> None:
    """The four words have no tick, score or total. A quiet line leads there from the entries."""
    reader.tap(re.compile("^Counts under four police words"), exact=False)
    reader.wait_for_screen("Counts for FOUR")
    main = reader.page.get_by_role("main")
    for word in ("Fixated", "Obsessive", "Unwanted", "Repeated"):
        expect(main.get_by_role("heading", name=word, level=2)).to_be_visible()
    expect(main.get_by_role("row", name=re.compile("Entries that name Dan Weaver"))).to_contain_text("26")
    expect(main.get_by_role("row", name=re.compile("^Entries Entries: 1 to 31"))).to_contain_text("31")
    assert main.locator("input, svg, progress, meter").count() == 0
    text = main.inner_text().lower()
    for word in ("score", "level", "high", "risk", "victim", "offence", "is stalking", "%"):
        assert word not in text, word


def test_the_pattern_counts_new_entries_offline_after_a_lock(reader: BrowserKeeper) -> None:
    """Offline after a lock, a new entry with a covered picture is added, and the count grows."""
    reader.wait_until_offline_ready()
    reader.page.context.set_offline(True)
    reader.lock()
    reader.unlock()
    reader.add_entry("He rang again just now.")
    reader.open_card("Photos & screenshots")
    reader.pick_files([picker_file("screen.png", "image/png", make_png())])
    reader.wait_for_file("screen.png")
    reader.go_to_tab("Entries")
    covered = reader.entry_row("He rang again just now.").locator("img")
    expect(covered).to_have_class("blurred")
    expect(covered).to_have_js_property("complete", value=True)
    reader.tap(re.compile("^Patterns"), exact=False)
    # The signal does not return: other tests use the same diary on the server.
    expect(reader.button(re.compile("^32 times since 4 May 2026"))).to_be_visible()


@pytest.mark.slow  # test_screens.py judges the same screens in every `make test`
def test_every_state_is_accessible_narrow_large_and_right_to_left(
    new_phone: NewPhone, seeded_diary: SeededDiary
) -> None:
    """No axe fault, small target, second h1 or sideways scrolling, whatever the size of screen and text.

    At 320 px, at 200 % text, right to left, in forced colours, and at a desk.
    """
    keeper = sign_in_and_sync(new_phone(viewport={"width": 320, "height": 640}), seeded_diary)
    faults_by_screen: dict[str, list[str]] = {}

    def judge(state: str) -> None:
        keeper.page.wait_for_timeout(150)
        screen_faults = accessibility_faults(keeper.page)
        if state.startswith("large"):
            screen_faults += [f"broken: {word}" for word in broken_words(keeper.page)]
        if state.startswith("forced"):
            screen_faults += keeper.page.evaluate(FORCED_COLOURS_SCRIPT)
        if screen_faults:
            faults_by_screen[state] = screen_faults

    for appearance in ("plain", "large", "rtl", "forced", "desk"):
        script = {
            "large": "document.documentElement.style.fontSize = '200%'",
            "rtl": "document.documentElement.style.fontSize = ''; document.documentElement.dir = 'rtl'",
            "forced": "document.documentElement.dir = 'ltr'",
        }
        keeper.page.evaluate(script.get(appearance, "''"))
        keeper.page.emulate_media(forced_colors="active" if appearance == "forced" else "none")
        if appearance == "desk":
            keeper.page.set_viewport_size(DESKTOP_SIZE)
        keeper.go_to_tab("Entries")
        judge(f"{appearance}: entries")
        keeper.tap(re.compile("^Filters"), exact=False)
        judge(f"{appearance}: filters")
        keeper.field("Find in your entries").fill("xyzzy")
        keeper.wait_for_text("No entry matches.")
        judge(f"{appearance}: nothing found")
        keeper.tap("Clear all")
        keeper.tap(re.compile("^Filters"), exact=False)
        keeper.tap(re.compile("^Patterns"), exact=False)
        sentences = keeper.page.get_by_role("list", name="Patterns").get_by_role("button")
        expect(sentences).to_have_count(5)
        judge(f"{appearance}: patterns")
        for number, title in enumerate(PAGE_TITLES):
            sentences.nth(number).click()
            keeper.wait_for_screen(title)
            keeper.page.evaluate(OPEN_ALL_DETAILS_SCRIPT)
            judge(f"{appearance}: {title}")
            keeper.page.go_back()
            keeper.wait_for_screen("Patterns")
        sentences.first.click()
        keeper.tap(re.compile("^Counts under the four words"), exact=False)
        keeper.wait_for_screen("Counts for FOUR")
        judge(f"{appearance}: four")
    assert faults_by_screen == {}


def test_reading_back_works_by_keyboard_alone(new_phone: NewPhone, seeded_diary: SeededDiary) -> None:
    """Finding, filtering, opening, going back, the pattern and a number work without a mouse.

    The focus is always visible.
    """
    keeper = sign_in_and_sync(new_phone(viewport={"width": 1280, "height": 800}), seeded_diary)
    keys = keeper.page.keyboard

    def tab_to(name: str | re.Pattern[str], role: Literal["button", "searchbox"] = "button") -> None:
        target = keeper.page.get_by_role(role, name=name).first
        for _ in range(80):
            # After the last control the focus is in the browser’s own bars for a moment, and the page is covered.
            if target.count() and target.evaluate("(element) => element === document.activeElement"):
                return
            keys.press("Tab")
        raise AssertionError(f"no way to {name} by Tab")

    tab_to("Find in your entries", "searchbox")
    keys.type("blue coat")
    wait_for_match_count(keeper, 6)
    tab_to(re.compile("Number 6"))
    keys.press("Enter")
    expect(keeper.page.get_by_role("article")).to_contain_text("Number 6.")
    keeper.page.locator("body").press("Shift+Tab")
    keeper.go_to_tab("Entries")
    tab_to(re.compile("^Patterns"))
    keys.press("Enter")
    keeper.wait_for_screen("Patterns")
    tab_to(re.compile("^You told them to stop"))
    keys.press("Enter")
    keeper.wait_for_screen("Before and after")
    tab_to(re.compile("6 new accounts.*Show these entries"))
    keys.press("Enter")
    wait_for_match_count(keeper, 6)
