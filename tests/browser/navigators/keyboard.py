"""A person with only a keyboard: Tab, Shift+Tab, arrows, Space, Enter and letters."""

from typing import Final

from playwright.sync_api import Locator, Page, expect

MAX_TAB_PRESSES: Final = 300
# Where the focus is, seen from the target: on it, before it in the page, or after it.
FOCUS_POSITION_SCRIPT: Final = """(target) => {
  const here = document.activeElement;
  if (here === target) return 'on';
  if (!here || here === document.body) return 'before';
  return here.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING ? 'after' : 'before';
}"""

IS_SAME_RADIO_GROUP: Final = """(element) => element.type === 'radio' && document.activeElement?.type === 'radio'
  && document.activeElement.name === element.name"""


class Keyboard:
    """Presses keys until the target has the focus. Nothing is clicked or focused by script."""

    def __init__(self, page: Page) -> None:
        """Use a page that has been opened."""
        self.page = page
        self.pressed = 0

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)
        self.pressed += 1

    def focus(self, target: Locator) -> None:
        """Tab to the target, in the shorter direction of the page's own order.

        In a group of radios, the chosen one takes the focus, or the first.
        """
        expect(target).to_be_visible()
        for _ in range(MAX_TAB_PRESSES):
            position = target.evaluate(FOCUS_POSITION_SCRIPT)
            if position == "on":
                return
            if target.evaluate(IS_SAME_RADIO_GROUP):
                self.press("ArrowDown" if position == "before" else "ArrowUp")
            else:
                self.press("Tab" if position == "before" else "Shift+Tab")
        raise AssertionError(f"never reached {target}")

    def press_button(self, button: Locator) -> None:
        """Go to a button and press Enter."""
        self.focus(button)
        self.press("Enter")

    def type_into(self, field: Locator, text: str) -> None:
        """Go to a field and replace its text. Type a date as digits, as the browser's own field expects."""
        self.focus(field)
        if field.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")  # the order of this browser's own language, not the page's
        else:
            self.press("Control+a")
            self.page.keyboard.insert_text(text)
        expect(field).to_have_value(text)

    def choose(self, choice: Locator) -> None:
        """Go to a chip or a tick box and choose it."""
        self.focus(choice)
        if not choice.is_checked():
            self.press("Space")
        expect(choice).to_be_checked()

    def toggle(self, choice: Locator) -> None:
        """Go to a tick box and toggle it."""
        self.focus(choice)
        was_checked = choice.is_checked()
        self.press("Space")
        expect(choice).to_be_checked(checked=not was_checked)
