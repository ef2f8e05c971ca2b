"""A person with a keyboard and nothing else: Tab, Shift+Tab, arrows, Space, Enter and letters."""

from typing import Final

from playwright.sync_api import Locator, Page, expect

MOST: Final = 300
# Where the focus is, seen from the target: on it, before it in the page, or after it.
WHERE: Final = """(target) => {
  const here = document.activeElement;
  if (here === target) return 'on';
  if (!here || here === document.body) return 'before';
  return here.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING ? 'after' : 'before';
}"""

SAME_RADIOS: Final = """(element) => element.type === 'radio' && document.activeElement?.type === 'radio'
  && document.activeElement.name === element.name"""


class Keys:
    """Presses keys until the target has the focus; nothing is ever clicked or focused by script."""

    def __init__(self, page: Page) -> None:
        """Use a page that has been opened."""
        self.page = page
        self.pressed = 0

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)
        self.pressed += 1

    def goes_to(self, target: Locator) -> None:
        """Tab to the target, in the shorter direction of the page's own order.

        In a group of radios, the chosen one takes the focus, or the first.
        """
        expect(target).to_be_visible()
        for _ in range(MOST):
            position = target.evaluate(WHERE)
            if position == "on":
                return
            if target.evaluate(SAME_RADIOS):
                self.press("ArrowDown" if position == "before" else "ArrowUp")
            else:
                self.press("Tab" if position == "before" else "Shift+Tab")
        raise AssertionError(f"never reached {target}")

    def presses(self, button: Locator) -> None:
        """Go to a button and press Enter."""
        self.goes_to(button)
        self.press("Enter")

    def types(self, field: Locator, text: str) -> None:
        """Go to a field and replace its text. A date is typed as digits, as the browser's own field expects."""
        self.goes_to(field)
        if field.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")  # the order of this browser's own language, not the page's
        else:
            self.press("Control+a")
            self.page.keyboard.insert_text(text)
        expect(field).to_have_value(text)

    def ticks(self, choice: Locator) -> None:
        """Go to a chip or a tick box and choose it."""
        self.goes_to(choice)
        if not choice.is_checked():
            self.press("Space")
        expect(choice).to_be_checked()

    def toggles(self, choice: Locator) -> None:
        """Go to a tick box and toggle it."""
        self.goes_to(choice)
        was = choice.is_checked()
        self.press("Space")
        expect(choice).to_be_checked(checked=not was)
