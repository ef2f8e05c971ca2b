"""Files fetched before the unlock screen is drawn, and in total: few files, and small ones first."""

import gzip
import re

from diary.paths import STATIC, TEMPLATES
from diary.web.precache import make_release

FIRST_LOAD_LIMIT_BYTES = 90_000  # bytes of packed scripts and styles before first use (docs/architecture.md, Budgets)
APP_FILES_LIMIT = 40
SHELL_HTML = (TEMPLATES / "shell.html").read_text("utf-8")
UNLOCK_SCRIPT = STATIC / "app" / "main.js"


def files_named_by_the_shell() -> list[str]:
    """Return the files that the page refers to, as the browser requests them."""
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', SHELL_HTML)


def test_the_unlock_screen_is_one_script() -> None:
    """The page refers to one script, which waits for no other."""
    assert [name for name in files_named_by_the_shell() if name.endswith(".js")] == ["/static/app/main.js"]
    assert (
        re.findall(r"^(?:import|export)\b[^;]*?\bfrom\b|^import ['\"]", UNLOCK_SCRIPT.read_text("utf-8"), re.MULTILINE)
        == []
    )


def test_the_first_load_stays_below_its_limit() -> None:
    """Scripts and styles before first use, packed as the server packs them, are within the limit."""
    files = [UNLOCK_SCRIPT, *STATIC.glob("css/*.css")]
    size = sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in files)
    assert size <= FIRST_LOAD_LIMIT_BYTES, size


def test_heavy_modules_are_loaded_lazily() -> None:
    """Sealing, word list, lock engine, packs and QR codes are not loaded before the unlock screen is drawn."""
    modules = re.findall(r"^// (js/\S+|vendor/\S+)$", UNLOCK_SCRIPT.read_text("utf-8"), re.MULTILINE)
    assert "js/main.js" in modules and "js/features/lock/door.js" in modules
    lazy_prefixes = (
        "js/crypto/",
        "js/pack/",
        "js/net/",
        "vendor/noble",
        "vendor/hash-wasm",
        "vendor/words-en",
        "vendor/uqr",
    )
    assert [name for name in modules if name.startswith(lazy_prefixes)] == []


def test_the_whole_app_is_few_files() -> None:
    """Each file costs a phone milliseconds, and on a weak signal a round trip.

    Not counted: a language is loaded when it is chosen, what lays out pages when a pack is made, and what reads
    pictures when that is first wanted.
    """
    files = make_release(STATIC, SHELL_HTML.encode()).files
    later = ("/static/lang/", "/static/engine/")
    assert len([at for at in files if not at.startswith(later)]) <= APP_FILES_LIMIT
