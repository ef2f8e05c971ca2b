"""What a desk adds: files dropped or pasted anywhere, keys that do one thing each, and columns that say what for."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He waited by the car."
# Drop or paste made-up files on an element, as a browser does. Returns whether the page took them from the browser.
GIVE_SCRIPT = """(element, [how, names, text]) => {
  const data = new DataTransfer();
  for (const name of names) {
    const parts = name.startsWith('empty') ? [] : ['Dear you'];
    data.items.add(new File(parts, name, { type: 'text/plain' }));
  }
  if (text) data.setData('text/plain', text);
  const options = { bubbles: true, cancelable: true };
  if (how === 'paste') return !element.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
  const over = element.dispatchEvent(new DragEvent('dragover', { ...options, dataTransfer: data }));
  return !element.dispatchEvent(new DragEvent('drop', { ...options, dataTransfer: data })) && !over;
}"""

# Keep what a browser reports of drags, in order.
RECORD_DRAGS_SCRIPT = """() => {
  window.drags = [];
  for (const name of ['dragstart', 'drop'])
    addEventListener(name, (event) => window.drags.push(event.defaultPrevented ? `${name} prevented` : name));
}"""


@pytest.fixture
def keeper(new_phone: NewPhone) -> BrowserKeeper:
    """Return a keeper at a desk, with one entry."""
    keeper = new_phone(viewport={"width": 1280, "height": 800})
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    return keeper


def give(keeper: BrowserKeeper, how: str, *names: str, on: str = "body", text: str = "") -> bool:
    """Drop or paste files; return whether the page took them from the browser."""
    return bool(keeper.page.locator(on).first.evaluate(GIVE_SCRIPT, [how, list(names), text]))


def test_dropped_files_begin_an_entry_wherever_the_keeper_is(keeper: BrowserKeeper) -> None:
    """Several at once go into a new entry; one that cannot be kept is refused by its name, and the page stays."""
    keeper.go_to_tab("Entries")
    address = keeper.page.url
    assert give(keeper, "drop", "letter.txt", "empty.txt", "note.txt", on="main")
    keeper.tap("No, it is not")
    keeper.wait_for_screen("What happened?")
    keeper.wait_for_file("letter.txt")
    keeper.wait_for_file("note.txt")
    expect(keeper.page.get_by_role("alert")).to_contain_text("empty.txt: This file is empty, so it was not added.")
    assert keeper.page.url == address
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")


def test_a_pasted_file_joins_the_entry_that_is_written(keeper: BrowserKeeper) -> None:
    """It goes to the half-written entry. Text in the clipboard stays text for the field that is typed in."""
    keeper.go_to_tab("Add")
    keeper.type_narrative("He left a letter.")
    assert not give(keeper, "paste", "words.txt", on="textarea", text="some words")
    assert not give(keeper, "paste", on="textarea", text="some words")
    assert give(keeper, "paste", "letter.txt")
    keeper.tap("No, it is not")
    keeper.wait_for_file("letter.txt")
    expect(keeper.page.get_by_text("words.txt")).to_have_count(0)
    expect(keeper.field("What happened?")).to_have_value("He left a letter.")


def test_a_file_joins_the_open_card_of_an_entry(keeper: BrowserKeeper) -> None:
    """A saved entry with a card open is being written: the file goes there, and begins no other."""
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    assert give(keeper, "drop", "letter.txt")
    keeper.tap("No, it is not")
    keeper.wait_for_file("letter.txt")
    expect(keeper.page.get_by_role("article")).to_contain_text(NARRATIVE)


def test_a_picture_of_the_app_cannot_be_dragged_in_as_a_file(keeper: BrowserKeeper) -> None:
    """A browser offers it as a new file, which is a smaller copy of the one that the keeper received."""
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("chat.png", "image/png", make_png())])
    keeper.wait_for_file("chat.png")
    keeper.file_tile("chat.png").first.click()
    keeper.tap("Show the picture")
    picture = keeper.wait_for_print_copy("chat.png")
    keeper.page.evaluate(RECORD_DRAGS_SCRIPT)
    # It waits until the picture stands still.
    picture.hover(position={"x": 60, "y": 60})
    box = picture.bounding_box()
    assert box is not None
    keeper.page.mouse.down()
    keeper.page.mouse.move(box["x"] + 160, box["y"] + 120, steps=8)
    keeper.page.mouse.up()
    keeper.wait_until(lambda: keeper.page.evaluate("() => window.drags") == ["dragstart prevented"], "one drag")
    expect(picture).to_be_visible()
    keeper.go_to_tab("Add")
    keeper.wait_for_screen("What happened?")
    expect(keeper.page.locator(".tile")).to_have_count(0)
    keeper.open_entry(NARRATIVE)
    keeper.wait_for_file("chat.png")
    expect(keeper.page.locator(".tile:not([aria-label='Look at chat.png'])")).to_have_count(0)


def test_a_drop_is_ignored_if_its_drag_began_in_the_page(keeper: BrowserKeeper) -> None:
    """It is ignored on a card too. A file that comes from outside afterwards is taken."""
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    body = keeper.page.locator("body")
    for place in ("body", ".card-body .stack"):
        body.dispatch_event("dragstart")
        assert give(keeper, "drop", "own.txt", on=place)
    for ending in ("drop", "dragend", "pointermove"):
        if ending != "drop":
            body.dispatch_event("dragstart")
            body.dispatch_event(ending)
        assert give(keeper, "drop", f"after-{ending}.txt")
        if ending == "drop":
            keeper.tap("No, it is not")
        keeper.wait_for_file(f"after-{ending}.txt")
    expect(keeper.page.get_by_text("own.txt")).to_have_count(0)


def test_a_drop_at_the_lock_is_caught_and_does_nothing(keeper: BrowserKeeper) -> None:
    """A browser would open the file in place of the lock. No key does anything there either."""
    keeper.lock()
    assert give(keeper, "drop", "letter.txt", on="main, body")
    assert not give(keeper, "paste", "letter.txt")
    keeper.page.locator("body").click(position={"x": 5, "y": 5})
    for key in ("n", "e", "p", "s", "?", "/", "l"):
        keeper.page.keyboard.press(key)
    keeper.wait_for_lock()
    assert "letter.txt" not in keeper.page.content()
    keeper.unlock()
    expect(keeper.page.get_by_text("letter.txt")).to_have_count(0)


def test_keys_lead_to_the_places_used_most(keeper: BrowserKeeper) -> None:
    """Each key is listed on the page that `?` opens, none fires while somebody types, and one locks."""
    keyboard = keeper.page.keyboard
    keeper.go_to_tab("More")
    for key, title in (("e", "Entries"), ("p", "Patterns"), ("s", "Share"), ("?", "Keys you can use")):
        keyboard.press(key)
        keeper.wait_for_screen(title)
    listed = keeper.page.locator("kbd").all_inner_texts()
    assert listed == ["N", "E", "/", "P", "S", "L", "?", "Shift"]
    keeper.page.go_back()
    keeper.wait_for_screen("Share")
    keyboard.press("/")
    expect(keeper.field("Find in your entries")).to_be_focused()
    keyboard.type("penlse?")
    expect(keeper.field("Find in your entries")).to_have_value("penlse?")
    keeper.wait_for_screen("Entries")
    keeper.heading("Entries").click()
    keyboard.press("n")
    keeper.wait_for_screen("What happened?")
    keeper.heading("What happened?").click()
    keyboard.press("Control+l")
    keeper.wait_for_screen("What happened?")
    keyboard.press("l")
    keeper.wait_for_lock()


def test_keys_can_be_switched_off(keeper: BrowserKeeper) -> None:
    """Somebody who speaks to the computer may press letters without meaning to."""
    keeper.go_to_tab("Entries")
    keeper.tap("See the keys you can use")
    keeper.page.get_by_label("Use these keys").uncheck()
    keeper.heading("Keys you can use").click()
    keeper.page.keyboard.press("l")
    keeper.page.keyboard.press("n")
    keeper.wait_for_screen("Keys you can use")
    keeper.page.get_by_label("Use these keys").check()
    keeper.heading("Keys you can use").click()
    keeper.page.keyboard.press("n")
    keeper.wait_for_screen("What happened?")


def test_an_empty_column_says_what_it_is_for(new_phone: NewPhone) -> None:
    """Beside the list."""
    keeper = new_phone(viewport={"width": 1280, "height": 800})
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.go_to_tab("Entries")
    main = keeper.page.get_by_role("main")
    expect(main).to_contain_text("Choose an entry from the list.")
    expect(main).to_contain_text("Drop or paste photos and files anywhere to begin a new entry.")
