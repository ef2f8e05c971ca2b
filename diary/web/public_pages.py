"""The public pages: which there are, and how each is made. They hold nothing of anybody's and keep nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment

from diary.config import Settings
from diary.paths import LOCALE
from diary.web.languages import ENGLISH, Translation, list_language_links, read_translations
from diary.web.static_files import StaticFile, read_static_file

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
TRAINING_PATH: Final = "/training"
# Address → file: what the pages bring along. Kept by no browser, like the pages themselves.
PUBLIC_FILES: Final[Mapping[str, str]] = {
    "/style.css": "templates/public_style.css",
    "/page.js": "templates/public_page.js",
    "/icon.svg": "static/icons/notes.svg",
}


@dataclass(frozen=True, slots=True)
class PageRenderer:
    """Makes the pages of one server, in every language it has."""

    environment: Environment
    settings: Settings
    translations: Sequence[Translation]

    def render(self, translation: Translation, template_name: str, path: str, **extra_context: object) -> bytes:
        """One page. `here`: its address without the language, '' where it has none; `more`: what only this page needs."""
        context = {
            "bundle": 0,
            "contact": self.settings.privacy_contact,
            "here": path,
            "listed": bool(path),
            "operator": self.settings.operator,
            "public": self.settings.public_url,
            "served": True,
            "start": self.settings.app_url,
            "style": "/style.css",
        }
        template = self.environment.get_template(f"public/{template_name}")
        return template.render(
            **translation.template_context(list_language_links(self.translations)), **(context | extra_context)
        ).encode()

    def render_all(self) -> Mapping[str, bytes]:
        """Each page of PUBLIC_PAGES in each language, by its address. Raises the template's error when one cannot be made."""
        return {
            words.language.path_prefix + path: self.render(words, name, path)
            for words in self.translations
            for path, name in PUBLIC_PAGES.items()
            if path != TRAINING_PATH
        }

    def training_pages(self) -> Mapping[str, "TrainingPage"]:
        """The page that hands out the training folder, in each language."""
        template_name = PUBLIC_PAGES[TRAINING_PATH]

        def make_page(translation: Translation) -> "TrainingPage":
            return TrainingPage(lambda size: self.render(translation, template_name, TRAINING_PATH, bundle=size))

        return {words.language.path_prefix + TRAINING_PATH: make_page(words) for words in self.translations}


class TrainingPage:
    """The page as it is now: the folder may be made while the server runs."""

    def __init__(self, render: Callable[[int], bytes]) -> None:
        """`render`: takes the folder's size in megabytes, 0 when there is none."""
        self._render = render
        self._cached: tuple[int, bytes] | None = None

    def page_for_size(self, megabytes: int) -> bytes:
        """The page that offers a folder of this size."""
        if self._cached is None or self._cached[0] != megabytes:
            self._cached = megabytes, self._render(megabytes)
        return self._cached[1]


def make_renderer(template_environment: Environment, settings: Settings) -> PageRenderer:
    """A renderer with every language that set-up has built. Raises BadSetting when one is missing."""
    return PageRenderer(template_environment, settings, read_translations(LOCALE))


def render_lesson(environment: Environment, translation: Translation) -> bytes:
    """The lesson as it lies in the training folder: no script, no address, its style sheet beside it."""
    context = translation.template_context(()) | {"served": False, "style": "style.css"}
    return environment.get_template("public/lesson.html").render(**context).encode()


def render_lessons(environment: Environment) -> Mapping[str, bytes]:
    """The lesson in every language, by its file's name in the training folder."""
    pages = {words.language: render_lesson(environment, words) for words in read_translations(LOCALE)}
    return {"lesson.html" if one is ENGLISH else f"lesson.{one.code}.html": page for one, page in pages.items()}


def training_zip_path(settings: Settings) -> Path:
    """Where `python -m diary training` leaves the folder for the public page."""
    return settings.data / "training" / "TRAINING.zip"


def size_in_megabytes(path: Path) -> int:
    """Megabytes, rounded up; 0 when there is no such file."""
    return -(-path.stat().st_size // 1_000_000) if path.is_file() else 0


def read_public_files(static: Path, templates: Path) -> Mapping[str, StaticFile]:
    """Each file of PUBLIC_FILES by its address. Raises OSError for an unreadable one."""
    source_folders = {"static": static, "templates": templates}
    path_parts = {path: name.partition("/") for path, name in PUBLIC_FILES.items()}
    return {path: read_static_file(source_folders[folder] / rest) for path, (folder, _, rest) in path_parts.items()}
