"""Pages: rendered once, when the server starts; they hold nothing of anybody's."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from diary.config import Settings
from diary.web.files import StaticFile, read_files
from diary.web.precache import Release, make_release


@dataclass(frozen=True, slots=True)
class Pages:
    """Everything that is the same for everyone."""

    shell: bytes
    release: Release
    files: Mapping[str, StaticFile]
    home: bytes
    missing: bytes
    style: bytes
    icon: bytes

    @property
    def worker_tag(self) -> str:
        """The entity tag of `/sw.js`."""
        return f'"{hashlib.sha256(self.release.script).hexdigest()[:32]}"'


def render_pages(settings: Settings, static: Path, templates: Path) -> Pages:
    """All pages of this release. Raises OSError or the template's error when one cannot be made."""
    environment = _environment(templates)
    shell = _render(environment, "shell.html")
    return Pages(
        shell=shell,
        release=make_release(static, shell),
        files=read_files(static),
        home=_render(environment, "public_home.html", start=settings.app_url),
        missing=_render(environment, "public_missing.html"),
        style=(templates / "public_style.css").read_bytes(),
        icon=(static / "icons" / "notes.svg").read_bytes(),
    )


def _environment(templates: Path) -> Environment:
    """Templates whose unknown names are errors and whose values are escaped; text is marked for translation."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations()  # type: ignore[attr-defined] # added by the extension
    return environment


def _render(environment: Environment, name: str, **values: str) -> bytes:
    """One template as bytes."""
    return environment.get_template(name).render(**values).encode()
