"""What a phone fetches before the door is drawn, and what it fetches in all: few files, and the first of them small."""

import gzip
import re

from diary.paths import STATIC, TEMPLATES
from diary.web.precache import make_release

MOST = 90_000  # bytes of packed scripts and styles before first use (docs/architecture.md, Budgets)
MOST_FILES = 40
SHELL = (TEMPLATES / "shell.html").read_text("utf-8")
DOOR = STATIC / "app" / "main.js"


def named() -> list[str]:
    """The files that the page names, as the browser asks for them."""
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', SHELL)


def test_the_door_is_one_script() -> None:
    """The page names one script, and that script waits for no other."""
    assert [name for name in named() if name.endswith(".js")] == ["/static/app/main.js"]
    assert re.findall(r"^(?:import|export)\b[^;]*?\bfrom\b|^import ['\"]", DOOR.read_text("utf-8"), re.MULTILINE) == []


def test_door_is_small() -> None:
    """Scripts and styles before first use, packed as the server packs them."""
    files = [DOOR, *STATIC.glob("css/*.css")]
    size = sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in files)
    assert size <= MOST, size


def test_heavy_things_come_when_needed() -> None:
    """No sealing, no word list, no lock engine, no pack, no QR code before the door is drawn."""
    modules = re.findall(r"^// (js/\S+|vendor/\S+)$", DOOR.read_text("utf-8"), re.MULTILINE)
    assert "js/main.js" in modules and "js/features/lock/door.js" in modules
    late = ("js/crypto/", "js/pack/", "js/net/", "vendor/noble", "vendor/hash-wasm", "vendor/words-en", "vendor/uqr")
    assert [name for name in modules if name.startswith(late)] == []


def test_the_whole_app_is_few_files() -> None:
    """Each file costs a phone some milliseconds, and a weak signal a round trip. A language comes when it is chosen."""
    files = make_release(STATIC, SHELL.encode()).files
    assert len([at for at in files if not at.startswith("/static/lang/")]) <= MOST_FILES
