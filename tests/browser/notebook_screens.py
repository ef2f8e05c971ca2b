"""The notebook in both appearances, and setting one up without a diary, on the fake app."""

from tests.browser.screen_steps import NO_DIARY, Step, fill, js, press, set_form_values

NOTES_NOTEBOOK = js("fake.set({phase: 'notebook', look: {skin: 'notes', opens: 'lock'}})")
LISTS_NOTEBOOK = js("fake.set({phase: 'notebook', look: {skin: 'lists', opens: 'lock'}})")
NOTES_WRITTEN = js(
    "fake.notePut('b', 'Bins on Tuesday'); "
    "fake.notePut('a', 'Shopping\\n✓ Milk\\nBread and a very long thing to buy that wraps')"
)
NOTEBOOK_SCREENS: dict[str, tuple[Step, ...]] = {
    "notebook, empty": (NOTES_NOTEBOOK,),
    "notebook": (NOTES_NOTEBOOK, NOTES_WRITTEN),
    "notebook, looked for": (NOTES_NOTEBOOK, NOTES_WRITTEN, fill("Search", "bread")),
    "notebook, a note": (NOTES_NOTEBOOK, NOTES_WRITTEN, set_form_values("{note: 'a'}")),
    "lists": (LISTS_NOTEBOOK, NOTES_WRITTEN),
    "lists, one": (LISTS_NOTEBOOK, NOTES_WRITTEN, set_form_values("{note: 'a'}")),
    "only a notebook": (NO_DIARY, press("Only a notebook")),
    "only a notebook, not read": (NO_DIARY, press("Only a notebook"), press("Make it a notebook")),
    "only a notebook, something waits": (
        NO_DIARY,
        press("Only a notebook"),
        js("stage.fail({code: 'draft_waits', sentence: 'Something you wrote here is not saved yet.'})"),
    ),
}
