"""Drive real Firefox over WebDriver BiDi, which needs no driver program.

[Note: no geckodriver] Debian has none. The packages that offer one download it when they first run, or contain a third
party's binary. A recipient's page needs a dozen commands of the standard, and they are all here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

TIMEOUT_SECONDS = 60.0  # seconds
PROGRAM_NAMES = ("firefox-esr", "firefox")
# The file in which Firefox writes the port it listens on.
PORT_FILE = "WebDriverBiDiServer.json"
PREFERENCES: dict[str, str | int | bool] = {
    # Save downloads to a folder without asking, as the default settings do.
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.download.alwaysOpenPanel": False,
    # Make no request to the internet.
    "app.update.disabledForTesting": True,
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.systemAddon.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "intl.accept_languages": "en-GB",
}


def find_firefox() -> str:
    """Return the path of Firefox. Raise AssertionError if there is none: a missing browser is never skipped."""
    program = next((path for name in PROGRAM_NAMES if (path := shutil.which(name))), None)
    assert program, "Firefox is not installed; `make test-all` says how"
    return program


@dataclass
class FirefoxWindow:
    """One window of a new Firefox."""

    socket: ClientConnection
    folder: Path  # its profile
    downloads: Path
    window: str = ""
    errors: list[str] = field(default_factory=list)
    _last_command_id: int = 0

    def send_command(self, method: str, **params: Any) -> Any:
        """Send one command and return its result. Record events that arrive meanwhile.

        Raise AssertionError when the command is refused.
        """
        self._last_command_id += 1
        self.socket.send(json.dumps({"id": self._last_command_id, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(timeout=TIMEOUT_SECONDS * 10))
            if message.get("type") == "event":
                self._record_event(message)
            elif message.get("id") == self._last_command_id:
                assert message["type"] == "success", message
                return message["result"]

    def _record_event(self, event: Any) -> None:
        """Record the page's errors: uncaught exceptions and content that its policy refused."""
        details = event["params"]
        if details.get("level") == "error":
            self.errors.append(str(details.get("text")))

    def navigate(self, address: str) -> None:
        """Open a page and wait until it has loaded."""
        self.send_command("browsingContext.navigate", context=self.window, url=address, wait="complete")

    def call_function(self, function: str, *arguments: object) -> Any:
        """Call a function in the page and return its result; arguments and result pass as JSON."""
        source = f"async (raw) => JSON.stringify((await ({function})(...JSON.parse(raw))) ?? null)"
        response = self.send_command(
            "script.callFunction",
            functionDeclaration=source,
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.window},
            awaitPromise=True,
        )
        assert response["type"] == "success", response["exceptionDetails"]["text"]
        return json.loads(response["result"]["value"])

    def find(self, css: str) -> dict[str, str]:
        """Return the one element that matches this selector."""
        nodes = self.send_command(
            "browsingContext.locateNodes", context=self.window, locator={"type": "css", "value": css}
        )["nodes"]
        assert len(nodes) == 1, f"{css}: {len(nodes)} of them"
        return {"sharedId": nodes[0]["sharedId"]}

    def click(self, css: str) -> None:
        """Click the middle of an element, as with a mouse."""
        self.wait_until(
            lambda: self.call_function("(css) => !!document.querySelector(css)?.checkVisibility()", css), css
        )
        self.call_function(
            "(css) => document.querySelector(css).scrollIntoView({ block: 'center', behavior: 'instant' })", css
        )
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": self.find(css)}}
        moves = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.send_command(
            "input.performActions", context=self.window, actions=[{"type": "pointer", "id": "mouse", "actions": moves}]
        )

    def type_into(self, css: str, text: str) -> None:
        """Type key by key into a field, after emptying it."""
        self.click(css)
        self.call_function("(css) => { document.querySelector(css).value = ''; }", css)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.send_command(
            "input.performActions", context=self.window, actions=[{"type": "key", "id": "keys", "actions": keys}]
        )

    def choose_files(self, css: str, *files: Path) -> None:
        """Choose files, or one folder, in a file field."""
        self.send_command(
            "input.setFiles", context=self.window, element=self.find(css), files=[str(file) for file in files]
        )

    def text(self, css: str) -> str:
        """Return the visible text of an element. It is empty when the element is hidden."""
        script = (
            "(css) => { const at = document.querySelector(css); return at?.checkVisibility() ? at.innerText : ''; }"
        )
        return str(self.call_function(script, css))

    def wait_for_text(self, css: str, text: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Wait until an element shows these words."""
        self.wait_until(lambda: text in self.text(css), f"{css}: {text!r}, not {self.text(css)!r}", timeout_seconds)

    def wait_until(
        self, condition: Callable[[], object], description: str, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            assert time.monotonic() < deadline, f"{description} did not come in time"
            time.sleep(0.05)

    def wait_for_download(self, timeout_seconds: float = TIMEOUT_SECONDS) -> Path:
        """Return the one file in Downloads once it is complete."""
        self.wait_until(lambda: self._finished_download() is not None, "a download", timeout_seconds)
        file = self._finished_download()
        assert file is not None
        return file

    def _finished_download(self) -> Path | None:
        """Return the finished download, or None.

        Firefox writes `name.part` and reserves the name with an empty file. Both are gone when it is done.
        """
        files = list(self.downloads.iterdir())
        done = len(files) == 1 and files[0].suffix != ".part" and files[0].stat().st_size > 0
        return files[0] if done else None


@contextmanager
def run_firefox(folder: Path, **preferences: str | int | bool) -> Iterator[FirefoxWindow]:
    """Run a new Firefox whose page must report no error. `folder` is empty, for its profile and Downloads."""
    profile, downloads = folder / "profile", folder / "Downloads"
    profile.mkdir(parents=True)
    downloads.mkdir()
    settings = PREFERENCES | {"browser.download.dir": str(downloads)} | preferences
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [find_firefox(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    environment = dict(os.environ) | {"HOME": str(folder), "TZ": "Europe/London", "MOZ_CRASHREPORTER_DISABLE": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _wait_for_port(process, profile / PORT_FILE)
        with connect(f"ws://127.0.0.1:{port}/session", max_size=None, compression=None) as socket:
            browser = FirefoxWindow(socket, profile, downloads)
            # No browser trusts the tests' own certificate.
            browser.send_command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
            browser.send_command("session.subscribe", events=["log.entryAdded"])
            browser.window = browser.send_command("browsingContext.getTree")["contexts"][0]["context"]
            yield browser
            assert browser.errors == []
            browser.send_command("browser.close")
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(TIMEOUT_SECONDS)


def _wait_for_port(process: subprocess.Popen[bytes], port_file: Path) -> int:
    """Wait until Firefox listens, and return its port."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "Firefox did not start"
        try:
            return int(json.loads(port_file.read_text(encoding="utf-8"))["ws_port"])
        except (OSError, ValueError, KeyError):
            time.sleep(0.05)
    raise AssertionError("Firefox did not say which port it listens on")
