"""Pictures of a pack, six at a time: what one tap decides about, and what it never does."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.sharing import NONE_OF_THESE, NOTHING_SHOWS, READ_TILE_SCRIPT
from tests.browser.screen_steps import Step, js, press
from tests.browser.test_screens import PACK_STEPS, address, show
from tests.browser.test_screens_driven import OpenPage, calls_of

__all__ = ["address", "show"]

PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
# A picture of 600 × 800 pixels for each id, but for those whose names say what they are.
DRAWN_PICTURES = """
  stage.app.readPicture = async (id) => {
    if (id === 'missing') return null;
    if (id === 'broken') return { url: URL.createObjectURL(new Blob(['no picture'], { type: 'image/jpeg' })) };
    const sizes = { strip: [900, 9000], panorama: [6000, 900], screenshot: [900, 1950], letter: [900, 1273] };
    const canvas = new OffscreenCanvas(...(sizes[id] ?? [600, 800]));
    const context = canvas.getContext('2d');
    context.fillStyle = `hsl(${(id.length * 37 + id.charCodeAt(1) * 61) % 360} 40% 70%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    return { url: URL.createObjectURL(await canvas.convertToBlob({ type: 'image/jpeg' })) };
  }
"""


def review_of(*ids: str) -> Step:
    """Return a step that makes these the pictures to review."""
    names = ", ".join(f"'{name}'" for name in ids)
    return js(
        f"{DRAWN_PICTURES}; const review = stage.app.reviewPack; stage.app.reviewPack = async (chosen) => "
        f"({{...await review(chosen), pictures: [{names}].map((id) => ({{attachment: id, record: 'r0', name: id, "
        "kind: 'picture', place: false, decision: globalThis.decided?.[id] ?? null, printed: id}))})"
    )


def pictures_named(count: int) -> tuple[str, ...]:
    """Return ids of this many pictures."""
    return tuple(f"p{n}" for n in range(1, count + 1))


def grid_steps(*ids: str) -> tuple[Step, ...]:
    """Return the steps to the first screenful of these pictures."""
    return (PACK_STEPS[0], review_of(*ids), *PACK_STEPS[1:], press("Next"))


def centre(target: Locator) -> None:
    """Scroll until this is in the middle of the screen, clear of the bars."""
    target.evaluate("(element) => element.scrollIntoView({block: 'center'})")


def tile(page: Page, name: str) -> Locator:
    """Return the button of one picture."""
    return page.get_by_role("main").get_by_role("button", name=re.compile(rf"^Picture \d+ of \d+ {name}\."))


def see(page: Page, *names: str) -> None:
    """Scroll through each of these until it counts as seen."""
    for name in names:
        tile(page, name).evaluate(READ_TILE_SCRIPT)
        expect(tile(page, name)).to_contain_text("Seen")


def decisions(page: Page) -> list[Any]:
    """Return each decision: id and code."""
    return calls_of(page, "decidePicture")


def none_of_these(page: Page) -> Locator:
    """Return the button that decides about the whole screenful."""
    return page.get_by_role("button", name=NONE_OF_THESE, exact=True)


def tap_too_early(page: Page) -> None:
    """Tap the button while it is disabled."""
    expect(none_of_these(page)).to_have_attribute("aria-disabled", "true")
    centre(none_of_these(page))
    none_of_these(page).click(force=True)


def test_one_tap_decides_about_a_screenful_once_each_picture_was_on_screen(show: OpenPage) -> None:
    """Six at most, each as wide as the screen. Before, the tap says how many are missing and goes to the first."""
    page = show(grid_steps(*pictures_named(8)), **PHONE)
    expect(page.get_by_text("Pictures 1 to 6 of 8")).to_be_visible()
    expect(page.locator(".look-tile img")).to_have_count(6)
    widths = page.evaluate("() => [...document.querySelectorAll('.look-tile img')].map((one) => one.offsetWidth)")
    assert min(widths) >= 320
    tap_too_early(page)
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"^You have not seen (\d|one) of these pictures"))
    assert decisions(page) == []
    see(page, *pictures_named(6))
    expect(none_of_these(page)).not_to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("alert")).to_have_count(0)
    none_of_these(page).click()
    expect(page.get_by_text("Pictures 7 to 8 of 8")).to_be_visible()
    assert decisions(page) == [[name, "fine"] for name in pictures_named(6)]
    see(page, "p7", "p8")
    none_of_these(page).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    assert decisions(page) == [[name, "fine"] for name in pictures_named(8)]


def test_a_jump_over_pictures_does_not_make_them_seen(show: OpenPage) -> None:
    """Who goes to the end at once has not seen the middle, and the tap decides nothing."""
    page = show(grid_steps(*pictures_named(6)), **PHONE)
    see(page, "p1")
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    see(page, "p6")
    expect(tile(page, "p3")).to_contain_text("Not seen yet")
    tap_too_early(page)
    expect(tile(page, "p2")).to_be_focused()
    assert decisions(page) == []


def test_pictures_below_a_sheet_or_half_on_the_screen_are_not_seen(show: OpenPage) -> None:
    """A sheet over the page, and the bar at the bottom, cover what lies under them."""
    # As high as the pictures need: they must be whole in the window for this to show anything.
    page = show(grid_steps(*pictures_named(2)), viewport={"width": 1280, "height": 1200})
    see(page, "p1", "p2")  # loaded, so that nothing grows any more
    page.evaluate("() => stage.local.seen.states.clear()")
    page.get_by_role("button", name="Go on without looking at the rest").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate(
        "() => { scrollTo(0, 0); stage.local.seen.states.clear(); globalThis.looks = 0; "
        "const { look } = stage.local.seen; "
        "stage.local.seen.look = function () { globalThis.looks += 1; return look.call(this); }; "
        "for (const image of document.querySelectorAll('.look-tile img')) "
        "{ stage.local.seen.observer.unobserve(image); stage.local.seen.observer.observe(image); } }"
    )
    looks = page.evaluate(
        "async () => { for (let frame = 0; frame < 1200 && looks < 12; frame += 1)"
        " await new Promise((done) => requestAnimationFrame(done)); return looks; }"
    )
    assert looks >= 12
    assert page.evaluate("() => [...stage.local.seen.states.values()]") == []
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    see(page, "p1", "p2")


@pytest.mark.parametrize(("id_", "words"), [("broken", "It did not load."), ("missing", "It did not load.")])
def test_a_picture_that_did_not_load_is_not_seen(show: OpenPage, id_: str, words: str) -> None:
    """It says so, and keeps the screenful from being confirmed until it was decided about by itself."""
    page = show(grid_steps("p1", id_), **PHONE)
    see(page, "p1")
    expect(tile(page, id_)).to_contain_text(f"{words} Open it.")
    tap_too_early(page)
    assert decisions(page) == []
    tile(page, id_).click()
    expect(page.get_by_text("This browser cannot show it.")).to_be_visible()
    expect(page.get_by_role("button", name=NOTHING_SHOWS)).to_have_count(0)
    page.keyboard.press("1")
    assert decisions(page) == []
    page.get_by_role("button", name="It shows where I live, work or study").click()
    expect(tile(page, id_)).to_contain_text("Stays off the pages")
    none_of_these(page).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    assert decisions(page) == [[id_, "hold"], ["p1", "fine"]]


def test_a_long_strip_is_opened_by_itself(show: OpenPage) -> None:
    """A picture that is too narrow in the grid to be read does not count as seen there."""
    page = show(grid_steps("strip", "p1"), **PHONE)
    see(page, "p1")
    expect(tile(page, "strip")).to_contain_text("Too small here. Open it.")
    tap_too_early(page)
    assert decisions(page) == []


def nothing_shows(page: Page) -> Locator:
    """Return the button that says so of an opened picture."""
    return page.get_by_role("button", name=NOTHING_SHOWS, exact=True)


@pytest.mark.parametrize("id_", ["strip", "panorama"])
def test_a_long_picture_is_opened_large_and_looked_at_to_its_end(show: OpenPage, id_: str) -> None:
    """It is as wide as the screen, or as high as half of it. Nothing is said of it before its end was there."""
    page = show(grid_steps(id_), **PHONE)
    centre(tile(page, id_))
    expect(tile(page, id_)).to_contain_text("Too small here. Open it.")
    tile(page, id_).click()
    picture = page.locator(".look-picture img")
    expect(nothing_shows(page)).to_have_attribute("aria-disabled", "true")
    width, height = picture.evaluate("(image) => [image.offsetWidth, image.offsetHeight]")
    assert min(width, height) >= 300
    page.keyboard.press("1")
    nothing_shows(page).dispatch_event("click")
    expect(page.get_by_role("alert")).to_have_text("Scroll until the end of the picture is on the screen.")
    assert decisions(page) == []
    picture.evaluate("(image) => image.scrollIntoView({block: 'center', inline: 'start'})")
    expect(nothing_shows(page)).to_have_attribute("aria-disabled", "true")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    see_end(page)
    nothing_shows(page).click()
    expect(tile(page, id_)).to_contain_text("Nothing shows")
    assert decisions(page) == [[id_, "fine"]]


def see_end(page: Page) -> None:
    """Scroll to the end of the opened picture, and wait until it counts as seen."""
    page.locator(".look-picture img").evaluate(
        "(image) => { image.scrollIntoView({block: 'end', inline: 'end'}); scrollBy(0, 120); }"
    )
    expect(nothing_shows(page)).not_to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_an_opened_picture_is_made_larger_and_moved_with_the_keys(show: OpenPage, screen: dict[str, Any]) -> None:
    """Small print is read without a second finger. The next picture is opened at its usual size again."""
    page = show(grid_steps("letter", "p2"), **screen)
    tile(page, "letter").click()
    picture = page.locator(".look-picture img")
    larger = page.get_by_role("button", name="Make it larger")
    expect(larger).to_be_visible()  # once the picture is there
    before = picture.evaluate("(image) => image.offsetWidth")
    larger.click()
    frame = page.get_by_role("group", name="The picture, larger than the screen. Move it to see all of it.")
    assert picture.evaluate("(image) => image.offsetWidth") > 2.2 * before
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert accessibility_faults(page) == []
    frame.focus()
    for side, key in (("scrollLeft", "ArrowRight"), ("scrollTop", "ArrowDown")):
        page.keyboard.press(key)
        page.wait_for_function(f"() => document.querySelector('.look-large').{side} > 0")
    picture.evaluate("(image) => image.scrollIntoView({block: 'end', inline: 'end'})")
    page.wait_for_timeout(1000)  # longer than a picture must be looked at: its corner is not all of it
    expect(nothing_shows(page)).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Make it smaller").click()
    assert picture.evaluate("(image) => image.offsetWidth") == before
    page.get_by_role("button", name="Make it larger").click()
    page.get_by_role("button", name="Back to the pictures").click()
    tile(page, "p2").click()
    expect(page.get_by_role("button", name="Make it larger")).to_be_visible()


@pytest.mark.parametrize(
    "screen", [PHONE, PHONE | {"device_scale_factor": 1}, DESKTOP], ids=["sharp", "coarse", "desk"]
)
def test_print_of_a_letter_is_large_enough_to_be_read(show: OpenPage, screen: dict[str, Any]) -> None:
    """Print of 20 pixels in the copy is at least 6 CSS pixels high, whatever pixels the screen has."""
    ids = ("screenshot", "letter")
    page = show(grid_steps(*ids), **screen)
    see(page, *ids)
    heights = page.evaluate(
        "() => [...document.querySelectorAll('.look-tile img')].map((one) => "
        "20 * Math.min(one.clientWidth / one.naturalWidth, one.clientHeight / one.naturalHeight))"
    )
    assert min(heights) >= 6


def test_on_a_page_zoomed_far_out_nothing_counts_as_seen(show: OpenPage) -> None:
    """Half of the pixels are not enough to read anything."""
    page = show(grid_steps("letter"), **(PHONE | {"device_scale_factor": 0.5}))
    centre(tile(page, "letter"))
    expect(tile(page, "letter")).to_contain_text("Too small here. Open it.")


def test_a_picture_longer_than_the_screen_is_seen_once_all_of_it_passed(show: OpenPage) -> None:
    """Its top alone is not enough, for however long it is on the screen."""
    page = show(grid_steps("screenshot"), **PHONE)
    picture = page.locator(".look-tile img")
    picture.evaluate("(image) => { image.scrollIntoView({block: 'start'}); scrollBy(0, -70); }")
    expect(tile(page, "screenshot")).to_contain_text("Not seen yet")
    # What was on the screen for long enough counts, and nothing else does.
    while (looks := page.evaluate("() => [...stage.local.seen.looks.values()].flat()"))[:1] != [7]:
        page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    assert looks[-1] == 0
    expect(tile(page, "screenshot")).to_contain_text("Not seen yet")
    tap_too_early(page)
    assert decisions(page) == []
    see(page, "screenshot")
    none_of_these(page).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()


def test_each_screenful_says_what_to_look_for(show: OpenPage) -> None:
    """Before the pictures, and not only on the button after them."""
    page = show(grid_steps(*pictures_named(7)), **PHONE)
    words = page.get_by_text("Look for your home, work, school, new number or children.")
    expect(words).to_be_in_viewport()
    see(page, *pictures_named(6))
    none_of_these(page).click()
    expect(page.get_by_text("Picture 7 of 7", exact=True)).to_be_visible()
    expect(words).to_be_visible()


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("answer", ["It shows where I live, work or study", "Leave it out of packs"])
def test_a_double_tap_on_an_opened_picture_decides_about_it_alone(
    show: OpenPage, screen: dict[str, Any], answer: str
) -> None:
    """The second tap meets the screenful, where the button for all of them waits for a moment."""
    page = show(grid_steps(*pictures_named(6)), **screen)
    see(page, *pictures_named(5))
    tile(page, "p6").click()
    page.get_by_role("button", name=answer).dblclick()
    # The second tap may have opened another picture, which decides nothing.
    page.evaluate("() => stage.set({opened: null})")
    expect(tile(page, "p6")).to_contain_text(re.compile("Stays off the pages|Left out of packs"))
    assert [name for name, _ in decisions(page)] == ["p6"]
    # Wherever the button for all of them is: it is pressed before the browser draws again.
    page.evaluate("() => stage.set({opened: 'p6'})")
    expect(page.get_by_role("button", name=answer)).to_be_visible()
    page.evaluate(
        "(names) => { for (const name of names) "
        "[...document.querySelectorAll('main button')].find((one) => one.textContent.trim() === name).click(); }",
        [answer, NONE_OF_THESE],
    )
    expect(tile(page, "p6")).to_be_visible()
    assert [name for name, _ in decisions(page)] == ["p6", "p6"]
    none_of_these(page).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()


def test_a_double_tap_decides_about_one_screenful(show: OpenPage) -> None:
    """On a screen where the next six are all in view at once, the second tap meets pictures not seen yet."""
    page = show(grid_steps(*pictures_named(12)), **DESKTOP)
    see(page, *pictures_named(6))
    none_of_these(page).dblclick()
    # The second tap may open one of the next, which decides nothing.
    page.evaluate("() => stage.set({opened: null})")
    expect(page.get_by_text("Pictures 7 to 12 of 12")).to_be_visible()
    assert decisions(page) == [[name, "fine"] for name in pictures_named(6)]


def test_a_tap_while_pictures_load_decides_nothing(show: OpenPage) -> None:
    """A picture that is still on its way was seen by nobody."""
    slow = js(
        "const { readPicture } = stage.app; stage.app.readPicture = (id) => id !== 'p2' ? readPicture(id) "
        ": new Promise((resolve) => { globalThis.arrive = () => resolve(readPicture(id)); })"
    )
    steps = grid_steps("p1", "p2")
    page = show((*steps[:2], slow, *steps[2:]), **DESKTOP)
    see(page, "p1")
    tap_too_early(page)
    expect(page.get_by_role("alert")).to_contain_text("You have not seen one of these pictures.")
    assert decisions(page) == []
    page.evaluate("() => { arrive(); }")
    see(page, "p2")
    none_of_these(page).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()


def test_pictures_are_picked_out_and_decided_about_alone(show: OpenPage) -> None:
    """A tap opens one with today's choices; Back closes it. The rest of the screenful is decided about without it."""
    page = show(grid_steps(*pictures_named(3)), **PHONE)
    tile(page, "p2").click()
    expect(page.get_by_text("Picture 2 of 3 · p2")).to_be_visible()
    page.go_back()
    expect(tile(page, "p2")).to_be_focused()
    tile(page, "p2").click()
    page.get_by_role("button", name="Leave it out of packs").click()
    expect(tile(page, "p2")).to_contain_text("Left out of packs")
    # Back from the pictures, and again to them, loses nothing.
    page.go_back()
    expect(page.get_by_role("heading", name="What goes in")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(tile(page, "p2")).to_contain_text("Left out of packs")
    see(page, "p1", "p3")
    none_of_these(page).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    assert decisions(page) == [["p2", "out"], ["p1", "fine"], ["p3", "fine"]]


def test_pictures_can_be_answered_one_by_one_from_the_keyboard(show: OpenPage) -> None:
    """For somebody who does not scroll: each picture is a button that says its name and what was decided."""
    page = show(grid_steps("p1", "p2"), **PHONE)
    for name in ("p1", "p2"):
        tile(page, name).focus()
        page.keyboard.press("Enter")
        expect(nothing_shows(page)).to_be_visible()
        page.keyboard.press("End")
        expect(nothing_shows(page)).not_to_have_attribute("aria-disabled", "true")
        page.keyboard.press("1")
        expect(tile(page, name)).to_be_focused()
        expect(tile(page, name)).to_have_accessible_name(re.compile("Nothing shows$"))
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()
    assert decisions(page) == [["p1", "fine"], ["p2", "fine"]]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("came_since", "A picture was changed on another device. Look at it again."),
        ("no_room", "The answer to one picture was not kept. Look at it again."),
    ],
)
def test_a_decision_that_did_not_hold_brings_the_picture_back(show: OpenPage, code: str, words: str) -> None:
    """Both a picture that was changed meanwhile and one whose answer was not kept must be seen again."""
    page = show(grid_steps("p1"), **PHONE)
    see(page, "p1")
    page.evaluate(f"() => {{ fake.fail.decidePicture = {{code: '{code}', sentence: 'No.'}}; }}")
    none_of_these(page).click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_text("Picture 1 of 1", exact=True)).to_be_visible()
    page.evaluate("() => { fake.fail = {}; }")
    see(page, "p1")
    none_of_these(page).click()
    expect(page.get_by_role("heading", name="Words that may say where you are")).to_be_visible()


def test_what_another_device_decided_stands(show: OpenPage) -> None:
    """One tap for all does not replace the decision that was made about one of them elsewhere."""
    kept = js("stage.app.decidePicture = async (id) => id === 'p2' ? 'hold' : 'fine'")
    page = show((*grid_steps(*pictures_named(7)), kept), **PHONE)
    see(page, *pictures_named(6))
    none_of_these(page).click()
    expect(page.get_by_text("Picture 7 of 7", exact=True)).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    expect(tile(page, "p2")).to_contain_text("Stays off the pages")
