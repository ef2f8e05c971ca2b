"""Real Firefox over WebDriver BiDi, which it speaks by itself: no driver program stands between a test and the browser.

[Note: no geckodriver] Debian has none, and the packages that promise one fetch it when they first run or carry a
stranger's binary. What a recipient's page needs is a dozen commands of the standard, and they are all here.
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

PATIENCE = 60.0  # seconds
NAMES = ("firefox-esr", "firefox")
# Where it says on which port it listens.
TOLD = "WebDriverBiDiServer.json"
PREFERENCES: dict[str, str | int | bool] = {
    # Downloads go to a folder without a question, as on a desk where nobody changed a setting.
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.download.alwaysOpenPanel": False,
    # Nothing is asked of the world outside.
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
    """Firefox's path; the test fails where there is none, it never stands aside."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, "Firefox is not installed; `make test-all` says how"
    return found


@dataclass
class Firefox:
    """One window of a Firefox that has never been used before."""

    socket: ClientConnection
    folder: Path  # its profile
    downloads: Path
    window: str = ""
    complaints: list[str] = field(default_factory=list)
    _last: int = 0

    def ask(self, method: str, **params: Any) -> Any:
        """One command; what it answers. What the page says meanwhile is noted. Raises AssertionError where it is refused."""
        self._last += 1
        self.socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=PATIENCE * 10))
            if told.get("type") == "event":
                self._note(told)
            elif told.get("id") == self._last:
                assert told["type"] == "success", told
                return told["result"]

    def _note(self, event: Any) -> None:
        """What the page complains of: an error nobody caught, or content its policy refused."""
        said = event["params"]
        if said.get("level") == "error":
            self.complaints.append(str(said.get("text")))

    def goes(self, address: str) -> None:
        """Open a page and wait until it is whole."""
        self.ask("browsingContext.navigate", context=self.window, url=address, wait="complete")

    def run(self, function: str, *given: object) -> Any:
        """What a function of the page's returns for what is given: both as JSON."""
        whole = f"async (raw) => JSON.stringify((await ({function})(...JSON.parse(raw))) ?? null)"
        answer = self.ask(
            "script.callFunction",
            functionDeclaration=whole,
            arguments=[{"type": "string", "value": json.dumps(given)}],
            target={"context": self.window},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    def find(self, css: str) -> dict[str, str]:
        """The one thing of this selector."""
        found = self.ask("browsingContext.locateNodes", context=self.window, locator={"type": "css", "value": css})["nodes"]
        assert len(found) == 1, f"{css}: {len(found)} of them"
        return {"sharedId": found[0]["sharedId"]}

    def presses(self, css: str) -> None:
        """A click in the middle of it, as with a mouse."""
        self.wait(lambda: self.run("(css) => !!document.querySelector(css)?.checkVisibility()", css), css)
        self.run("(css) => document.querySelector(css).scrollIntoView({ block: 'center', behavior: 'instant' })", css)
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": self.find(css)}}
        moves = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.ask("input.performActions", context=self.window, actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    def types(self, css: str, text: str) -> None:
        """Key by key into a field that is emptied first."""
        self.presses(css)
        self.run("(css) => { document.querySelector(css).value = ''; }", css)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.ask("input.performActions", context=self.window, actions=[{"type": "key", "id": "keys", "actions": keys}])

    def gives(self, css: str, *files: Path) -> None:
        """Files, or one folder, chosen in a field for them."""
        self.ask("input.setFiles", context=self.window, element=self.find(css), files=[str(file) for file in files])

    def text(self, css: str) -> str:
        """What is to be read there, nothing where it is not shown."""
        shown = "(css) => { const one = document.querySelector(css); return one?.checkVisibility() ? one.innerText : ''; }"
        return str(self.run(shown, css))

    def sees(self, css: str, words: str, patience: float = PATIENCE) -> None:
        """Wait until these words stand there."""
        self.wait(lambda: words in self.text(css), f"{css}: {words!r}, not {self.text(css)!r}", patience)

    def wait(self, held: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        """Wait until something holds."""
        until = time.monotonic() + patience
        while not held():
            assert time.monotonic() < until, f"waited in vain for {what}"
            time.sleep(0.05)

    def saved(self, patience: float = PATIENCE) -> Path:
        """The one file in Downloads, once it is whole."""
        self.wait(lambda: self._whole() is not None, "a download", patience)
        found = self._whole()
        assert found is not None
        return found

    def _whole(self) -> Path | None:
        """Firefox writes `name.part` and holds the name with an empty file; both go when it is done."""
        files = list(self.downloads.iterdir())
        done = len(files) == 1 and files[0].suffix != ".part" and files[0].stat().st_size > 0
        return files[0] if done else None


@contextmanager
def firefox(folder: Path, **preferences: str | int | bool) -> Iterator[Firefox]:
    """A fresh Firefox whose page may complain of nothing. `folder`: an empty one, for its profile and Downloads."""
    profile, downloads = folder / "profile", folder / "Downloads"
    profile.mkdir(parents=True)
    downloads.mkdir()
    told = PREFERENCES | {"browser.download.dir": str(downloads)} | preferences
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in told.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [find_firefox(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    environment = dict(os.environ) | {"HOME": str(folder), "TZ": "Europe/London", "MOZ_CRASHREPORTER_DISABLE": "1"}
    started = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _port(started, profile / TOLD)
        with connect(f"ws://127.0.0.1:{port}/session", max_size=None, compression=None) as socket:
            one = Firefox(socket, profile, downloads)
            # The tests' own certificate is trusted by nobody.
            one.ask("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
            one.ask("session.subscribe", events=["log.entryAdded"])
            one.window = one.ask("browsingContext.getTree")["contexts"][0]["context"]
            yield one
            assert one.complaints == []
            one.ask("browser.close")
    finally:
        if started.poll() is None:
            started.terminate()
        started.wait(PATIENCE)


def _port(started: subprocess.Popen[bytes], told: Path) -> int:
    """Where it listens, once it does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert started.poll() is None, "Firefox did not start"
        try:
            return int(json.loads(told.read_text(encoding="utf-8"))["ws_port"])
        except (OSError, ValueError, KeyError):
            time.sleep(0.05)
    raise AssertionError("Firefox said nothing of where it listens")
