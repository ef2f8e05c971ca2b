"""Parse what a reader sees in a pack: number ranges, times, digests, headings."""

import hashlib
import io
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pypdf


def entry_numbers(text: str) -> set[int]:
    """Return the entry numbers that a text such as `1–4, 7` lists."""
    ranges = [part.strip().split("–") for part in re.sub(r"[^0-9–,]", " ", text).split(",") if part.strip()]
    return {number for span in ranges for number in range(int(span[0]), int(span[-1]) + 1)}


def unix_seconds(text: str) -> float:
    """Return a time with its offset as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def sha256_of_file(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=64)
def page_texts(pdf: bytes) -> tuple[str, ...]:
    """Return the text drawn on each page. A PDF is read once for all tests: the sample's 01 and 04 take seconds."""
    return tuple(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def heading_levels(path: Path) -> list[int]:
    """Return the levels of a PDF's tagged headings, in reading order."""
    levels: list[int] = []

    def walk(node: object) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, dict):
            if match := re.fullmatch(r"/H([1-6])", str(node.get("/S", ""))):
                levels.append(int(match[1]))
            walk(node.get("/K"))
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(pypdf.PdfReader(path).root_object["/StructTreeRoot"])
    return levels
