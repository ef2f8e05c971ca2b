"""Drive real WebKit with Selenium, over WebKitGTK's own driver, on its own X display."""

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

TIMEOUT_SECONDS = 180  # seconds


def find_minibrowser() -> str:
    """Return the path of WebKitGTK's small browser, which lies beside the library, not on the path."""
    programs = sorted(str(path) for path in Path("/usr").glob("lib*/**/webkit*gtk-*/MiniBrowser"))
    assert programs, "WebKitGTK's MiniBrowser is not installed; `make test-all` says how"
    return programs[-1]


@contextmanager
def run_display() -> Iterator[str]:
    """Run an X display without a screen."""
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
        with os.fdopen(read) as number_pipe:
            yield f":{number_pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def run_webkit() -> Iterator[WebKitGTK]:
    """Run a new WebKit without data. Its files are deleted afterwards."""
    program = shutil.which("WebKitWebDriver")
    assert program, "WebKitWebDriver is not installed; `make test-all` says how"
    with run_display() as name:
        options = Options()
        options.binary_location = find_minibrowser()
        options.add_argument("--automation")
        options.set_capability("acceptInsecureCerts", True)
        # WebKit's own sandbox does not work as root. It runs only our pages here.
        environment = dict(os.environ) | {"DISPLAY": name, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        with warnings.catch_warnings():
            # Selenium's class for this browser still calls a deprecated constructor of Selenium.
            warnings.filterwarnings("ignore", "setting remote_server_addr", DeprecationWarning)
            driver = WebKitGTK(options=options, service=Service(executable_path=program, env=environment))
        driver.set_script_timeout(TIMEOUT_SECONDS)
        try:
            yield driver
        finally:
            driver.quit()
