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

SAME_RADIOS: Final = """(one) => one.type === 'radio' && document.activeElement?.type === 'radio'
  && document.activeElement.name === one.name"""


class Keys:
    """Presses keys until what is wanted has the focus; nothing is ever clicked or focused by script."""

    def __init__(self, page: Page) -> None:
        """At a page that has been opened."""
        self.page = page
        self.pressed = 0

    def press(self, key: str) -> None:
        """One key."""
        self.page.keyboard.press(key)
        self.pressed += 1

    def goes_to(self, target: Locator) -> None:
        """Tab there, whichever way is shorter in the page's own order. Of radios the chosen one takes the focus, or the first."""
        expect(target).to_be_visible()
        for _ in range(MOST):
            where = target.evaluate(WHERE)
            if where == "on":
                return
            if target.evaluate(SAME_RADIOS):
                self.press("ArrowDown" if where == "before" else "ArrowUp")
            else:
                self.press("Tab" if where == "before" else "Shift+Tab")
        raise AssertionError(f"never reached {target}")

    def presses(self, button: Locator) -> None:
        """Go to a button and press Enter."""
        self.goes_to(button)
        self.press("Enter")

    def types(self, field: Locator, text: str) -> None:
        """Go to a field and type, over what stands there; a date goes in as digits, as the browser's own field wants it."""
        self.goes_to(field)
        if field.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")  # the order of this browser's own language, not of the page's
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

    def turns(self, choice: Locator) -> None:
        """Go to a tick box and turn it over."""
        self.goes_to(choice)
        was = choice.is_checked()
        self.press("Space")
        expect(choice).to_be_checked(checked=not was)
