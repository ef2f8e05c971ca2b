"""Go from the diary to a pack on the disk, through the screens."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.navigators.keeper import BrowserKeeper

PACK_TIMEOUT_MS = 120_000
# The label of the field that every export asks for.
PASSPHRASE_LABEL = "Type your password once more"
PACK_ON_SERVER = "Make a pack on the server"
NOTHING_SHOWS = "Nothing shows where I am"
NONE_OF_THESE = "None of these show my home, work, school, new number or children"

# As a person does who reads it: a picture that fits stands still, a longer one moves by slowly, again until it counts.
READ_TILE_SCRIPT = """
async (element) => {
  const [bar, pause, speed, started] = [90, 300, 0.25, performance.now()];
  let pane = element.parentElement;
  while (pane !== document.scrollingElement && !/auto|scroll/.test(getComputedStyle(pane).overflowY))
    pane = pane.parentElement;
  while (/^(Not seen yet|One moment)/.test(element.querySelector('.look-state').textContent.trim())) {
    const time = performance.now() - started;
    if (time > 20_000) return;
    const { top, height } = (element.querySelector('img') ?? element).getBoundingClientRect();
    const travel = height - (innerHeight - 2 * bar);
    const way = ((time * speed) % (travel + 2 * pause)) - pause;
    pane.scrollBy(0, travel > 0 ? top - bar + Math.max(0, Math.min(way, travel)) : top - (innerHeight - height) / 2);
    await new Promise(requestAnimationFrame);
  }
}
"""


def choose_usual_contents(keeper: BrowserKeeper, button: str = "Make a pack", *, initials: str = "jb") -> None:
    """Go from Share to the contents: everything, or what is new since the last pack.

    Before the first pack, confirm the warning about court and give the initials.
    """
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile(f"^{button}( For a slow phone.*)?$")).first.click()
    keeper.page.get_by_role("heading", name=re.compile("^(If this goes to court|What goes in)$")).wait_for()
    if keeper.heading("If this goes to court").is_visible():
        keeper.tap("I know this, go on")
    keeper.heading("What goes in").wait_for()  # as long as this browser's own limit: a long diary takes its time
    if keeper.field("Your initials").count():
        keeper.field("Your initials").fill(initials)


def review_findings(
    keeper: BrowserKeeper,
    pictures: int,
    *,
    films_and_letters: int = 0,
    answer: str = NOTHING_SHOWS,
    all_arrived: bool = False,
) -> None:
    """Answer for each picture, then for each film and letter, then for each finding in the text.

    `all_arrived` means that no more pictures are to come.
    """
    if not all_arrived:
        keeper.tap("Next")
    if pictures:
        review_pictures(keeper, pictures, answer=answer)
    for number in range(1, films_and_letters + 1):
        review_film_or_letter(keeper, number, films_and_letters)
    keeper.page.get_by_role(
        "heading", name=re.compile("^(Words that may say where|Before the pack is made)")
    ).wait_for()
    if keeper.heading("Before the pack is made").count():
        return  # nothing was found
    while (question := keeper.button("Leave it in")).count():
        count = question.count()
        question.first.click()
        keeper.taps += 1
        expect(question).to_have_count(count - 1)
    keeper.tap("Next")


def review_pictures(keeper: BrowserKeeper, pictures: int, *, answer: str = NOTHING_SHOWS) -> None:
    """Answer for this many pictures: one by one, or with one tap a screenful if nothing shows."""
    for first in range(0, pictures, 6):
        last = min(first + 6, pictures)
        screen = (
            f"Pictures {first + 1} to {last} of {pictures}" if last - first > 1 else f"Picture {last} of {pictures}"
        )
        expect(keeper.page.get_by_role("status").get_by_text(screen, exact=True)).to_be_visible()
        for n in range(first, last):
            if answer != NOTHING_SHOWS or not see_picture(keeper, n - first):
                open_picture(keeper, n - first)
                # What this browser cannot show is saved and opened before it can be answered.
                copy = keeper.button("Save a copy to open it")
                expect(copy.or_(keeper.button(answer)).first).to_be_visible()
                if copy.count():
                    copy.click()
                elif answer == NOTHING_SHOWS:
                    see_end(keeper)
                keeper.tap(answer)
        left_over = keeper.button(NONE_OF_THESE)
        keeper.tap(NONE_OF_THESE if left_over.count() else "Next")


def review_film_or_letter(keeper: BrowserKeeper, number: int = 1, total: int = 1) -> None:
    """Look at a film's still, or open a letter in another app, and answer that nothing shows.

    It is the file `number` of `total`.
    """
    place = re.compile(rf"^(Picture|File) {number} of {total}\b")
    expect(keeper.page.get_by_role("status").get_by_text(place)).to_be_visible()
    copy = keeper.button("Save a copy to open it")
    still = keeper.page.locator(".look-picture img")
    expect(copy.or_(still).first).to_be_visible()
    if still.count():
        see_end(keeper)
    else:
        copy.click()
    keeper.tap(NOTHING_SHOWS)


def picture_tiles(keeper: BrowserKeeper) -> Locator:
    """Return the buttons of the pictures on this screen."""
    return keeper.page.get_by_role("main").get_by_role("button", name=re.compile(r"^Picture \d+ of \d+"))


def see_picture(keeper: BrowserKeeper, index: int) -> bool:
    """Scroll through a picture of this screen until it counts as seen; false for one that cannot be seen here."""
    tile = picture_tiles(keeper).nth(index)
    tile.evaluate(READ_TILE_SCRIPT)
    expect(tile).to_have_accessible_name(re.compile("(Seen|It did not load. Open it.|Too small here. Open it.)$"))
    return tile.get_by_text("Seen", exact=True).count() == 1


def open_picture(keeper: BrowserKeeper, index: int) -> None:
    """Open a picture of this screen."""
    picture_tiles(keeper).nth(index).click()
    expect(keeper.button("Back to the pictures")).to_be_visible()
    keeper.taps += 1


def see_end(keeper: BrowserKeeper) -> None:
    """Scroll to the end of an opened picture: before that nobody can say that nothing shows."""
    keeper.page.locator(".look-picture img").evaluate(
        "(image) => { image.scrollIntoView({block: 'end', inline: 'end'}); scrollBy(0, 120); }"
    )
    expect(keeper.button(NOTHING_SHOWS)).not_to_have_attribute("aria-disabled", "true")


def go_to_consent(
    keeper: BrowserKeeper,
    pictures: int,
    *,
    films_and_letters: int = 0,
    initials: str = "jb",
    button: str = "Make a pack",
    is_everything: bool = False,
) -> None:
    """Choose the usual contents, fill in the officer's sheet, and answer for each picture, film and letter.

    `is_everything`: choose everything, also where there is an earlier pack.
    """
    choose_usual_contents(keeper, button, initials=initials)
    keeper.tap("Change")
    if is_everything:
        keeper.page.get_by_role("radio", name="Everything", exact=True).check()
    keeper.page.get_by_role("button", name=re.compile("^For the officer")).click()
    keeper.field("Name to use").fill("Jo")
    keeper.tap("Done")
    keeper.wait_for_text("Page for the officer: filled in")
    review_findings(keeper, pictures, films_and_letters=films_and_letters)
    keeper.wait_for_screen("Before the pack is made")


def give_consent(keeper: BrowserKeeper) -> None:
    """Consent by typing the words, and begin."""
    keeper.field(PASSPHRASE_LABEL).fill(keeper.passphrase)
    keeper.tap("Make the pack")


def save_pack(keeper: BrowserKeeper, folder: Path, *, name: str = "pack.zip") -> Path:
    """Wait until the pack is ready and save it below `folder`. The phone must accept downloads."""
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=PACK_TIMEOUT_MS)
    with keeper.page.expect_download() as saved:
        keeper.tap("Save it to this phone")
    assert re.fullmatch(r"documents-\d{4}-\d\d-\d\d\.zip", saved.value.suggested_filename)
    pack = folder / name
    saved.value.save_as(pack)
    return pack


def make_and_save_pack(
    keeper: BrowserKeeper, pictures: int, folder: Path, *, films_and_letters: int = 0, button: str = "Make a pack"
) -> Path:
    """Make a pack and save it below `folder`. Return the zip's path."""
    go_to_consent(keeper, pictures, films_and_letters=films_and_letters, button=button)
    give_consent(keeper)
    return save_pack(keeper, folder)
