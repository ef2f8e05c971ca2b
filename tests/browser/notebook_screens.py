"""The notebook in both looks, and setting one up without a diary, on the fake app."""

from tests.browser.acting import FRESH, Act, fill, js, local, press

NOTEBOOK = js("fake.set({phase: 'notebook', look: {skin: 'notes', opens: 'lock'}})")
LISTS = js("fake.set({phase: 'notebook', look: {skin: 'lists', opens: 'lock'}})")
NOTED = js(
    "fake.notePut('b', 'Bins on Tuesday'); "
    "fake.notePut('a', 'Shopping\\n✓ Milk\\nBread and a very long thing to buy that wraps')"
)
NOTEBOOK_SCREENS: dict[str, tuple[Act, ...]] = {
    "notebook, empty": (NOTEBOOK,),
    "notebook": (NOTEBOOK, NOTED),
    "notebook, looked for": (NOTEBOOK, NOTED, fill("Search", "bread")),
    "notebook, a note": (NOTEBOOK, NOTED, local("{note: 'a'}")),
    "lists": (LISTS, NOTED),
    "lists, one": (LISTS, NOTED, local("{note: 'a'}")),
    "only a notebook": (FRESH, press("Only a notebook")),
    "only a notebook, not read": (FRESH, press("Only a notebook"), press("Make it a notebook")),
    "only a notebook, something waits": (
        FRESH,
        press("Only a notebook"),
        js("stage.fail({code: 'draft_waits', sentence: 'Something you wrote here is not saved yet.'})"),
    ),
}
