"""The public pages: which there are, and how each is made. They hold nothing of anybody's and keep nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment

from diary.config import Settings
from diary.web.files import StaticFile, read_file

# Address → template below templates/public/. A row here is all that a page of words needs.
PUBLIC_PAGES: Final[Mapping[str, str]] = {
    "/": "home.html",
    "/is-this-stalking": "stalking.html",
    "/young-people": "young.html",
    "/before-you-report": "report.html",
    "/officers": "officers.html",
    "/helpers": "helpers.html",
    "/training": "training.html",
    "/training/lesson": "lesson.html",
    "/safety": "safety.html",
    "/privacy": "privacy.html",
    "/accessibility": "accessibility.html",
    "/easy-read/is-this-stalking": "easy_stalking.html",
    "/easy-read/before-you-report": "easy_report.html",
}
# Address → file: what the pages bring along. Kept by no browser, like the pages themselves.
PUBLIC_FILES: Final[Mapping[str, str]] = {
    "/style.css": "templates/public_style.css",
    "/page.js": "templates/public_page.js",
    "/icon.svg": "static/icons/notes.svg",
}


def render_public(environment: Environment, settings: Settings) -> Mapping[str, bytes]:
    """Each page of PUBLIC_PAGES by its address. Raises the template's error when one cannot be made."""
    return {path: render_page(environment, settings, name, path) for path, name in PUBLIC_PAGES.items()}


def render_page(environment: Environment, settings: Settings, name: str, here: str, **more: object) -> bytes:
    """One public page. `here`: its address, so that the menu can mark it; `more`: what only this page needs."""
    told = {
        "bundle": size_of(training_file(settings)),
        "contact": settings.privacy_contact,
        "operator": settings.operator,
        "served": True,
        "start": settings.app_url,
        "style": "/style.css",
    }
    return environment.get_template(f"public/{name}").render(here=here, **told, **more).encode()


def render_lesson(environment: Environment) -> bytes:
    """The lesson as it lies in the training folder: no script, no address, its style sheet beside it."""
    return environment.get_template("public/lesson.html").render(served=False, style="style.css").encode()


def training_file(settings: Settings) -> Path:
    """Where `python -m diary training` leaves the folder for the public page."""
    return settings.data / "training" / "TRAINING.zip"


def size_of(path: Path) -> int:
    """Megabytes, rounded up; 0 when there is no such file."""
    return -(-path.stat().st_size // 1_000_000) if path.is_file() else 0


def read_public(static: Path, templates: Path) -> Mapping[str, StaticFile]:
    """Each file of PUBLIC_FILES by its address. Raises OSError for an unreadable one."""
    homes = {"static": static, "templates": templates}
    places = {path: name.partition("/") for path, name in PUBLIC_FILES.items()}
    return {path: read_file(homes[folder] / rest) for path, (folder, _, rest) in places.items()}
