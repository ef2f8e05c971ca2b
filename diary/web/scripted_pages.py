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

from diary.web.headers import GET_POLICY, VERIFY_POLICY
from diary.web.languages import Words, each
from diary.web.public_pages import Renderer
from diary.web.static_files import StaticFile, read_file

CODE: Final = "/code/"
STATEMENT: Final = "/answer"
PAGES: Final = {
    "/get": ("get.html", GET_POLICY),
    STATEMENT: ("answer.html", GET_POLICY),
    "/verify": ("verify.html", VERIFY_POLICY),
}
ONE_FILE: Final = "/verify/check-a-pack.html"
ENTRIES: Final = ("js/front/get.js", "js/front/verify.js", "js/front/answer.js")
ANCHORS: Final = b"@ANCHORS@"
_HEAD: Final = b"<!-- style and modules -->"
_FINDINGS: Final = "js/verify/findings.js"
_SAID: Final = re.compile(r"^ +(\w+):\s+'([^'\n]+)',$", re.MULTILINE)
# A sentence that is broken over lines.
_BREAK: Final = re.compile(r"' \+\n +'")
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(//[^\n]*|/\*.*?\*/)""", re.DOTALL
)
_IMPORT = re.compile(
    r"""((?:\bimport\s*\(\s*|^[ \t]*import\s+|(?:^[ \t]*(?:im|ex)port\b)[^;'"]*?\bfrom\s*|\bnew\s+URL\(\s*)['"])"""
    r"""(\.[^'"\n]+)(['"])""",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Front:
    """Pages by address with their policy, ANCHORS to be filled in; code by its path; the one file by its address, in two.

    `frames` are in each language, `modules` are the same in all of them and by far the larger part: held once.
    """

    pages: Mapping[str, tuple[bytes, str]]
    code: Mapping[str, StaticFile]
    frames: Mapping[str, bytes]
    modules: bytes

    def one_file(self, address: str, anchors: bytes) -> bytes:
        """The check to keep, whole; `anchors`: from `anchors_json`. Raises KeyError where there is none."""
        return self.frames[address].replace(ANCHORS, anchors).replace(_HEAD, self.modules)


def make_front(renderer: Renderer, static: Path, templates: Path) -> Front:
    """Everything of the two pages. Raises OSError or the template's error when one cannot be made."""
    sources = closure(static, ENTRIES)
    findings = findings_of(static)
    pages = {
        words.language.at + path: (renderer.page(words, name, path, findings=findings), policy)
        for words in renderer.words
        for path, (name, policy) in PAGES.items()
    }
    style = (templates / "public_style.css").read_text(encoding="utf-8")
    modules = f'<style>{style}</style>\n<script type="importmap">{import_map(closure(static, ENTRIES[1:2]))}</script>'.encode()
    start = f"<script type=\"module\">import 'kept/{ENTRIES[1]}';</script>".encode()

    def frame(words: Words) -> bytes:
        return renderer.page(words, "verify_file.html", "", findings=findings).replace(b"<!-- start -->", start)

    frames = {f"{at}{ONE_FILE}": content for at, content in each(renderer.words, frame).items()}
    return Front(pages, {path: read_file(static / path) for path in sources}, frames, modules)


def findings_of(static: Path) -> dict[str, str]:
    """What a check can find: code → English sentence, as the module that finds it says them."""
    source = (static / _FINDINGS).read_text(encoding="utf-8")
    return dict(_SAID.findall(_BREAK.sub("", source)))


def closure(static: Path, entries: Iterable[str]) -> dict[str, str]:
    """The modules that some modules need, themselves among them: path below static/ → source."""
    sources: dict[str, str] = {}
    waiting = list(entries)
    while waiting:
        path = waiting.pop()
        if path in sources:
            continue
        sources[path] = (static / path).read_text(encoding="utf-8")
        waiting += [_target(path, found[2]) for found in _IMPORT.finditer(_bare(sources[path]))]
    return dict(sorted(sources.items()))


def import_map(sources: Mapping[str, str]) -> str:
    """An import map that gives each module as the bytes it is, with names instead of places."""

    def named(path: str) -> str:
        return _IMPORT.sub(lambda found: f"{found[1]}kept/{_target(path, found[2])}{found[3]}", sources[path])

    held = {f"kept/{path}": base64.b64encode(named(path).encode()).decode() for path in sources}
    return json.dumps({"imports": {name: f"data:text/javascript;base64,{raw}" for name, raw in held.items()}})


def anchors_json(
    notary: str, instance: str | None, roots: Iterable[str], witnesses: Iterable[Mapping[str, str]] = ()
) -> bytes:
    """What this instance vouches for, as it may stand inside a page."""
    text = json.dumps({"instance": instance, "notary": notary, "roots": list(roots), "witnesses": list(witnesses)})
    return text.replace("&", "\\u0026").replace("<", "\\u003c").encode()


def last_certificate(chain: bytes) -> str:
    """The root of an authority's chain in PEM, which stands last."""
    begin = b"-----BEGIN CERTIFICATE-----"
    return (begin + chain.rpartition(begin)[2]).decode("ascii")


def _bare(source: str) -> str:
    """JavaScript without its comments: types that are only named there are not needed."""
    return _COMMENT.sub(lambda found: found[1] or " ", source)


def _target(path: str, specifier: str) -> str:
    """The path below static/ that a relative specifier of a module means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
