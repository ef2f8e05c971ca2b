"""Compare what the app reads in drawn screenshots with what is on them."""

import difflib
import json
import re
import struct
import subprocess
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.screenshots.draw import draw

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
NEGATION = re.compile(r"\b(?:not|no|never|nie|nigdy|cannot|\w+n['’]t)\b|مت|نہیں", re.IGNORECASE)
AMOUNT = re.compile(r"[-+−–]? ?£ ?[\d,.]+")


@dataclass
class Score:
    """Counts of one group of pictures."""

    rows: int = 0
    found: int = 0
    invented: int = 0
    times: int = 0
    times_right: int = 0
    words: int = 0
    words_right: int = 0
    sides: int = 0
    sides_right: int = 0
    doubted: int = 0
    wrong: int = 0
    seconds: list[float] = field(default_factory=list)


def words_of(text: str) -> list[str]:
    """Return the words of a text without emoji and marks."""
    return re.findall(r"[\w£.:'’]+", re.sub(r"[.:]+(?=\s|$)", "", text.casefold().replace("’", "'")))


def overlap(one: list[float], other: list[float]) -> float:
    """Return the common height of two boxes as a part of the lower one."""
    common = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, common / max(1.0, min(one[3] - one[1], other[3] - other[1])))


def expected_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return the row that a faultless reader proposes for an item."""
    kinds = {"message": "text", "missed": "missed_call", "email": "email", "payment": "other"}
    kind = kinds.get(item["kind"], "missed_call" if item["missed"] else "call")
    text = f"{item['text']} {item['detail']}" if item["kind"] == "payment" else item["text"]
    return {**item, "type": kind, "text": text}


def faults_of(row: dict[str, Any], item: dict[str, Any]) -> list[str]:
    """Return what is wrong in a row that says without a doubt that it is right."""
    doubts = row["doubts"]
    faults = []
    if row["side"] not in ("unknown", item["side"]) and "side" not in doubts:
        faults.append(f"side {row['side']} for {item['side']}")
    if row["time"] and row["time"] != item["time"] and "time" not in doubts:
        faults.append(f"time {row['time']} for {item['time']}")
    if row["type"] != item["type"] and "text" not in doubts:
        faults.append(f"type {row['type']} for {item['type']}")
    if "text" not in doubts:
        if words_of(row["text"]) != words_of(item["text"]):
            faults.append(f"text {row['text']!r} for {item['text']!r}")
        if len(NEGATION.findall(row["text"])) != len(NEGATION.findall(item["text"])):
            faults.append("a negation")
        if AMOUNT.findall(row["text"]) != AMOUNT.findall(item["text"]):
            faults.append("an amount")
    if row["who"] and row["who"] != item["who"] and "who" not in doubts:
        faults.append(f"who {row['who']!r} for {item['who']!r}")
    if row["day"] and "day" not in doubts and row["day"].casefold() != (item["day"] or "").casefold():
        faults.append(f"day {row['day']!r} for {item['day']!r}")
    return faults


def compare(truth: dict[str, Any], reading: dict[str, Any], scores: list[Score]) -> list[str]:
    """Count one picture in each of the scores. Returns its faults that carry no doubt."""
    items = [expected_of(item) for item in truth["items"] if item["kind"] != "day"]
    rows = list(reading["rows"])
    faults: list[str] = []
    for item in items:
        near = [row for row in rows if overlap(row["box"], item["box"]) > 0.5]
        row = near[0] if near else None
        if row:
            rows.remove(row)
        expected = words_of(item["text"])
        matched = difflib.SequenceMatcher(None, expected, words_of(row["text"]) if row else [], autojunk=False)
        wrong = faults_of(row, item) if row else []
        faults += wrong
        for score in scores:
            score.rows += 1
            score.found += row is not None
            score.wrong += bool(wrong)
            score.doubted += bool(row and any(doubt in row["doubts"] for doubt in ("text", "time", "who", "day")))
            score.words += len(expected)
            score.words_right += sum(block.size for block in matched.get_matching_blocks())
            if item["time"]:
                score.times += 1
                score.times_right += bool(row and row["time"] == item["time"])
            if item["side"] != "unknown":
                score.sides += 1
                score.sides_right += bool(row and row["side"] == item["side"])
    # A row at a message that the picture shows in part is no invention, if it says so.
    lowest = max((item["box"][3] for item in truth["items"]), default=0)
    for row in rows:
        if row["box"][1] >= lowest and "text" in row["doubts"]:
            continue
        faults.append(f"invented {row['type']} {row['text']!r}")
        for score in scores:
            score.invented += 1
            score.wrong += 1
    return faults


def read_pictures(folder: Path) -> None:
    """Let Node read every picture of a folder with the app's own code."""
    for path in sorted(folder.glob("*.png")):
        raw = path.with_suffix(".rgba")
        if not raw.exists():
            picture = Image.open(path).convert("RGBA")
            raw.write_bytes(struct.pack("<II", *picture.size) + picture.tobytes())
    command = ["node", str(HERE / "read_pictures.mjs"), str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def scores_of(folder: Path) -> tuple[dict[str, Score], list[str]]:
    """Return the score of each group of pictures, and the faults by picture."""
    scores: dict[str, Score] = defaultdict(Score)
    faults: list[str] = []
    for path in sorted(folder.glob("*.reading.json")):
        stem = path.name.removesuffix(".reading.json")
        truth = json.loads((folder / f"{stem}.json").read_text())
        read = json.loads(path.read_text())
        engine = json.loads((folder / f"{stem}.text.json").read_text())["seconds"]
        theme = "dark" if truth["dark"] else "light"
        names = ("all", truth["app"], theme, truth["size"], truth["language"], f"{truth['app']} {truth['language']}")
        groups = [scores[name] for name in names]
        faults += [f"{stem}: {fault}" for fault in compare(truth, read["reading"], groups)]
        for group in groups:
            group.seconds.append(engine["prepare"] + engine["engine"] + read["seconds"])
    return scores, faults


def share(part: int, whole: int) -> str:
    """Return a percentage, or a dash where there is nothing to count."""
    return f"{100 * part / whole:6.1f}" if whole else "     -"


def report(scores: dict[str, Score], faults: list[str]) -> str:
    """Return a table: per cent, except for the counts of rows and the seconds of a picture."""
    lines = [f"{'group':<16} rows  found  times  words  sides doubted wrong  invented  seconds"]
    for name, score in scores.items():
        lines.append(
            f"{name:<16}{score.rows:5} {share(score.found, score.rows)} {share(score.times_right, score.times)}"
            f" {share(score.words_right, score.words)} {share(score.sides_right, score.sides)}"
            f" {share(score.doubted, score.rows)} {share(score.wrong, score.rows)} {score.invented:6}"
            f" {sum(score.seconds) / max(1, len(score.seconds)):9.1f}"
        )
    return "\n".join([*lines, "", *faults])


def measure(pictures: int, seed: int, folder: Path | None) -> dict[str, Score]:
    """Draw pictures, read them and print what came of it. A folder that has pictures already is read again."""
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        if not list(place.glob("*.png")):
            with sync_playwright() as playwright:
                browser = chromium.launch(playwright, "")
                draw(browser, place, pictures, seed)
                browser.close()
        start = time.monotonic()
        read_pictures(place)
        scores, faults = scores_of(place)
        print(report(scores, faults))
        print(f"{time.monotonic() - start:.0f} seconds")
        return scores
