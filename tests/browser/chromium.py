"""Chromium for the journeys: found or the test fails; never skipped."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
    "timezone_id": "Europe/London",
}
DESK: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "locale": "en-GB",
    "timezone_id": "Europe/London",
}
PATIENCE = int(os.environ.get("KEPT_PATIENCE", "30")) * 1000  # ms; a busy machine is slow, not wrong

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """CHROMIUM, else the first Chromium on the path; None lets Playwright use its own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def find_headless_shell() -> str | None:
    """The build of Chromium without windows, which costs a seventh less processor time; the whole one where it is not installed.

    Playwright's own default is this build too. Profiles, private windows and installed apps need the whole browser.
    """
    return shutil.which("chromium-headless-shell") or find_chromium()


def flags(spki: str) -> list[str]:
    """Command line of every Chromium under test: trusts the test's own certificate, is otherwise quiet."""
    quiet = [
        f"--ignore-certificate-errors-spki-list={spki}",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        # The two popups are pages of the browser's own, below an address bar that nobody sees: half a second a window.
        "--disable-features=Translate,OptimizationHints,MediaRouter,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    ]
    return [*quiet, "--no-sandbox"] if os.geteuid() == 0 else quiet


def launch(playwright: Playwright, spki: str) -> Browser:
    """A browser for contexts that leave nothing behind."""
    return playwright.chromium.launch(executable_path=find_headless_shell(), args=flags(spki))


@dataclass
class Complaints:
    """What a page complained of: uncaught errors and refused content. A journey ends with none."""

    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Note this page's complaints from now on."""
        page.on("pageerror", lambda error: self.heard.append(f"{error.name}: {error.message}\n{error.stack}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if "violates the following" in text or "Refused to" in text or "TrustedTypes" in text:
            self.heard.append(text)


@dataclass
class Profile:
    """A browser with a profile folder of its own, that can be killed and opened again."""

    playwright: Playwright
    spki: str
    folder: Path
    options: dict[str, Any]
    context: BrowserContext | None = None

    def open(self) -> BrowserContext:
        """Start the browser on the folder."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.folder), executable_path=find_chromium(), args=flags(self.spki), **self.options
        )
        self.context.set_default_timeout(PATIENCE)
        return self.context

    def kill(self) -> None:
        """SIGKILL every process of this profile, as a phone does that has run out of memory."""
        mark = str(self.folder).encode()
        while pids := [pid for pid, line in _command_lines() if mark in line and b"chrom" in line]:
            for pid in pids:
                with _gone_already():
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.close()

    def close(self) -> None:
        """End politely; after a kill this only tidies up."""
        if self.context is not None:
            try:
                self.context.close()
            except Error as error:
                if "closed" not in str(error).lower():
                    raise
            self.context = None


@contextmanager
def private_window(playwright: Playwright, spki: str, folder: Path, options: dict[str, Any]) -> Iterator[BrowserContext]:
    """A private window of a browser with a profile folder: an off-the-record context, as the browser's own menu opens one."""
    program = find_chromium() or playwright.chromium.executable_path
    asked = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", *flags(spki), "about:blank"]
    running = subprocess.Popen([program, *asked], stderr=subprocess.DEVNULL)
    try:
        told = folder / "DevToolsActivePort"
        for _ in range(PATIENCE // 50):
            if told.is_file() and "\n" in told.read_text():
                break
            time.sleep(0.05)
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{told.read_text().splitlines()[0]}")
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        yield context
        context.close()
        browser.new_browser_cdp_session().send("Browser.close")
        running.wait(PATIENCE / 1000)
    finally:
        running.kill()
        running.wait()


@contextmanager
def app_window(playwright: Playwright, spki: str, folder: Path, url: str) -> Iterator[Page]:
    """The app installed, in a window of its own: no address bar, no tabs, no Back but the keyboard's."""
    context = playwright.chromium.launch_persistent_context(
        str(folder),
        executable_path=find_chromium(),
        args=[*flags(spki), f"--app={url}", "--headless=new"],
        headless=False,  # the new headless mode has windows; Playwright's own has none to open an app in
        locale="en-GB",
        timezone_id="Europe/London",
    )
    context.set_default_timeout(PATIENCE)
    page = context.pages[0]
    page.wait_for_url(f"{url}/")
    page.wait_for_load_state("networkidle")
    context.new_cdp_session(page).send("PWA.install", {"manifestId": f"{url}/", "installUrlOrBundleUrl": f"{url}/"})
    yield page
    context.close()


@contextmanager
def _gone_already() -> Iterator[None]:
    try:
        yield
    except ProcessLookupError:
        return


def _command_lines() -> Iterator[tuple[int, bytes]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if line and int(entry.name) != os.getpid():
                yield int(entry.name), line


def slow(page: Page, rate: float) -> None:
    """Slow the page's main thread `rate` times, as devtools does. Workers keep their speed."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
