"""How the screens behave: focus, keys, leaving, covering, and their calls of the app."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Playwright, expect

from tests.browser import chromium
from tests.browser.live_server import Certificate
from tests.browser.screen_steps import NO_DIARY, OPEN_DIARY, fill, go_to_screen, js, press, set_form_values
from tests.browser.test_screens import RECORDS_LISTED, address, show

__all__ = ["address", "show"]
OpenPage = Callable[..., Page]

# The icons that are not as dark or as light as the words beside them.
ICONS_OF_THEIR_OWN = """() => [...document.querySelectorAll('main svg[stroke], nav svg[stroke]')]
  .filter((svg) => svg.checkVisibility() && getComputedStyle(svg).color !== getComputedStyle(svg.parentElement).color)
  .map((svg) => svg.parentElement.textContent.trim())"""
COLOUR = "(element) => getComputedStyle(element).color"


def calls_of(page: Page, name: str) -> list[Any]:
    """Return the argument of each call of the app's function `name`."""
    arguments: list[Any] = page.evaluate(
        "(name) => fake.asked.filter(([call]) => call === name).map(([, given]) => given ?? null)", name
    )
    return arguments


def test_the_first_entry_is_written_by_keyboard_alone(show: OpenPage) -> None:
    """From Start to six words, the first entry is sealed without a pointer."""
    page = show((NO_DIARY,))
    keys = page.keyboard
    expect(page.locator("h1")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Is this phone safe to write on?")).to_be_focused()
    page.get_by_role("button", name="Yes", exact=True).focus()
    keys.press("Enter")
    expect(page.locator("#narrative")).to_be_focused()
    keys.type("He was at the bus stop again.")
    keys.press("Tab")
    keys.press("Space")
    expect(page.get_by_role("radio", name="Just now")).to_be_checked()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#new-words")).to_be_focused()
    expect(page.get_by_text("lantern")).to_be_visible()
    keys.type("ribbon kettle orbit meadow lantern pencil")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Set up a backup")).to_be_focused()
    expect(page.get_by_text("Saved on this phone only")).to_be_visible()
    assert calls_of(page, "enrolHere") == ["ribbon kettle orbit meadow lantern pencil"]
    assert "ribbon" not in page.evaluate(
        "document.body.innerHTML + [...document.querySelectorAll('input')].map((input) => input.value)"
    )


def test_own_words_are_typed_twice(show: OpenPage) -> None:
    """Two different typings are refused. The same ones are accepted."""
    page = show((NO_DIARY, press("Start"), press("Yes"), fill("What happened?", "x"), press("Save")))
    page.get_by_label("Type your password").fill("my very own words")
    page.get_by_role("button", name="Save with this password").click()
    page.get_by_label("Type it once more").fill("my very own wurds")
    page.get_by_role("button", name="Save with this password").click()
    expect(page.get_by_text("The two are not the same.")).to_be_visible()
    assert calls_of(page, "enrolHere") == []
    page.get_by_label("Type it once more").fill("my very own words")
    page.get_by_role("button", name="Save with this password").click()
    expect(page.get_by_role("heading", name="Set up a backup")).to_be_visible()


def test_six_words_are_hidden_after_ten_seconds(show: OpenPage) -> None:
    """Ten seconds after the words are shown, they are dots again."""
    page = show()
    page.clock.install()
    js("fake.set({phase: 'fresh'}); stage.go({name: 'words'})")
    page.evaluate("fake.set({phase: 'fresh'}); stage.go({name: 'words'})")
    expect(page.get_by_text("ribbon")).to_be_visible()
    page.clock.run_for(10_100)
    expect(page.get_by_text("ribbon")).to_have_count(0)
    page.get_by_role("button", name="Show").first.click()
    expect(page.get_by_text("ribbon")).to_be_visible()


def test_a_shown_password_is_covered_ten_seconds_after_the_last_letter(show: OpenPage) -> None:
    """Typing keeps the text shown; ten seconds after it the text is dots, and no word is offered any more."""
    page = show((js("fake.set({phase: 'locked'})"),))
    page.clock.install()
    field = page.get_by_label("Your password")
    page.get_by_role("button", name="Show").click()
    page.clock.run_for(9_000)
    field.press_sequentially("act")
    page.clock.run_for(9_000)
    expect(field).to_have_attribute("type", "text")
    expect(page.get_by_role("option")).to_have_count(5)
    page.clock.run_for(1_100)
    expect(field).to_have_attribute("type", "password")
    expect(page.get_by_role("option")).to_have_count(0)


def test_escape_closes_the_words_to_tap_before_the_dialog(show: OpenPage) -> None:
    """In a dialog that asks for the password, Escape closes what is offered, and the dialog only when nothing is."""
    page = show(
        (
            OPEN_DIARY,
            js("fake.over = {taken_out: Date.now()}"),
            go_to_screen("entry", record="r0"),
            press("Delete it for good"),
            press("Delete it for good in seven days"),
        )
    )
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Type your password")
    field.click()
    dialog.get_by_role("button", name="Show").click()
    page.keyboard.type("act")
    expect(dialog.get_by_role("option")).to_have_count(5)
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("option")).to_have_count(0)
    expect(field).to_have_value("act")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_lock_empties_the_field_before_it_tries_the_words(show: OpenPage) -> None:
    """The words never stay on the screen. A failure is announced and takes the focus."""
    page = show(
        (
            js(
                "fake.fail.unlock = {code: 'no_match', sentence: 'That didn’t open anything. Try again.'};"
                "fake.set({phase: 'locked'})"
            ),
        )
    )
    page.get_by_label("Your password").fill("wrong words here")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.get_by_label("Your password").input_value() == ""
    assert calls_of(page, "unlock") == ["wrong words here"]


def test_text_typed_before_the_script_loads_is_kept(show: OpenPage) -> None:
    """The lock form in the HTML can be used before the script has loaded."""
    page = show()
    page.locator("#words").fill("typed early")
    js("fake.set({phase: 'locked'})")(page)
    assert page.get_by_label("Your password").input_value() == "typed early"


def test_the_focus_returns_after_a_dialog(show: OpenPage) -> None:
    """Escape closes the dialog, and the button that opened it has the focus again."""
    page = show((OPEN_DIARY, go_to_screen("help")))
    button = page.get_by_role("button", name="Ring 101")
    button.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_the_repeated_hour_is_asked(show: OpenPage) -> None:
    """01:30 on 25 October 2026 cannot be saved until the keeper chooses one of the two."""
    page = show((OPEN_DIARY,))
    page.get_by_role("radio", name="Pick a time").check()
    page.get_by_role("radio", name="Exact").check()
    page.get_by_label("Date", exact=True).fill("2026-10-25")
    page.get_by_label("Time", exact=True).fill("01:30")
    expect(page.get_by_text("so this time came twice")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.get_by_role("radio", name="The second").check()
    fields = page.evaluate("fake.state.draft.fields")
    assert (fields["occurred_start"], fields["utc_offset_min"]) == (1_792_891_800_000, 0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Saved")).to_be_focused()


def test_the_guard_moves_only_by_a_tap(show: OpenPage) -> None:
    """A postcode is pointed out. The text changes only on a tap, and "Leave it" is remembered."""
    page = show((OPEN_DIARY, fill("What happened?", "He waited at SE15 4TW for an hour")))
    expect(page.get_by_text("This looks like an address")).to_be_visible()
    assert page.evaluate("fake.state.draft.fields.narrative") == "He waited at SE15 4TW for an hour"
    page.get_by_role("button", name="Move this to Where (kept from the other person)").click()
    assert page.evaluate("fake.state.draft.restricted.place_detail") == "SE15 4TW"
    page.get_by_label("What happened?").fill("ring 07700 900123")
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_text("This looks like a phone number")).to_have_count(0)


def test_how_it_felt_is_asked_once(show: OpenPage) -> None:
    """The card has one box for the keeper's own words, however much is typed, and its row says them once."""
    page = show((OPEN_DIARY, fill("What happened?", "Once"), press("Save")))
    row = page.get_by_role("button", name="How it affected you")
    row.click()
    page.get_by_label("In your own words", exact=True).fill("I hid at SE15 4TW")
    expect(page.get_by_role("button", name="Move this to Where (kept from the other person)")).to_have_count(1)
    expect(page.get_by_role("textbox", name=re.compile("own words"))).to_have_count(1)
    page.get_by_role("button", name="Save this card").click()
    expect(row).to_contain_text("SE15 4TW")
    assert row.inner_text().count("SE15 4TW") == 1


def test_what_is_moved_to_the_place_is_not_for_others(show: OpenPage) -> None:
    """An address that is moved to Where unticks the box that lets others read the place.

    Otherwise the next change of "Where exactly?" would copy it to the pages that they read.
    """
    page = show((OPEN_DIARY, fill("What happened?", "Once"), press("Save")))
    page.get_by_role("button", name="Where").first.click()
    page.get_by_label("Where exactly?").fill("By the bus stop")
    box = page.get_by_label("Let the person you write about, or their lawyer, read these words about the place")
    box.check()
    page.get_by_role("button", name="Save this card").click()
    page.get_by_role("button", name="How it affected you").click()
    page.get_by_label("In your own words", exact=True).fill("I moved to SE15 4TW")
    page.get_by_role("button", name="Move this to Where (kept from the other person)").click()
    page.get_by_role("button", name="Save this card").click()
    saved = calls_of(page, "saveIncident")
    assert [change["fields"].get("place_in_chronology", "") for change in saved[-2:]] == ["By the bus stop", None]
    assert "SE15 4TW" in saved[-1]["restricted"]["place_detail"]


def test_a_late_result_does_not_change_the_next_screen(show: OpenPage) -> None:
    """A list is left without saving and finishes late: text typed on the next screen stays."""
    late = "(_, draft) => (draft ? Promise.resolve() : new Promise((end) => { window.end = end; }))"
    page = show(
        (
            OPEN_DIARY,
            js(f"fake.readSchedule = async () => ({{ parts: [], draft: null }}); fake.putScheduleDraft = {late}"),
            go_to_screen("schedule", record="r0"),
            press("Add one"),
            fill("Its words, exactly", "Answer me"),
            press("Leave without saving"),
            go_to_screen("add"),
            fill("What happened?", "He rang from 07700 900123"),
        )
    )
    page.evaluate("end()")
    page.get_by_label("What happened?").fill("He rang from 07700 900123 again")
    expect(page.get_by_text("This looks like a phone number")).to_be_visible()
    expect(page.get_by_label("What happened?")).to_have_value("He rang from 07700 900123 again")


def test_a_card_saves_only_itself(show: OpenPage) -> None:
    """A draft is stored while it is typed. Save sends only the changed fields, and which card was opened."""
    page = show((OPEN_DIARY, fill("What happened?", "Once"), press("Save")))
    page.get_by_role("button", name="Who").first.click()
    page.get_by_label("Who did it?").fill("My ex")
    assert page.evaluate("fake.asked.filter(([call]) => call === 'putCard').at(-1)[2].fields") == {"who": "My ex"}
    page.get_by_role("button", name="Save this card").click()
    expect(page.get_by_role("button", name="Who").first).to_contain_text("My ex")
    saved = page.evaluate("fake.asked.filter(([call]) => call === 'saveIncident').at(-1)[1]")
    assert saved["fields"]["who"] == "My ex"
    assert [opened["card"] for opened in saved["fields"]["cards_opened"]] == ["who"]
    assert saved["restricted"] == {}


def test_an_entry_becomes_notes_for_a_statement(show: OpenPage) -> None:
    """The notes can be copied and saved as text. Young people, and accounts that were recorded, have none."""
    place = js("fake.over = {restricted: {place_detail: '14 Elm Road'}}")
    page = show((OPEN_DIARY, place, go_to_screen("entry", record="r0")))
    words = page.locator(".narrative").inner_text()
    js("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }")(page)
    page.get_by_role("button", name="Notes for a statement").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Notes, not a statement.")
    sheet.get_by_role("button", name="Copy the notes").click()
    expect(sheet.get_by_role("status")).to_contain_text("Copied.")
    copied = page.evaluate("globalThis.copied")
    assert copied.startswith("Notes, not a statement. Take ") and words in copied and "Where\n14 Elm Road" in copied
    with page.expect_download() as download:
        sheet.get_by_role("button", name="Save as a text file").click()
    assert download.value.suggested_filename == "notes.txt"
    assert download.value.path().read_bytes().decode() == copied.replace("\n", "\r\n")
    js("navigator.clipboard.writeText = async () => { throw new Error('no'); }")(page)
    sheet.get_by_role("button", name="Copy the notes").click()
    expect(sheet.get_by_role("alert")).to_contain_text("The words could not be copied.")
    for fields in ("{narrative_media: 'a1'}", "{language: 'bfi'}"):
        page.evaluate(f"fake.changes.set('r0', {fields}); stage.closeSheet(); stage.refresh('entry:')")
        expect(page.get_by_role("button", name="Notes for a statement")).to_have_count(0)
    young = show((OPEN_DIARY, js("fake.young = true; stage.refresh('wording')"), go_to_screen("entry", record="r0")))
    expect(young.get_by_role("button", name="Copy the words")).to_be_visible()
    expect(young.get_by_role("button", name="Notes for a statement")).to_have_count(0)


def test_a_private_note_leaves_no_mark_in_the_entry(show: OpenPage) -> None:
    """The entry contains neither the note's text nor that its card was opened."""
    page = show((OPEN_DIARY, fill("What happened?", "Once"), press("Save")))
    before = len(calls_of(page, "saveIncident"))
    page.get_by_role("button", name="Private note").click()
    page.get_by_role("textbox", name="Private note").fill("I want to move away")
    page.get_by_role("button", name="Save this card").click()
    expect(page.get_by_role("textbox", name="Private note")).to_have_count(0)
    assert len(calls_of(page, "saveNote")) == 1
    assert len(calls_of(page, "saveIncident")) == before


def test_changing_earlier_words_asks_why(show: OpenPage) -> None:
    """Without a reason there is no change. After Cancel, the typed words stay."""
    page = show((OPEN_DIARY, go_to_screen("entry", record="r2"), press("Change the words or the time")))
    page.get_by_label("What happened?").fill("Other words")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save the change").click()
    expect(dialog.get_by_text("Write a short reason.")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    assert page.get_by_label("What happened?").input_value() == "Other words"
    page.get_by_role("button", name="Save", exact=True).click()
    dialog.get_by_label("Reason").fill("I got it wrong")
    dialog.get_by_role("button", name="Save the change").click()
    expect(page.get_by_text("Other words").first).to_be_visible()
    assert json.dumps(calls_of(page, "saveIncident")[-1]).count("I got it wrong") == 1


def test_screens_are_refreshed_after_a_change(show: OpenPage) -> None:
    """After news, the words for police, a visited entry and the kinds of pack are read again."""
    page = show((OPEN_DIARY, go_to_screen("quick")))
    expect(page.get_by_role("heading", name="Quick report")).to_be_visible()
    page.evaluate(
        """window.seen = [];
        for (const name of ['readForQuick', 'readIncident', 'packWays']) {
            const own = fake[name];
            fake[name] = (...given) => { window.seen.push(name); return own.apply(fake, given); };
        }"""
    )

    def is_read_again(name: str) -> None:
        page.wait_for_function("(name) => window.seen.includes(name)", arg=name)
        page.evaluate("window.seen = []")

    news = js("fake.set({ entries: [...fake.state.entries] })")
    news(page)
    is_read_again("readForQuick")
    go_to_screen("entry", record="r0")(page)
    is_read_again("readIncident")
    go_to_screen("entries")(page)
    news(page)
    go_to_screen("entry", record="r0")(page)
    is_read_again("readIncident")
    page.get_by_role("navigation").get_by_role("button", name="Share").click()
    is_read_again("packWays")
    page.get_by_role("navigation").get_by_role("button", name="Share").click()
    is_read_again("packWays")
    js("fake.set({ offline: true }); fake.set({ offline: false })")(page)
    is_read_again("packWays")


def test_pictures_are_blurred_until_touched(show: OpenPage) -> None:
    """Pictures are blurred in the tiles and in the viewer."""
    page = show((OPEN_DIARY, go_to_screen("entry", record="r0")))
    expect(page.locator(".tile img.blurred").first).to_be_visible()
    page.get_by_role("button", name="Look at Screenshot_20261103-204111.png").click()
    expect(page.locator(".look img.blurred")).to_be_visible()
    page.get_by_role("button", name="Show the picture").click()
    expect(page.locator(".look img:not(.blurred)")).to_be_visible()


SHOW_MANY_FILES = js(
    "const read = fake.readIncident.bind(fake); "
    "fake.readIncident = async (record) => { const whole = await read(record);"
    " const [file] = whole.attachments; return {...whole, attachments: Array.from({length: 300}, (_, i) =>"
    " ({...file, attachment: `m${i}`, name: `${i}.png`}))}; }"
)


def test_of_three_hundred_files_only_some_are_drawn(show: OpenPage) -> None:
    """Of many files only some are drawn, and more on request; with hidden pictures, none is drawn."""
    page = show((OPEN_DIARY, SHOW_MANY_FILES, go_to_screen("entry", record="r0")))
    expect(page.locator(".tile")).to_have_count(24)
    page.get_by_role("button", name="Show more files").click()
    expect(page.locator(".tile")).to_have_count(72)
    expect(page.locator(".tile img")).to_have_count(72)
    hidden = js("fake.readSettings = async () => ({fields: {pictures_hidden: true}, restricted: {}})")
    page = show((OPEN_DIARY, SHOW_MANY_FILES, hidden, js("stage.refresh()"), go_to_screen("entry", record="r0")))
    expect(page.locator(".tile")).to_have_count(24)
    expect(page.locator(".tile img")).to_have_count(0)


def test_added_files_record_how_they_came(show: OpenPage) -> None:
    """Picked, chosen and pasted files record how they came; a failed one has its message."""
    page = show((OPEN_DIARY, go_to_screen("add", record="r0"), set_form_values("{card: 'photos'}")))
    page.get_by_label("Choose from photos").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"x"})
    expect(page.locator("[role=status]", has_text="a.png: Saved on this phone. Not backed up yet.")).to_have_count(1)
    js("fake.fail.addFile = {code: 'empty_file', sentence: 'This file is empty, so it was not added.'}")(page)
    page.get_by_label("Choose a file").set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": b""})
    expect(page.get_by_role("alert")).to_contain_text("This file is empty")
    assert calls_of(page, "addFile")[0] == ["r0", "a.png", 1]


def test_a_long_list_is_drawn_in_parts(show: OpenPage) -> None:
    """Of ten thousand entries one screenful is drawn, and more while scrolling."""
    page = show((js("fake.open(10000)"), go_to_screen("entries")))
    assert page.locator("main .item").count() < 200
    beyond = page.locator("main .item", has_text="No. 9930 ")
    expect(beyond).to_have_count(0)
    for _ in range(12):
        page.mouse.wheel(0, 900)
        page.wait_for_timeout(80)
        if beyond.count():
            break
    expect(beyond).to_have_count(1)
    assert page.locator("main .item").count() < 200


def test_text_is_inert(show: OpenPage) -> None:
    """Markup in an entry is shown as typed."""
    bad = "<img src=x onerror=alert(1)>\"'`${7*7}<script>alert(2)</script>"
    page = show(
        (OPEN_DIARY, js(f"fake.state.entries[0].title = {json.dumps(bad)}"), go_to_screen("entry", record="r0"))
    )
    expect(page.locator(".narrative")).to_have_text(bad)
    assert page.locator("img[src=x]").count() == 0


def test_signing_in_leads_to_add(show: OpenPage) -> None:
    """Signing in, with words or with the code and new words, leads to Add. Nothing typed stays in the page."""
    page = show(
        (
            NO_DIARY,
            press("I have a username or a backup file"),
            fill("Username", "quiet-river-4821"),
            fill("Your password", "my own words"),
        )
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What happened?")).to_be_visible()
    assert calls_of(page, "signIn") == [{"login": "quiet-river-4821", "words": "my own words"}]
    page = show(
        (
            NO_DIARY,
            press("I have a username or a backup file"),
            press("Use my recovery code"),
            fill("Username", "a"),
            fill("Your recovery code", "b"),
        )
    )
    page.get_by_label("New password").fill("brand new words")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", name="What happened?")).to_be_visible()
    assert calls_of(page, "signInWithCode") == [{"login": "a", "code": "b", "newWords": "brand new words"}]


def test_the_page_to_add_a_picture_shows_nothing_else(show: OpenPage) -> None:
    """The page has Add, Save and a way to the lock, but no word, no count and no other control."""
    page = show((OPEN_DIARY, go_to_screen("entry", record="r0"), js("await fake.getPicture()")))
    expect(page.get_by_role("heading", name="Add picture")).to_be_focused()
    assert page.get_by_role("button").all_inner_texts() == ["Add", "Save", "Open"]
    assert "coat" not in page.evaluate("document.body.innerHTML")
    page.get_by_label("Add", exact=True).set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"x"})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Your password")).to_be_visible()


def test_an_empty_short_secret_is_not_told_to_type_the_password(show: OpenPage) -> None:
    """Its error says how long it must be. The password's field has its own."""
    page = show((OPEN_DIARY, go_to_screen("short"), press("Set up a PIN")))
    page.get_by_label("I have read this and want it all the same").check()
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("main")).to_contain_text("Type your password.")
    page.get_by_label("Type your password", exact=True).fill("my own words")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("main")).to_contain_text("Use six characters or more.")
    expect(page.get_by_role("main")).not_to_contain_text("Type your password.")


def test_a_photo_is_added_and_a_lock_turns_the_camera_off(
    playwright: Playwright, certificate: Certificate, address: str
) -> None:
    """A photo is added as taken here; a lock turns the camera off."""
    fake_devices = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with playwright.chromium.launch(
        executable_path=chromium.find_chromium(), args=[*chromium.browser_flags(certificate.spki), *fake_devices]
    ) as browser:
        page = browser.new_context(permissions=["camera"]).new_page()
        page.goto(address, wait_until="networkidle")
        for step in (
            OPEN_DIARY,
            set_form_values("{files: true}"),
            press("Take a picture here"),
            press("No, it is not"),
        ):
            step(page)
        expect(page.get_by_label("What the camera sees")).to_be_visible()
        page.wait_for_timeout(500)
        page.get_by_role("button", name="Take it").click()
        button = page.get_by_role("button", name="Take a picture here")
        expect(button).to_be_visible()
        assert str(calls_of(page, "addFile")[0][1]).startswith("camera-")
        button.click()
        expect(page.get_by_label("What the camera sees")).to_be_visible()
        page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]; fake.lock('idle')")
        page.get_by_label("Your password").wait_for()
        assert page.evaluate("track.readyState") == "ended"


def test_icons_are_as_light_as_words_in_forced_colours(show: OpenPage) -> None:
    """On a dark theme of the system, an icon in the app's own dark green would not be seen."""
    page = show((OPEN_DIARY,), forced_colors="active", color_scheme="dark")
    for step in (js("stage.draw()"), go_to_screen("more"), go_to_screen("chase"), go_to_screen("entries")):
        step(page)
        assert page.locator("main svg[stroke]").count()
        assert page.evaluate(ICONS_OF_THEIR_OWN) == []


def test_a_button_that_cannot_be_pressed_looks_so_in_forced_colours(show: OpenPage) -> None:
    """Save is greyed until there is something to save. The picture that was tapped is outlined."""
    page = show((OPEN_DIARY,), forced_colors="active")
    save = page.get_by_role("button", name="Save", exact=True)
    greyed = save.evaluate(COLOUR)
    picture = page.get_by_role("button", name="A call", exact=True)
    assert picture.evaluate("(element) => getComputedStyle(element).outlineStyle") == "none"
    picture.click()
    assert save.evaluate(COLOUR) != greyed
    picture.evaluate("(element) => element.blur()")
    assert picture.evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"


def test_the_box_grows_with_what_is_written(show: OpenPage) -> None:
    """Every line stays in sight, and the box never takes the whole screen."""
    page = show((OPEN_DIARY,), viewport={"width": 360, "height": 740})
    box = page.get_by_label("What happened?")
    box.fill("He was outside again.\n" * 9)
    assert box.evaluate("(element) => element.scrollHeight <= element.clientHeight + 1")
    box.fill("He was outside again.\n" * 60)
    assert box.evaluate("(element) => element.offsetHeight") <= 740 * 0.7 + 1


def test_the_ways_in_begin_where_the_heading_does(show: OpenPage) -> None:
    """However many lines a name takes, the first letters of all stand below each other, from the right in Urdu."""
    page = show((NO_DIARY,), viewport={"width": 320, "height": 640})
    edges = """(side) => [...document.querySelectorAll('h1, .door > .button-plain > span')].map((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return Math.round(range.getBoundingClientRect()[side]);
    })"""
    left = page.evaluate(edges, "left")
    assert len(left) == 4
    assert max(left) - min(left) <= 3, left
    page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    right = page.evaluate(edges, "right")
    assert max(right) - min(right) <= 3, right


HELD = "stage.app.{name} = () => new Promise((done) => {{ globalThis.finish = done; }})"


def test_what_ends_after_the_user_went_elsewhere_does_not_bring_them_back(show: OpenPage) -> None:
    """A slow phone seals for a while. Where the user is by then stays on screen."""
    page = show((OPEN_DIARY, js(HELD.format(name="dropDraft")), fill("What happened?", "x")))
    page.get_by_role("button", name="Throw this draft away").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Throw")).click()
    page.get_by_role("navigation").get_by_role("button", name="Entries").click()
    page.evaluate("finish()")
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    expect(page.get_by_role("heading", name="Entries")).to_be_visible()

    for step in (RECORDS_LISTED, js(HELD.format(name="attribute")), go_to_screen("attribute")):
        step(page)
    set_form_values("{chosen: new Set(['r0']), people: ['p0'], basis: ['guess'], reason: 'His voice.'}")(page)
    page.get_by_role("button", name="Save on each").click()
    page.get_by_role("navigation").get_by_role("button", name="More").click()
    page.evaluate("finish({changed: 1})")
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    expect(page.get_by_role("heading", name="More")).to_be_visible()
