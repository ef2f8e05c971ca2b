"""Real WebKit, driven by Selenium over WebKitGTK's own driver, on a display of its own."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import WebKitGTK
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

PATIENCE = 180  # seconds


def find_minibrowser() -> str:
    """WebKitGTK's own small browser; it lies beside the library, not on the path."""
    found = sorted(str(path) for path in Path("/usr").glob("lib*/**/webkit*gtk-*/MiniBrowser"))
    assert found, "WebKitGTK's MiniBrowser is not installed; `make test-all` says how"
    return found[-1]


@contextmanager
def display() -> Iterator[str]:
    """An X display nobody looks at."""
    xvfb = shutil.which("Xvfb")
    assert xvfb, "Xvfb is not installed; `make test-all` says how"
    read, write = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(write), "-screen", "0", "800x1000x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def webkit_driver() -> Iterator[WebKitGTK]:
    """A fresh WebKit with nothing in it, gone with its files afterwards."""
    program = shutil.which("WebKitWebDriver")
    assert program, "WebKitWebDriver is not installed; `make test-all` says how"
    with display() as name:
        options = Options()
        options.binary_location = find_minibrowser()
        options.add_argument("--automation")
        options.set_capability("acceptInsecureCerts", True)
        # As root WebKit's own sandbox cannot be set up; what it runs here is ours.
        environment = dict(os.environ) | {"DISPLAY": name, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        with warnings.catch_warnings():
            # Selenium's own class for this browser still calls Selenium's old constructor.
            warnings.filterwarnings("ignore", "setting remote_server_addr", DeprecationWarning)
            driver = WebKitGTK(options=options, service=Service(executable_path=program, env=environment))
        driver.set_script_timeout(PATIENCE)
        try:
            yield driver
        finally:
            driver.quit()
