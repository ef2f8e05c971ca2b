"""Fixtures of the journeys: one certificate, one server a module, one Chromium, a phone for each person."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import chromium
from tests.browser.navigators.keeper import Keeper
from tests.browser.pool import ContextPool
from tests.browser.serving import Certificate, Served, free_port, make_certificate

NewPhone = Callable[..., Keeper]
NewProfile = Callable[..., chromium.Profile]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives WebKit or Firefox says so itself; everything else in this folder drives Chromium."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not {"webkit", "firefox"} & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Made for this run and trusted by nobody else."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright keeps an event loop running in this thread, so it must be gone before other folders' tests."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright, certificate: Certificate) -> Iterator[Browser]:
    """One Chromium; each phone is a context of its own in it."""
    running = chromium.launch(playwright, certificate.spki)
    yield running
    running.close()


@pytest.fixture(scope="package")
def pool(browser: Browser) -> ContextPool:
    """Phones that journeys use one after the other; they end with their browser."""
    return ContextPool(browser)


@pytest.fixture(scope="session")
def port() -> int:
    """The port of every module's server: pooled phones keep the app's files for its address."""
    return free_port()


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate, port: int
) -> Iterator[Served]:
    """A server with an empty database, for one module's journeys.

    Its phones take cheap locks. In a module marked `first_visit` or `usual_locks` they get the product's own files, at a port of
    its own: a pooled phone keeps the files of an address.
    """
    data = tmp_path_factory.mktemp("server")
    if any(request.node.get_closest_marker(name) for name in ("first_visit", "usual_locks")):
        served = Served(data, certificate)
    else:
        served = Served(data, certificate, port=port, for_journeys=True)
    served.start()
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def _behaves_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """No fault made by one journey reaches the next."""
    yield
    if "server" in request.fixturenames:
        served: Served = request.getfixturevalue("server")
        served.behave()
        served.start_if_stopped()


@pytest.fixture
def new_phone(request: pytest.FixtureRequest, browser: Browser, pool: ContextPool, server: Served) -> Iterator[NewPhone]:
    """Phones (or desks) that hold nothing of a diary. Their pages may complain of nothing.

    The app's own files may be there from an earlier journey. In a module or test marked `first_visit` they are not.
    """
    complaints = chromium.Complaints()
    keepers: list[Keeper] = []
    is_first_visit = request.node.get_closest_marker("first_visit") is not None

    def make(**options: object) -> Keeper:
        given = chromium.PHONE | options
        if is_first_visit:
            context = browser.new_context(**given)
            context.set_default_timeout(chromium.PATIENCE)
        else:
            context = pool.take(server.app_url, given)
        page = context.new_page()
        complaints.listen(page)
        # Playwright catches the file window only while somebody listens, and a key pressed at once can outrun
        # its asking for that: then the window opens in a headless browser and nobody ever hears of it.
        page.on("filechooser", lambda _chooser: None)
        keepers.append(Keeper(page, server.app_url))
        return keepers[-1]

    yield make
    for keeper in keepers:
        if is_first_visit:
            keeper.page.context.close()
        else:
            pool.give_back(keeper.page.context)
    assert complaints.heard == []


@pytest.fixture
def keeper(new_phone: NewPhone) -> Keeper:
    """Somebody with a phone that has never seen the app."""
    return new_phone()


@pytest.fixture
def new_profile(
    playwright: Playwright, certificate: Certificate, server: Served, tmp_path: Path
) -> Iterator[NewProfile]:
    """Browsers with a profile folder on disk: they can be killed, and the folder searched."""
    profiles: list[chromium.Profile] = []

    def make(**options: object) -> chromium.Profile:
        folder = tmp_path / f"profile-{len(profiles)}"
        profiles.append(
            chromium.Profile(playwright, certificate.spki, folder, chromium.PHONE | options)
        )
        return profiles[-1]

    yield make
    for profile in profiles:
        profile.close()


@pytest.fixture
def with_voice(playwright: Playwright, certificate: Certificate, server: Served) -> Iterator[Keeper]:
    """A phone whose microphone and camera make something up."""
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with playwright.chromium.launch(
        executable_path=chromium.find_chromium(), args=[*chromium.flags(certificate.spki), *fake]
    ) as browser:
        context = browser.new_context(**chromium.PHONE, permissions=["microphone", "camera"])
        context.set_default_timeout(chromium.PATIENCE)
        yield Keeper(context.new_page(), server.app_url)
