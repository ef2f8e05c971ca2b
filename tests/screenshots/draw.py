"""Draw screens as PNG files, with what is on them beside them as JSON."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jinja2
from playwright.sync_api import Browser

from tests.screenshots.conversations import Screen, make_screen

HERE = Path(__file__).resolve().parent
FONTS = HERE.parents[1] / "node_modules/@expo-google-fonts"
FACES = (
    ("Screen", 400, "noto-sans/400Regular/NotoSans_400Regular.ttf"),
    ("Screen", 600, "noto-sans/600SemiBold/NotoSans_600SemiBold.ttf"),
    ("Screen", 700, "noto-sans/700Bold/NotoSans_700Bold.ttf"),
    ("Urdu", 400, "noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf"),
    ("Emoji", 400, "noto-color-emoji/400Regular/NotoColorEmoji_400Regular.ttf"),
)
# Width and height in CSS pixels, pixels to a CSS pixel, the size of the type in CSS pixels.
SIZES = {"720x1600": (360, 800, 2, 16), "1170x2532": (390, 844, 3, 16), "1080x2400": (432, 960, 2.5, 14)}
LIGHT = {
    "page": "#ffffff", "ink": "#111111", "bar": "#ffffff", "line": "#dddddd", "face": "#b8c4d0", "grey": "#667078",
    "pill": "#ffffff", "left": "#e9e9eb", "left_ink": "#111111", "right": "#0a7cff", "right_ink": "#ffffff",
    "right_grey": "#5d7a63", "name": "#2d6fb3", "quote": "#f2f4f5", "red": "#c62828", "radius": 18,
}  # fmt: skip
DARK = {
    "page": "#000000", "ink": "#f2f2f2", "bar": "#121212", "line": "#333333", "face": "#4a5560", "grey": "#9aa3ab",
    "pill": "#1f2c34", "left": "#26262a", "left_ink": "#f2f2f2", "right": "#0a7cff", "right_ink": "#ffffff",
    "right_grey": "#9fc5b5", "name": "#6fb2f0", "quote": "#2a3942", "red": "#ff6b6b", "radius": 18,
}  # fmt: skip
APP_COLOURS: dict[tuple[str, bool], dict[str, str]] = {
    ("whatsapp", False): {
        "page": "#efeae2",
        "left": "#ffffff",
        "right": "#d9fdd3",
        "right_ink": "#111111",
        "radius": "9",
    },
    ("whatsapp", True): {"page": "#0b141a", "left": "#202c33", "right": "#005c4b", "radius": "9"},
    ("instagram", False): {"right": "linear-gradient(180deg, #a033d6, #5b4fe0)"},
    ("instagram", True): {"right": "linear-gradient(180deg, #8c2fc4, #5246cf)"},
    ("messenger", False): {"right": "#0866ff", "left": "#f0f0f0"},
    ("messenger", True): {"right": "#0866ff", "left": "#303030"},
}
HINTS = {
    "whatsapp": "Message",
    "imessage": "iMessage",
    "instagram": "Message…",
    "snapchat": "Send a chat",
    "messenger": "Aa",
}


def page_of(screen: Screen) -> str:
    """Return the HTML of a screen."""
    width, height, _, size = SIZES[screen.size]
    colours = {**(DARK if screen.dark else LIGHT), **APP_COLOURS.get((screen.app, screen.dark), {})}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("looks.html").render(
        screen=screen, width=width, height=height, type=size, small=size - 5, clock="22:47", hint=HINTS.get(screen.app, ""),
        fonts=[(family, weight, (FONTS / file).as_uri()) for family, weight, file in FACES], **colours,
    )  # fmt: skip


def _shown(screen: Screen, boxes: dict[str, list[float]], scale: float) -> list[dict[str, Any]]:
    """Return the items that stand wholly in the picture."""
    shown = []
    for no, item in enumerate(screen.items):
        left, top, right, bottom, limit = boxes[str(no)]
        if bottom > limit:
            continue
        box = [round(value * scale) for value in (left, top, right, bottom)]
        shown.append({**dataclasses.asdict(item), "box": box})
    return shown


BOXES = """() => { const limit = document.querySelector('.chat').getBoundingClientRect().bottom;
  return Object.fromEntries([...document.querySelectorAll('[data-row]')].map((row) => {
    const box = row.getBoundingClientRect();
    return [row.dataset.row, [box.left, box.top, box.right, box.bottom, limit]]; })); }"""


def draw(browser: Browser, folder: Path, pictures: int, seed: int) -> list[Path]:
    """Write picture.png and picture.json for each number. Returns the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(pictures):
        screen = make_screen(number, seed)
        width, height, scale, _ = SIZES[screen.size]
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
        source = folder / "page.html"
        source.write_text(page_of(screen))
        page.goto(source.as_uri())
        page.evaluate("document.fonts.ready")
        path = folder / f"{number:03}-{screen.app}.png"
        page.screenshot(path=path)
        shown = _shown(screen, page.evaluate(BOXES), scale)
        page.close()
        truth = {**dataclasses.asdict(screen), "items": shown}
        path.with_suffix(".json").write_text(json.dumps(truth, ensure_ascii=False, indent=1))
        paths.append(path)
    (folder / "page.html").unlink(missing_ok=True)
    return paths
