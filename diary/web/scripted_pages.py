"""The two pages of the public host that need a script: their code, and /verify as one file to keep.

They take of static/ what they import and nothing else, under an address of their own: the public host serves none of
the app. The one file holds the same modules, each as an address of its own bytes that an import map names, so what is
saved is what was reviewed; it may load nothing and connect to nothing.

What a check can find is said by the module that finds it, in English; the page holds each sentence in its own language.
"""

import base64
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.web.headers import CHECK_PAGE_POLICY, FETCH_PAGE_POLICY
from diary.web.languages import Translation, render_each_language
from diary.web.public_pages import PageRenderer
from diary.web.static_files import StaticFile, read_static_file

CODE_PREFIX: Final = "/code/"
STATEMENT_PATH: Final = "/answer"
SCRIPTED_PAGES: Final = {
    "/get": ("get.html", FETCH_PAGE_POLICY),
    STATEMENT_PATH: ("answer.html", FETCH_PAGE_POLICY),
    "/verify": ("verify.html", CHECK_PAGE_POLICY),
}
STANDALONE_PATH: Final = "/verify/check-a-pack.html"
ENTRY_MODULES: Final = ("js/front/get.js", "js/front/verify.js", "js/front/answer.js")
ANCHORS_PLACEHOLDER: Final = b"@ANCHORS@"
_MODULES_PLACEHOLDER: Final = b"<!-- style and modules -->"
_FINDINGS_MODULE: Final = "js/verify/findings.js"
_FINDING_SENTENCE: Final = re.compile(r"^ +(\w+):\s+'([^'\n]+)',$", re.MULTILINE)
# A sentence that is broken over lines.
_SENTENCE_BREAK: Final = re.compile(r"' \+\n +'")
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(//[^\n]*|/\*.*?\*/)""", re.DOTALL
)
_IMPORT = re.compile(
    r"""((?:\bimport\s*\(\s*|^[ \t]*import\s+|(?:^[ \t]*(?:im|ex)port\b)[^;'"]*?\bfrom\s*|\bnew\s+URL\(\s*)['"])"""
    r"""(\.[^'"\n]+)(['"])""",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class ScriptedPages:
    """Pages by address with their policy, ANCHORS to be filled in; code by its path; the one file by its address, in two.

    `frames` are in each language, `modules` are the same in all of them and by far the larger part: held once.
    """

    pages: Mapping[str, tuple[bytes, str]]
    code_files: Mapping[str, StaticFile]
    standalone_templates: Mapping[str, bytes]
    standalone_modules: bytes

    def standalone_file(self, path: str, anchors: bytes) -> bytes:
        """The check to keep, whole; `anchors`: from `anchors_json`. Raises KeyError where there is none."""
        return (
            self.standalone_templates[path]
            .replace(ANCHORS_PLACEHOLDER, anchors)
            .replace(_MODULES_PLACEHOLDER, self.standalone_modules)
        )


def render_scripted_pages(renderer: PageRenderer, static_folder: Path, template_folder: Path) -> ScriptedPages:
    """Everything of the two pages. Raises OSError or the template's error when one cannot be made."""
    module_sources = collect_modules(static_folder, ENTRY_MODULES)
    findings = finding_sentences(static_folder)
    pages = {
        words.language.path_prefix + path: (renderer.render(words, name, path, findings=findings), policy)
        for words in renderer.translations
        for path, (name, policy) in SCRIPTED_PAGES.items()
    }
    style = (template_folder / "public_style.css").read_text(encoding="utf-8")
    import_map = make_import_map(collect_modules(static_folder, ENTRY_MODULES[1:2]))
    standalone_modules = f'<style>{style}</style>\n<script type="importmap">{import_map}</script>'.encode()
    start_script = f"<script type=\"module\">import 'kept/{ENTRY_MODULES[1]}';</script>".encode()

    def render_template(translation: Translation) -> bytes:
        return renderer.render(translation, "verify_file.html", "", findings=findings).replace(
            b"<!-- start -->", start_script
        )

    standalone_templates = {
        f"{at}{STANDALONE_PATH}": content
        for at, content in render_each_language(renderer.translations, render_template).items()
    }
    return ScriptedPages(
        pages,
        {path: read_static_file(static_folder / path) for path in module_sources},
        standalone_templates,
        standalone_modules,
    )


def finding_sentences(static_folder: Path) -> dict[str, str]:
    """What a check can find: code → English sentence, as the module that finds it says them."""
    source = (static_folder / _FINDINGS_MODULE).read_text(encoding="utf-8")
    return dict(_FINDING_SENTENCE.findall(_SENTENCE_BREAK.sub("", source)))


def collect_modules(static_folder: Path, entry_modules: Iterable[str]) -> dict[str, str]:
    """The modules that some modules need, themselves among them: path below static/ → source."""
    sources: dict[str, str] = {}
    pending = list(entry_modules)
    while pending:
        path = pending.pop()
        if path in sources:
            continue
        sources[path] = (static_folder / path).read_text(encoding="utf-8")
        pending += [_resolve_import(path, found[2]) for found in _IMPORT.finditer(_strip_comments(sources[path]))]
    return dict(sorted(sources.items()))


def make_import_map(sources: Mapping[str, str]) -> str:
    """An import map that gives each module as the bytes it is, with names instead of places."""

    def rewrite_imports(path: str) -> str:
        return _IMPORT.sub(lambda found: f"{found[1]}kept/{_resolve_import(path, found[2])}{found[3]}", sources[path])

    modules = {f"kept/{path}": base64.b64encode(rewrite_imports(path).encode()).decode() for path in sources}
    return json.dumps({"imports": {name: f"data:text/javascript;base64,{raw}" for name, raw in modules.items()}})


def trust_anchors_json(
    notary: str, instance: str | None, roots: Iterable[str], witnesses: Iterable[Mapping[str, str]] = ()
) -> bytes:
    """What this instance vouches for, as it may stand inside a page."""
    text = json.dumps({"instance": instance, "notary": notary, "roots": list(roots), "witnesses": list(witnesses)})
    return text.replace("&", "\\u0026").replace("<", "\\u003c").encode()


def root_certificate(chain: bytes) -> str:
    """The root of an authority's chain in PEM, which stands last."""
    header = b"-----BEGIN CERTIFICATE-----"
    return (header + chain.rpartition(header)[2]).decode("ascii")


def _strip_comments(source: str) -> str:
    """JavaScript without its comments: types that are only named there are not needed."""
    return _COMMENT.sub(lambda found: found[1] or " ", source)


def _resolve_import(path: str, specifier: str) -> str:
    """The path below static/ that a relative specifier of a module means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
