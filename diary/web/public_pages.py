"""The list of public pages, and how each is rendered. They contain no personal data and store nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment

from diary.config import Settings
from diary.paths import LOCALE
from diary.web.languages import ENGLISH, Translation, list_language_links, read_translations
from diary.web.static_files import StaticFile, read_static_file

# Path → template in templates/public/. A page of text needs no more than a row here.
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
# The page that offers the training folder. Its text depends on whether the folder has been made.
TRAINING_PATH: Final = "/training"
# Path → file that the pages use. Browsers do not store them, nor the pages.
PUBLIC_FILES: Final[Mapping[str, str]] = {
    "/style.css": "templates/public_style.css",
    "/page.js": "templates/public_page.js",
    "/icon.svg": "static/icons/notes.svg",
}


@dataclass(frozen=True, slots=True)
class PageRenderer:
    """Renderer of one server's pages in all its languages."""

    environment: Environment
    settings: Settings
    translations: Sequence[Translation]

    def render(self, translation: Translation, template_name: str, path: str, **extra_context: object) -> bytes:
        """Return one page.

        `path`: without the language, or '' if it has none. `extra_context`: values for this page only.
        """
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
        """Return the pages of PUBLIC_PAGES in each language, by path. Raise the template's error."""
        return {
            translation.language.path_prefix + path: self.render(translation, name, path)
            for translation in self.translations
            for path, name in PUBLIC_PAGES.items()
            if path != TRAINING_PATH
        }

    def training_pages(self) -> Mapping[str, "TrainingPage"]:
        """Return the page that offers the training folder, in each language."""
        template_name = PUBLIC_PAGES[TRAINING_PATH]

        def make_page(translation: Translation) -> "TrainingPage":
            return TrainingPage(lambda size: self.render(translation, template_name, TRAINING_PATH, bundle=size))

        return {
            translation.language.path_prefix + TRAINING_PATH: make_page(translation)
            for translation in self.translations
        }


class TrainingPage:
    """Page that depends on the size of the training folder, which may be made while the server runs."""

    def __init__(self, render: Callable[[int], bytes]) -> None:
        """Store `render`, which takes the folder's size in megabytes, or 0 if there is none."""
        self._render = render
        self._cached: tuple[int, bytes] | None = None

    def page_for_size(self, megabytes: int) -> bytes:
        """Return the page for a folder of this size."""
        if self._cached is None or self._cached[0] != megabytes:
            self._cached = megabytes, self._render(megabytes)
        return self._cached[1]


def make_renderer(template_environment: Environment, settings: Settings) -> PageRenderer:
    """Return a renderer with every language that set-up has built. Raise BadSetting if one is missing."""
    return PageRenderer(template_environment, settings, read_translations(LOCALE))


def render_lesson(environment: Environment, translation: Translation) -> bytes:
    """Return the lesson for the training folder: without scripts and links, and with its style sheet beside it."""
    context = translation.template_context(()) | {"served": False, "style": "style.css"}
    return environment.get_template("public/lesson.html").render(**context).encode()


def render_lessons(environment: Environment) -> Mapping[str, bytes]:
    """Return the lesson in every language, by its file name in the training folder."""
    pages = {translation.language: render_lesson(environment, translation) for translation in read_translations(LOCALE)}
    return {
        "lesson.html" if language is ENGLISH else f"lesson.{language.code}.html": page
        for language, page in pages.items()
    }


def training_zip_path(settings: Settings) -> Path:
    """Return the path of the zip that `python -m diary training` writes."""
    return settings.data / "training" / "TRAINING.zip"


def size_in_megabytes(path: Path) -> int:
    """Return the size in megabytes, rounded up, or 0 if the file does not exist."""
    return -(-path.stat().st_size // 1_000_000) if path.is_file() else 0


def read_public_files(static: Path, templates: Path) -> Mapping[str, StaticFile]:
    """Return the files of PUBLIC_FILES by path. Raise OSError if one cannot be read."""
    source_folders = {"static": static, "templates": templates}
    path_parts = {path: name.partition("/") for path, name in PUBLIC_FILES.items()}
    return {path: read_static_file(source_folders[folder] / rest) for path, (folder, _, rest) in path_parts.items()}
