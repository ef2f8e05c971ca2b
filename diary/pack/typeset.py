"""The only importer of typst: one document, from a template and its data, in a process of its own.

typst keeps what it has read for as long as its process lives, a panic in it ends the process, and a bad
picture may make it grow: so each document is made in a fork that is thrown away. Must be called from a
process with one thread.
"""

import gc
import json
import os
import re
import shutil
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typst

from diary.errors import PackFailed
from diary.pack.sandbox import die_with_parent
from diary.paths import FONTS

_MAKER: Final = re.compile(rb"(/Creator\(|<xmp:CreatorTool>|<stEvt:softwareAgent>)(Typst [0-9.]{5,8})(?=[)<])")
_TEMPLATES: Final = Path(__file__).parent


AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Document:
    """One PDF to be made: template, its name under `data/`, its own folder with the pictures it names.

    `page` works its data out; that is done in the document's own process, beside the others.
    """

    template: str
    name: str
    page: Callable[[], Mapping[str, object]]
    folder: Path

    @property
    def out(self) -> Path:
        """Where the PDF goes."""
        return self.folder.with_suffix(".pdf")


class Press:
    """Documents being laid out, two at a time, in order."""

    def __init__(self, made_at: int) -> None:
        """`made_at`: ms UTC, the only time in the files."""
        self._made_at = made_at
        self._waiting: deque[Document] = deque()
        self._running: deque[tuple[Document, int]] = deque()

    def add(self, documents: Iterable[Document]) -> None:
        """Line documents up; those there is room for begin at once."""
        self._waiting.extend(documents)
        self._fill()

    def finished(self) -> Iterator[Document]:
        """Each document when it is done, in order. Raises PackFailed for one whose process did not end well."""
        while self._running:
            document, child = self._running.popleft()
            if os.waitpid(child, 0)[1] != 0:
                raise PackFailed(f"The document “{document.template}” could not be made.")
            self._fill()
            yield document

    def close(self) -> None:
        """End what is still running."""
        while self._running:
            _, child = self._running.popleft()
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def _fill(self) -> None:
        """Begin as many as may run."""
        while self._waiting and len(self._running) < AT_ONCE:
            document = self._waiting.popleft()
            self._running.append((document, _start(document, self._made_at)))


def _start(document: Document, made_at: int) -> int:
    """Begin a document in a child process; its process id."""
    folder = document.folder
    folder.mkdir(parents=True, exist_ok=True)
    # Nothing of the parent's is looked over for rubbish in the child: each page that is would be copied into it.
    gc.freeze()
    child = os.fork()
    if child == 0:
        gc.disable()
        _finish(document, made_at)
    return child


def _finish(document: Document, made_at: int) -> None:
    """The child: compile, write, leave without unwinding the parent's stack."""
    code = 1
    try:
        die_with_parent()
        _lay_out(document)
        _compile(document.template, document.folder, document.out, made_at)
        code = 0
    except BaseException:  # noqa: BLE001 - a Rust panic is no Exception, and nothing may return into the parent
        if os.environ.get("KEPT_TYPESET_LOUD"):
            traceback.print_exc()
    finally:
        os._exit(code)


def _lay_out(document: Document) -> None:
    """Put the template and its data in the document's folder."""
    page = json.dumps(document.page(), ensure_ascii=False)
    (document.folder / "page.json").write_text(page, encoding="utf-8")
    for name in ("look.typ", f"{document.template}.typ"):
        shutil.copyfile(_TEMPLATES / name, document.folder / name)


def _compile(template: str, folder: Path, out: Path, made_at: int) -> None:
    """One PDF/A-3a and PDF/UA-1 file; deterministic for equal input."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(str(folder / f"{template}.typ"), root=str(folder), font_paths=fonts)
    pdf = compiler.compile(format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=made_at // 1000)
    if not isinstance(pdf, bytes):
        raise PackFailed("A document came out in pieces.")
    out.write_bytes(_neutral(pdf))


def _neutral(pdf: bytes) -> bytes:
    """The same file with a maker's name that says nothing, in the three places where one stands.

    The name keeps its length, so that no offset in the file moves.
    """
    return _MAKER.sub(lambda found: found[1] + b"diary record".ljust(len(found[2]))[: len(found[2])], pdf)
