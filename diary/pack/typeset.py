"""The only importer of typst: one document, from a template and its data, in a process of its own.

typst keeps what it has read for as long as its process lives, a panic in it ends the process, and a bad
picture may make it grow: so each document is made in a fork that is thrown away. Must be called from a
process with one thread.
"""

import json
import os
import re
import shutil
import signal
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typst

from diary.errors import PackFailed
from diary.pack.sandbox import die_with_parent
from diary.paths import FONTS

_MAKER: Final = re.compile(rb"(/Creator\(|<xmp:CreatorTool>|<stEvt:softwareAgent>)(Typst [0-9.]{5,8})(?=[)<])")
_TEMPLATES: Final = Path(__file__).parent


def start(template: str, page: Mapping[str, object], folder: Path, out: Path, made_at: int) -> int:
    """Begin laying out `template` over `page` into the PDF `out`; the child's process id, for `wait` or `stop`.

    `folder`: this document's own, holding the pictures it names. `made_at`: ms UTC, the only time in the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page.json").write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
    for name in ("look.typ", f"{template}.typ"):
        shutil.copyfile(_TEMPLATES / name, folder / name)
    child = os.fork()
    if child == 0:
        _finish(template, folder, out, made_at)
    return child


def wait(child: int, template: str) -> None:
    """Wait for one document. Raises PackFailed for any exit but a clean one."""
    status = os.waitpid(child, 0)[1]
    if status != 0:
        raise PackFailed(f"The document “{template}” could not be made.")


def stop(child: int) -> None:
    """End a document that is no longer wanted."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _finish(template: str, folder: Path, out: Path, made_at: int) -> None:
    """The child: compile, write, leave without unwinding the parent's stack."""
    code = 1
    try:
        die_with_parent()
        _compile(template, folder, out, made_at)
        code = 0
    except BaseException:  # noqa: BLE001 - a Rust panic is no Exception, and nothing may return into the parent
        if os.environ.get("KEPT_TYPESET_LOUD"):
            traceback.print_exc()
    finally:
        os._exit(code)


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
