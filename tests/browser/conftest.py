"""Fixtures of the browser tests: one certificate, one Chromium, a server for each module, a phone for each person."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import chromium
from tests.browser.context_pool import ContextPool
from tests.browser.live_server import Certificate, LiveServer, free_port, make_certificate
from tests.browser.navigators.keeper import BrowserKeeper

NewPhone = Callable[..., BrowserKeeper]
NewProfile = Callable[..., chromium.Profile]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as a Chromium test, unless it is marked for WebKit or Firefox."""
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents and not {"webkit", "firefox"} & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate made for this run. Only the browsers under test trust it."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Start Playwright. Its event loop runs in this thread, so it must end before other folders' tests."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright, certificate: Certificate) -> Iterator[Browser]:
    """Start one Chromium. Each phone is a context in it."""
    running = chromium.launch(playwright, certificate.spki)
    yield running
    running.close()


@pytest.fixture(scope="package")
def pool(browser: Browser) -> ContextPool:
    """Return the contexts that tests use one after another. They end with their browser."""
    return ContextPool(browser)


@pytest.fixture(scope="session")
def port() -> int:
    """Return the port of every module's server. Pooled phones store the app's files for its address."""
    return free_port()


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate, port: int
) -> Iterator[LiveServer]:
    """Run a server with an empty database for one module.

    Its phones use cheap key derivation. A module marked `first_visit` or `usual_locks` gets the product's own files, on
    its own port, because a pooled phone stores the files of an address. One marked `server_packs` makes packs.
    """
    data = tmp_path_factory.mktemp("server")
    settings = {"DIARY_SERVER_PACKS": "on"} if request.node.get_closest_marker("server_packs") else {}
    if any(request.node.get_closest_marker(name) for name in ("first_visit", "usual_locks")):
        live_server = LiveServer(data, certificate, settings=settings)
    else:
        live_server = LiveServer(data, certificate, port=port, cheap_crypto=True, settings=settings)
    live_server.start()
    yield live_server
    live_server.stop()


@pytest.fixture(autouse=True)
def _clear_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    """Clear the faults of one test before the next."""
    yield
    if "server" in request.fixturenames:
        live_server: LiveServer = request.getfixturevalue("server")
        live_server.clear_faults()
        live_server.start_if_stopped()


@pytest.fixture
def new_phone(
    request: pytest.FixtureRequest, browser: Browser, pool: ContextPool, server: LiveServer
) -> Iterator[NewPhone]:
    """Return a function that makes phones or desktops without a diary. Their pages must report no error.

    The app's own files may be left from an earlier test, except in a module or test marked `first_visit`.
    """
    page_errors = chromium.PageErrors()
    keepers: list[BrowserKeeper] = []
    is_first_visit = request.node.get_closest_marker("first_visit") is not None

    def make(**options: object) -> BrowserKeeper:
        settings = chromium.PHONE_OPTIONS | options
        if is_first_visit:
            context = browser.new_context(**settings)
            context.set_default_timeout(chromium.TIMEOUT_MS)
        else:
            context = pool.acquire(server.app_url, settings)
        page = context.new_page()
        page_errors.listen(page)
        # Playwright intercepts the file picker only while there is a listener. A key pressed at once can precede that
        # registration: then the picker opens in a headless browser, and no event ever comes.
        page.on("filechooser", lambda _chooser: None)
        keepers.append(BrowserKeeper(page, server.app_url))
        return keepers[-1]

    yield make
    for keeper in keepers:
        if is_first_visit:
            keeper.page.context.close()
        else:
            pool.release(keeper.page.context)
    assert page_errors.messages == []


@pytest.fixture
def keeper(new_phone: NewPhone) -> BrowserKeeper:
    """Return a keeper with a phone that has no diary."""
    return new_phone()


@pytest.fixture
def new_profile(
    playwright: Playwright, certificate: Certificate, server: LiveServer, tmp_path: Path
) -> Iterator[NewProfile]:
    """Return a function that makes browsers with a profile folder, which can be killed and searched."""
    profiles: list[chromium.Profile] = []

    def make(**options: object) -> chromium.Profile:
        folder = tmp_path / f"profile-{len(profiles)}"
        profiles.append(chromium.Profile(playwright, certificate.spki, folder, chromium.PHONE_OPTIONS | options))
        return profiles[-1]

    yield make
    for profile in profiles:
        profile.close()


@pytest.fixture
def phone_with_microphone(
    playwright: Playwright, certificate: Certificate, server: LiveServer
) -> Iterator[BrowserKeeper]:
    """Return a keeper whose phone has a fake microphone and a fake camera."""
    fake_devices = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with playwright.chromium.launch(
        executable_path=chromium.find_chromium(), args=[*chromium.browser_flags(certificate.spki), *fake_devices]
    ) as browser:
        context = browser.new_context(**chromium.PHONE_OPTIONS, permissions=["microphone", "camera"])
        context.set_default_timeout(chromium.TIMEOUT_MS)
        yield BrowserKeeper(context.new_page(), server.app_url)
