"""What every answer carries, seen by a real browser."""

from tests.browser.conftest import NewPhone
from tests.browser.serving import Served


def test_the_page_loads(new_phone: NewPhone, server: Served) -> None:
    """The lock form stands in the HTML."""
    phone = new_phone()
    phone.page.goto(server.app_url)
    assert phone.page.title() == "Notes"
