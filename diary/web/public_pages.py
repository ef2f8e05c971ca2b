"""The public pages: which there are, and how each is made. They hold nothing of anybody's and keep nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment

from diary.config import Settings
from diary.paths import LOCALE
from diary.web.languages import ENGLISH, Words, read_words, tongues_of
from diary.web.static_files import StaticFile, read_file

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
# The page that hands out the training folder: what it says depends on whether that has been made.
TRAINING_PAGE: Final = "/training"
# Address → file: what the pages bring along. Kept by no browser, like the pages themselves.
PUBLIC_FILES: Final[Mapping[str, str]] = {
    "/style.css": "templates/public_style.css",
    "/page.js": "templates/public_page.js",
    "/icon.svg": "static/icons/notes.svg",
}


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes the pages of one server, in every language it has."""

    environment: Environment
    settings: Settings
    words: Sequence[Words]

    def page(self, words: Words, name: str, here: str, **more: object) -> bytes:
        """One page. `here`: its address without the language, '' where it has none; `more`: what only this page needs."""
        told = {
            "bundle": 0,
            "contact": self.settings.privacy_contact,
            "here": here,
            "listed": bool(here),
            "operator": self.settings.operator,
            "public": self.settings.public_url,
            "served": True,
            "start": self.settings.app_url,
            "style": "/style.css",
        }
        template = self.environment.get_template(f"public/{name}")
        return template.render(**words.for_template(tongues_of(self.words)), **(told | more)).encode()

    def all(self) -> Mapping[str, bytes]:
        """Each page of PUBLIC_PAGES in each language, by its address. Raises the template's error when one cannot be made."""
        return {
            words.language.at + path: self.page(words, name, path)
            for words in self.words
            for path, name in PUBLIC_PAGES.items()
            if path != TRAINING_PAGE
        }

    def training(self) -> Mapping[str, "TrainingPage"]:
        """The page that hands out the training folder, in each language."""
        name = PUBLIC_PAGES[TRAINING_PAGE]

        def page_of(words: Words) -> "TrainingPage":
            return TrainingPage(lambda size: self.page(words, name, TRAINING_PAGE, bundle=size))

        return {words.language.at + TRAINING_PAGE: page_of(words) for words in self.words}


class TrainingPage:
    """The page as it is now: the folder may be made while the server runs."""

    def __init__(self, render: Callable[[int], bytes]) -> None:
        """`render`: takes the folder's size in megabytes, 0 when there is none."""
        self._render = render
        self._made: tuple[int, bytes] | None = None

    def at(self, size: int) -> bytes:
        """The page that offers a folder of this size."""
        if self._made is None or self._made[0] != size:
            self._made = size, self._render(size)
        return self._made[1]


def make_renderer(environment: Environment, settings: Settings) -> Renderer:
    """A renderer with every language that set-up has built. Raises BadSetting when one is missing."""
    return Renderer(environment, settings, read_words(LOCALE))


def render_lesson(environment: Environment, words: Words) -> bytes:
    """The lesson as it lies in the training folder: no script, no address, its style sheet beside it."""
    told = words.for_template(()) | {"served": False, "style": "style.css"}
    return environment.get_template("public/lesson.html").render(**told).encode()


def lessons(environment: Environment) -> Mapping[str, bytes]:
    """The lesson in every language, by its file's name in the training folder."""
    made = {words.language: render_lesson(environment, words) for words in read_words(LOCALE)}
    return {"lesson.html" if one is ENGLISH else f"lesson.{one.code}.html": page for one, page in made.items()}


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
