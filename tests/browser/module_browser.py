"""A browser for one module outside this folder. It ends with the module, because other tests need the event loop."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import chromium
from tests.browser.live_server import Certificate, make_certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate that only this module's browser trusts."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Start Playwright, whose event loop runs in this thread until the module ends."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, certificate: Certificate) -> Iterator[Browser]:
    """Start one Chromium."""
    running = chromium.launch(playwright, certificate.spki)
    yield running
    running.close()
