"""Find the programs that tests drive, such as browsers, qpdf and exiftool, and install them where possible.

    python .ci/tools.py chromium headless-shell webkit firefox qpdf exiftool witness
    python .ci/tools.py --print chromium

No test is skipped because its program is missing. Each program is looked for, and installed from Debian's packages if
this runs as root on Debian. Otherwise the run ends with a message that says what to install. Chromium's headless shell
only saves time: without it, tests use Chromium itself. The log witness is an independent Python program that needs a
newer Python than ours, so it has its own environment in .venv/witness, by .ci/witness.lock. `--print chromium` prints
the path found, or an empty line if Playwright's own Chromium is to be used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FIREFOX_NAMES = ("firefox-esr", "firefox")
# program: (Debian packages, what to install on other systems)
PACKAGES = {
    "chromium": (["chromium"], "Chromium or Chrome"),
    "headless-shell": (["chromium-headless-shell"], "Chromium's headless shell"),
    "webkit": (
        ["webkit2gtk-driver", "libwebkit2gtk-4.1-0", "xvfb"],
        "WebKitGTK with MiniBrowser and WebKitWebDriver, and Xvfb",
    ),
    "firefox": (["firefox-esr"], "Firefox"),
    "qpdf": (["qpdf"], "qpdf"),
    "soffice": (["libreoffice-calc"], "LibreOffice Calc"),
    "exiftool": (["libimage-exiftool-perl"], "exiftool"),
    "redis-server": (["redis-server"], "Redis"),
    "rumur": (["rumur", "gcc", "libc6-dev"], "the model checker Rumur and a C compiler"),
    "caddy": (["caddy"], "Caddy"),
    "systemd-analyze": (["systemd"], "systemd's systemd-analyze"),
}
ROOT = Path(__file__).resolve().parent.parent
WITNESS_VENV = ROOT / ".venv" / "witness"
WITNESS_PYTHON_VERSION = ">=3.12"


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def has_playwright_chromium() -> bool:
    """Check whether Playwright has, or can fetch, its own Chromium that starts."""
    probe = (
        "from playwright.sync_api import sync_playwright as p\n"
        "with p() as b: b.chromium.launch(args=['--no-sandbox']).close()"
    )

    def starts() -> bool:
        return subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode == 0

    if starts():
        return True
    try:
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            capture_output=True,
            check=False,
            timeout=300,
        )
    except subprocess.TimeoutExpired:
        return False
    return starts()


def find_minibrowser() -> str | None:
    """Return the path of WebKitGTK's MiniBrowser, which is beside the library and not on PATH, or None."""
    paths = [str(path) for path in Path("/usr").glob("lib*/**/webkit*gtk-*/MiniBrowser")]
    return max(paths, default=None)


def is_available(program: str) -> bool:
    """Check whether `program` is installed."""
    if program == "chromium":
        return find_chromium() is not None
    if program == "headless-shell":
        return shutil.which("chromium-headless-shell") is not None
    if program == "webkit":
        return bool(find_minibrowser() and shutil.which("WebKitWebDriver") and shutil.which("Xvfb"))
    if program == "firefox":
        return any(shutil.which(name) for name in FIREFOX_NAMES)
    if program == "rumur":
        return bool(shutil.which("rumur") and shutil.which("cc"))
    return shutil.which(program) is not None


def apt_install(packages: list[str]) -> None:
    """Install Debian's packages as root. A failure shows apt's own messages."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", "update"], env=env, check=False)
    subprocess.run(
        ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages],
        env=env,
        stdout=subprocess.DEVNULL,
        check=False,
    )


def install_witness() -> None:
    """Install the log witness by its lock file. Raise SystemExit if that is not possible."""
    lock = ROOT / ".ci" / "witness.lock"
    lock_digest, stamp_path = hashlib.sha256(lock.read_bytes()).hexdigest(), WITNESS_VENV / "stamp"
    if stamp_path.is_file() and stamp_path.read_text() == lock_digest:
        return
    print("set-up: a log witness, in its own environment", flush=True)
    # Trust the system's certificates, as pip does: the network of an organisation may have its own.
    uv = [str(Path(sys.executable).parent / "uv"), "--quiet", "--no-python-downloads", "--system-certs"]
    if subprocess.run(
        [*uv, "venv", "--clear", "--python", WITNESS_PYTHON_VERSION, WITNESS_VENV], check=False
    ).returncode:
        raise SystemExit(
            "set-up: tests need Python 3.12 or newer for a log witness. On Debian: sudo apt-get install python3"
        )
    install = [*uv, "pip", "install", "--python", WITNESS_VENV, "--require-hashes", "--no-deps", "-r", lock]
    if subprocess.run(install, check=False).returncode:
        raise SystemExit("set-up: the log witness could not be installed (.ci/witness.lock)")
    stamp_path.write_text(lock_digest)


def ensure_program(program: str) -> None:
    """Install `program` if it is missing. Raise SystemExit that says what to install if that is not possible."""
    if program == "witness":
        install_witness()
        return
    if is_available(program):
        return
    if program == "chromium" and has_playwright_chromium():
        return
    packages, name = PACKAGES[program]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"set-up: {name}, from Debian's packages", flush=True)
        apt_install(packages)
    if not is_available(program) and program != "headless-shell":
        raise SystemExit(f"set-up: tests need {name}. On Debian: sudo apt-get install {' '.join(packages)}")


def main() -> None:
    """Ensure that each named program is installed."""
    names = sys.argv[1:]
    if names[:1] == ["--print"]:
        print(find_chromium() or "")
        return
    unknown = [name for name in names if name not in {*PACKAGES, "witness"}]
    if unknown or not names:
        raise SystemExit(__doc__)
    for name in names:
        ensure_program(name)


if __name__ == "__main__":
    main()
