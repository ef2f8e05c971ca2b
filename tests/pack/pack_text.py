"""What somebody reads off a pack while leafing through it: numbers in words, times, digests, headings."""

import hashlib
import re
from datetime import datetime
from pathlib import Path

import pypdf


def entry_numbers(text: str) -> set[int]:
    """The entries that `1–4, 7` names."""
    ranges = [part.strip().split("–") for part in re.sub(r"[^0-9–,]", " ", text).split(",") if part.strip()]
    return {number for span in ranges for number in range(int(span[0]), int(span[-1]) + 1)}


def unix_seconds(text: str) -> float:
    """A time with its offset, as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def sha256_of_file(path: Path) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def heading_levels(path: Path) -> list[int]:
    """The levels of a document's headings, in reading order, out of its tags."""
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

    walk(pypdf.PdfReader(path).trailer["/Root"]["/StructTreeRoot"])  # type: ignore[index]
    return levels
