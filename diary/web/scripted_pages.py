"""The public host's pages that need scripts: their code, and /verify as one file to save.

They use the modules of static/ that they import and no others, under paths of their own: the public host serves nothing
of the app. The one file contains the same modules as data URLs that an import map names, so that the saved code is the
reviewed code. It may load nothing and connect to nothing.

The module that finds a fault has its sentence in English. The page contains each sentence in its own language.
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
# A sentence that continues on the next line.
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
    """Pages by path with their policy, code files by path, and the checker as one file, split in two.

    Pages contain a placeholder for the trust anchors. `standalone_templates` exist in each language.
    `standalone_modules` are the same in all of them and by far the larger part, so they are stored once.
    """

    pages: Mapping[str, tuple[bytes, str]]
    code_files: Mapping[str, StaticFile]
    standalone_templates: Mapping[str, bytes]
    standalone_modules: bytes

    def standalone_file(self, path: str, anchors: bytes) -> bytes:
        """Return the whole checker as one file.

        `anchors` come from `trust_anchors_json`. Raise KeyError for an unknown path.
        """
        return (
            self.standalone_templates[path]
            .replace(ANCHORS_PLACEHOLDER, anchors)
            .replace(_MODULES_PLACEHOLDER, self.standalone_modules)
        )


def render_scripted_pages(renderer: PageRenderer, static_folder: Path, template_folder: Path) -> ScriptedPages:
    """Return everything that these pages need. Raise OSError or the template's error."""
    module_sources = collect_modules(static_folder, ENTRY_MODULES)
    findings = finding_sentences(static_folder)
    pages = {
        translation.language.path_prefix + path: (renderer.render(translation, name, path, findings=findings), policy)
        for translation in renderer.translations
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
    """Return the sentences of all findings: code → English sentence, from the module that reports them."""
    source = (static_folder / _FINDINGS_MODULE).read_text(encoding="utf-8")
    return dict(_FINDING_SENTENCE.findall(_SENTENCE_BREAK.sub("", source)))


def collect_modules(static_folder: Path, entry_modules: Iterable[str]) -> dict[str, str]:
    """Return the entry modules and all modules that they import: path below static/ → source."""
    sources: dict[str, str] = {}
    pending = list(entry_modules)
    while pending:
        path = pending.pop()
        if path in sources:
            continue
        sources[path] = (static_folder / path).read_text(encoding="utf-8")
        pending += [_resolve_import(path, match[2]) for match in _IMPORT.finditer(_strip_comments(sources[path]))]
    return dict(sorted(sources.items()))


def make_import_map(sources: Mapping[str, str]) -> str:
    """Return an import map with each module as a data URL, under a name instead of a path."""

    def rewrite_imports(path: str) -> str:
        return _IMPORT.sub(lambda match: f"{match[1]}kept/{_resolve_import(path, match[2])}{match[3]}", sources[path])

    modules = {f"kept/{path}": base64.b64encode(rewrite_imports(path).encode()).decode() for path in sources}
    return json.dumps({"imports": {name: f"data:text/javascript;base64,{raw}" for name, raw in modules.items()}})


def trust_anchors_json(
    notary: str, instance: str | None, roots: Iterable[str], witnesses: Iterable[Mapping[str, str]] = ()
) -> bytes:
    """Return this instance's keys and roots as JSON that can be put into a page."""
    text = json.dumps({"instance": instance, "notary": notary, "roots": list(roots), "witnesses": list(witnesses)})
    return text.replace("&", "\\u0026").replace("<", "\\u003c").encode()


def root_certificate(chain: bytes) -> str:
    """Return the last certificate of an authority's chain in PEM, which is its root."""
    header = b"-----BEGIN CERTIFICATE-----"
    return (header + chain.rpartition(header)[2]).decode("ascii")


def _strip_comments(source: str) -> str:
    """Return JavaScript without its comments, because types that occur only there are not needed."""
    return _COMMENT.sub(lambda match: match[1] or " ", source)


def _resolve_import(path: str, specifier: str) -> str:
    """Return the path below static/ of a relative import in the module `path`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
