"""Find and start Chromium for the browser tests. A missing browser fails the test; it is never skipped."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright

PHONE_OPTIONS: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
    "timezone_id": "Europe/London",
}
DESKTOP_OPTIONS: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "locale": "en-GB",
    "timezone_id": "Europe/London",
}
TIMEOUT_MS = int(os.environ.get("KEPT_PATIENCE", "30")) * 1000  # ms; long, because a busy machine is slow

_PROGRAM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """Return $CHROMIUM, else the first Chromium on the path, else None: then Playwright uses its own."""
    configured = os.environ.get("CHROMIUM")
    if configured:
        return configured
    return next((path for name in _PROGRAM_NAMES if (path := shutil.which(name))), None)


def find_headless_shell() -> str | None:
    """Return the Chromium build without windows, else the full browser.

    It needs a seventh of the processor time, and Playwright uses it by default. Profiles, private windows and installed
    apps need the full browser.
    """
    return shutil.which("chromium-headless-shell") or find_chromium()


def browser_flags(spki: str) -> list[str]:
    """Return the flags of every Chromium under test: trust the test certificate, make no other requests."""
    quiet_flags = [
        f"--ignore-certificate-errors-spki-list={spki}",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        # The two popups are internal pages below an address bar that nobody sees.
        # They cost half a second for each window.
        "--disable-features=Translate,OptimizationHints,MediaRouter,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    ]
    return [*quiet_flags, "--no-sandbox"] if os.geteuid() == 0 else quiet_flags


def launch(playwright: Playwright, spki: str) -> Browser:
    """Start a browser for temporary contexts."""
    return playwright.chromium.launch(executable_path=find_headless_shell(), args=browser_flags(spki))


@dataclass
class PageErrors:
    """The errors of a page: uncaught exceptions and content that the policy refused. A test ends with none."""

    messages: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Record this page's errors from now on."""
        page.on("pageerror", lambda error: self.messages.append(f"{error.name}: {error.message}\n{error.stack}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if "violates the following" in text or "Refused to" in text or "TrustedTypes" in text:
            self.messages.append(text)


@dataclass
class Profile:
    """A browser with its own profile folder. It can be killed and opened again."""

    playwright: Playwright
    spki: str
    folder: Path
    options: dict[str, Any]
    context: BrowserContext | None = None

    def open(self) -> BrowserContext:
        """Start the browser on the profile folder."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.folder), executable_path=find_chromium(), args=browser_flags(self.spki), **self.options
        )
        self.context.set_default_timeout(TIMEOUT_MS)
        return self.context

    def pids(self) -> list[int]:
        """Return every process of this profile; the browser's own is the first."""
        folder_bytes = str(self.folder).encode()
        pids = [pid for pid, line in _command_lines() if folder_bytes in line and b"chrom" in line]
        return sorted(pids, key=lambda pid: (_started_at(pid), pid))

    def kill(self) -> None:
        """Send SIGKILL to every process of this profile, as a phone does when it runs out of memory."""
        while pids := self.pids():
            for pid in pids:
                with _ignore_missing_process():
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.close()

    def close(self) -> None:
        """Close the browser normally. After `kill`, only remove what is left."""
        if self.context is not None:
            try:
                self.context.close()
            except Error as error:
                if "closed" not in str(error).lower():
                    raise
            self.context = None


@contextmanager
def private_window(
    playwright: Playwright, spki: str, folder: Path, options: dict[str, Any]
) -> Iterator[BrowserContext]:
    """Open a private window of a browser with a profile folder.

    It is an off-the-record context, as the browser's own menu opens.
    """
    program = find_chromium() or playwright.chromium.executable_path
    arguments = [
        "--headless=new",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        *browser_flags(spki),
        "about:blank",
    ]
    process = subprocess.Popen([program, *arguments], stderr=subprocess.DEVNULL)
    try:
        port_file = folder / "DevToolsActivePort"
        for _ in range(TIMEOUT_MS // 50):
            if port_file.is_file() and "\n" in port_file.read_text():
                break
            time.sleep(0.05)
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port_file.read_text().splitlines()[0]}")
        context = browser.new_context(**options)
        context.set_default_timeout(TIMEOUT_MS)
        yield context
        context.close()
        browser.new_browser_cdp_session().send("Browser.close")
        process.wait(TIMEOUT_MS / 1000)
    finally:
        process.kill()
        process.wait()


@contextmanager
def app_window(playwright: Playwright, spki: str, folder: Path, url: str) -> Iterator[Page]:
    """Open the installed app in its own window, which has no address bar and no tabs. Back works only by keyboard."""
    context = playwright.chromium.launch_persistent_context(
        str(folder),
        executable_path=find_chromium(),
        args=[*browser_flags(spki), f"--app={url}", "--headless=new"],
        headless=False,  # The new headless mode can open app windows; Playwright's own cannot.
        locale="en-GB",
        timezone_id="Europe/London",
    )
    context.set_default_timeout(TIMEOUT_MS)
    page = context.pages[0]
    page.wait_for_url(f"{url}/")
    page.wait_for_load_state("networkidle")
    context.new_cdp_session(page).send("PWA.install", {"manifestId": f"{url}/", "installUrlOrBundleUrl": f"{url}/"})
    yield page
    context.close()


@contextmanager
def _ignore_missing_process() -> Iterator[None]:
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


def _started_at(pid: int) -> int:
    """Return when a process started, in clock ticks. Its number does not say: numbers are used again."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return sys.maxsize  # it has exited


def throttle_cpu(page: Page, factor: float) -> None:
    """Slow the page's main thread by the factor `rate`, as the developer tools do. Workers are not slowed."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": factor})


def slow_network(page: Page) -> None:
    """Slow the network as Lighthouse's "Slow 4G": 150 ms for each request, 1.6 Mbit/s down, 750 kbit/s up."""
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8},
    )
