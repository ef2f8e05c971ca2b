"""Checks that an officer or a technician would make, one after the other, on the sample pack: 120 entries, 300 exhibits.

The numbers are those of the design's pack page. What only a person can judge stands in docs/sample-pack-review.md.
"""

import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path

import bagit
import pypdf
import pytest

from diary.pack.heldback import MARK, squeeze
from diary.pack.portal import write_portal
from diary.pack.verify import verify
from diary.record.vocabulary import LISTS
from tests.pack.conftest import SamplePack
from tests.pack.test_servable import ALLOWED, DENIED, drawn, unpacked

KEPT_APART = (
    "9 Larch Court", "14 Larch Court", "NM4 2QT", "NM42QT", "07700 900512", "+447700900512", "Sallow Road", "Mrs Osei", "Osei",
    "Priya Anand", "07700 900518", "Lena", "IMG_2041", "reference client", "pc2207@northmoor.example",
)  # fmt: skip


def numbered(words: str) -> set[int]:
    """The entries that `1–4, 7` names."""
    spans = [part.strip().split("–") for part in re.sub(r"[^0-9–,]", " ", words).split(",") if part.strip()]
    return {number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)}


def test_the_mix_is_the_one_that_is_promised(sample_pack: SamplePack) -> None:
    """120 entries, 300 exhibits, 2,500 messages, three devices, a night with two 01:30s, a deleted chat, and the odd files."""
    versions = sample_pack.diary.journal.versions()
    assert len({row["record"] for row in versions if row["kind"] == "incident"}) == 120
    assert len(sample_pack.rows("servable/03_exhibits-index.csv")) == 300
    assert len(sample_pack.rows("servable/05_message-schedules.csv")) == 2_500
    devices = {row["open"]["fields"]["_line"]["device"] for row in versions}  # type: ignore[index,call-overload]
    assert len(devices) - 1 <= 3 <= len(devices)
    index = sample_pack.rows("servable/03_exhibits-index.csv")
    assert sum(row["file"].endswith(".heic") for row in index) == 1
    assert sum("type" in row["flags"] and not row["file"].endswith(".heic") for row in index) >= 1
    assert "I deleted the chat of that week" in " ".join(sample_pack.pages)
    counts = sample_pack.record["counts"]
    assert (counts["amended"], counts["withheld"], counts["removed"]) == (1, 1, 1)


def test_1_sixty_seconds(sample_pack: SamplePack) -> None:
    """Page one of 01: who, how many, first, last, days since, orders, references; of 06: contact, concerns, needs, orders."""
    first = sample_pack.pages[0]
    for words in ("118", "S1 “Callum Redfern”", "Mon 4 May 2026", "Wed 18 Nov 2026", "days before", "O1 Non-molestation",
                  "said to be broken in entries", "NM/4326/18", "NC1 told to stop", "Start with these"):  # fmt: skip
        assert words in first, words
    sheet = pypdf.PdfReader(io.BytesIO(sample_pack.read("restricted/06_RESTRICTED_officer-sheet.pdf"))).pages[0].extract_text()
    for words in (
        "Jas",
        "Text 07700 900512 between 12 and 2",
        "He broke a door",
        "interpreter",
        "O1 Non-molestation",
        "NM/9981/25",
        "Mrs Osei",
        "Lena",
    ):
        assert words in " ".join(sheet.split()), words


def test_2_and_4_the_numbers_add_up_and_hold_their_order(sample_pack: SamplePack) -> None:
    """Occasions, first and last day and the rows of the table agree; rows by time, unknown last; no number twice."""
    rows = sample_pack.rows("servable/02_chronology.csv")
    assert len(rows) == 118 == sample_pack.record["counts"]["included"]
    starts = [row["occurred_start"] for row in rows]
    assert [one for one in starts if one] == sorted((one for one in starts if one), key=_instant) and not starts[-1]
    assert len({row["no"] for row in rows}) == len(rows)
    whole = " ".join(sample_pack.pages)
    assert whole.count("Recorded:") == whole.count("Commitment:") == 118
    course = re.search(r"Course of conduct S1: (\d+) occasions", sample_pack.pages[0])
    assert course and int(course[1]) == sum(row["person_code"].startswith("S1") for row in rows)


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_3_fear_is_listed_and_blank_stays_blank(sample_pack: SamplePack) -> None:
    """Entries answered yes stand by number on page one; those left blank are counted and filled in nowhere."""
    rows = sample_pack.rows("servable/02_chronology.csv")
    yes = {int(row["no"]) for row in rows if row["afraid_of_violence"].startswith("Yes")}
    said = re.search(r"Yes , 20: entries ([0-9, –]+)|Yes, 20: entries ([0-9, –]+)", sample_pack.pages[0])
    assert said and numbered(said[1] or said[2]) == yes and len(yes) == 20
    blank = sum(not row["afraid_of_violence"] for row in rows)
    assert re.search(rf"Left blank ?, {blank}\b", sample_pack.pages[0])


def test_5_and_6_two_times_a_row_and_the_night_with_two_half_past_ones(sample_pack: SamplePack) -> None:
    """When it happened with zone and how exact, when it was written and how long after; 25 October in UTC and local."""
    rows = sample_pack.rows("servable/02_chronology.csv")
    assert all(row["recorded"] and row["precision"] for row in rows)
    assert {"hour", "date_range", "part_of_day", "day", "unknown"} <= {row["precision"] for row in rows}
    [night] = [row for row in rows if row["occurred_start"].startswith("2026-10-25T01:30")]
    assert night["occurred_start"].endswith("Z") and "GMT" in night["occurred"]
    assert "01:30 GMT (UTC)" in " ".join(sample_pack.pages)


def test_7_and_13_and_24_verify_finds_only_that_it_is_for_training(sample_pack: SamplePack) -> None:
    """Words embedded byte for byte, the four-way match of files, receipts, log and timestamp hold under outside keys."""
    diary = sample_pack.diary
    found = verify(sample_pack.path, notary=diary.notary.pub, tsa_roots=[diary.root])
    assert [one.code for one in found] == ["training"]


def test_8_and_9_authorship_and_amendments_are_marked(sample_pack: SamplePack) -> None:
    """Typed by somebody else: said in the row and counted in 10; the amended entry shows old and new with its day."""
    rows = sample_pack.rows("servable/02_chronology.csv")
    [helped] = [row for row in rows if row["help_with_writing"]]
    assert "Help with writing" in " ".join(sample_pack.pages) and helped["no"]
    whole = " ".join(sample_pack.pages)
    assert len(re.findall(r"\bAmended [A-Z][a-z]{2} ", whole)) == 1 and "before:" in whole and "Reason given" in whole


def test_10_missing_numbers_equal_withheld_and_removed(sample_pack: SamplePack) -> None:
    """The numbers that are not in the table are exactly those that 01, 10 and the record say are not here."""
    missing = set(range(1, 121)) - {int(row["no"]) for row in sample_pack.rows("servable/02_chronology.csv")}
    assert missing == {gap["seq_no"] for gap in sample_pack.record["gaps"]} and len(missing) == 2
    assert all(f"({number})" in sample_pack.pages[0] for number in missing)


def test_11_12_and_16_every_exhibit_is_cited_named_and_described(sample_pack: SamplePack) -> None:
    """Cited items exist, items are cited or said not to be, names follow the numbers, every point of a screen is answered."""
    index = sample_pack.rows("servable/03_exhibits-index.csv")
    items = [row["suggested_ref"] for row in index]
    assert items == [f"JB/{number}" for number in range(1, 301)]
    cited = {item for row in sample_pack.rows("servable/02_chronology.csv") for item in row["exhibits"].split()}
    assert cited <= set(items)
    for row in index:
        assert row["file"].startswith(row["suggested_ref"].replace("/", "-") + ".") and not row["officer_ref"]
        assert row["description"] and (row["entries"] == "not linked" or row["suggested_ref"] in cited)
        if row["kind"] == "Screenshot":
            assert all(
                row[name] in ("shown", "not shown", "not answered") for name in ("whole_screen", "clock", "url", "own_messages")
            )


def test_13_and_14_files_are_the_bytes_received_and_a_changed_one_is_named(sample_pack: SamplePack, tmp_path: Path) -> None:
    """The record's own digests; sha256sum -c with nothing but this pack; one changed byte is named."""
    for row in sample_pack.rows("servable/03_exhibits-index.csv"):
        [path] = sample_pack.folder.glob(f"data/restricted/*/{row['file']}")
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
    for place in (sample_pack.folder, sample_pack.folder / "data" / "servable"):
        subprocess.run(["sha256sum", "--quiet", "-c", "manifest-sha256.txt"], cwd=place, check=True)
    bagit.Bag(str(sample_pack.folder)).validate()
    shutil.copytree(sample_pack.folder / "data" / "servable", tmp_path / "servable")
    victim = tmp_path / "servable" / "01_chronology.pdf"
    raw = bytearray(victim.read_bytes())
    raw[len(raw) // 2] ^= 1
    victim.write_bytes(raw)
    done = subprocess.run(
        ["sha256sum", "-c", "manifest-sha256.txt"], cwd=victim.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "01_chronology.pdf: FAILED" in done.stdout


def servable(sample_pack: SamplePack) -> dict[str, bytes]:
    """Every byte that may be served, 00 and 15, with PDFs unpacked beside."""
    found = {}
    for path in sample_pack.folder.rglob("*"):
        name = path.relative_to(sample_pack.folder / "data").as_posix() if path.is_file() and "data" in path.parts else ""
        if name.startswith(("servable/", "00_", "15_")):
            found[name] = path.read_bytes()
            if name.endswith(".pdf") and "04" not in name:
                found[f"{name} unpacked"], found[f"{name} text"] = unpacked(found[name]), drawn(found[name])
    return found


def test_15_20_and_22_nothing_servable_gives_away_what_was_kept_apart(sample_pack: SamplePack) -> None:
    """Deny-list and every restricted value in any spelling; no place, no EXIF; what shows a home has no picture."""
    for name, content in servable(sample_pack).items():
        # The keeper may write the word; the product's name has a capital.
        said = re.sub(rb"\bkept\b", b"", content.replace(ALLOWED, b""))
        found = DENIED.search(said)
        assert not found, (name, found and said[max(0, found.start() - 60) : found.end() + 30])
        text = content.decode("utf-8", "replace")
        squeezed = squeeze(text)
        for value in KEPT_APART:
            assert value not in text and (len(squeeze(value)) < 7 or squeeze(value) not in squeezed), (name, value)
    assert MARK in " ".join(sample_pack.pages)
    held = [row for row in sample_pack.rows("servable/03_exhibits-index.csv") if row["picture_in_04"].startswith("held back")]
    assert len(held) == 4
    for path in sorted(sample_pack.folder.glob("data/servable/04_exhibits*.pdf")):
        raw = path.read_bytes()
        assert b"Exif\0" not in raw and b"GPS" not in drawn(raw)
    if exiftool := shutil.which("exiftool"):
        told = subprocess.run(
            [exiftool, "-ee", "-json", "-GPS*", "-r", str(sample_pack.folder / "data" / "servable")],
            capture_output=True,
            check=False,
        )
        rows = json.loads(told.stdout or b"[]")
        assert not [row for row in rows if any(name.startswith("GPS") for name in row)]
        # The same question finds places where they are known to be.
        received = subprocess.run(
            [exiftool, "-json", "-GPSLatitude", "-r", str(sample_pack.folder / "data" / "restricted")],
            capture_output=True,
            check=False,
        )
        assert b"GPSLatitude" in received.stdout


def test_17_18_and_19_who_both_ways_and_breaches(sample_pack: SamplePack) -> None:
    """Each row with a person says how that is known; schedules count both ways; a breach has order, term and service."""
    rows = sample_pack.rows("servable/02_chronology.csv")
    assert all(row["how_known"] for row in rows if row["person_code"] and row["who"] == "Callum Redfern, my ex")
    whole = " ".join(sample_pack.pages)
    ways = Counter(row["direction"] for row in sample_pack.rows("servable/05_message-schedules.csv"))
    labels = {term.code: term.label for term in LISTS["schedule_directions"].terms}
    assert ways[labels["in"]] + ways[labels["out"]] == 2_500 and ways[labels["out"]] > 200
    assert "Message and call schedules" in whole and "me (1)" in sample_pack.read("servable/05_message-schedules.csv").decode()
    for row in rows:
        if row["term_said_to_be_broken"]:
            assert re.search(r"O1 Non-molestation order.*, term \d, served 25 Sep 2026", row["term_said_to_be_broken"])
            assert row["occurred_start"] >= "2026-09-25"
    assert "Orders and alleged breaches" in whole and "+44 7700 900142" in whole


def test_21_the_rest_is_restricted_and_01_needs_none_of_it(sample_pack: SamplePack) -> None:
    """Named or listed as RESTRICTED; every link of 01 leads inside 01."""
    first = sample_pack.read("00_READ-FIRST.txt").decode()
    assert first.startswith("TRAINING") and "RESTRICTED" in first
    for path in (sample_pack.folder / "data").iterdir():
        assert path.name in ("servable", "restricted", "00_READ-FIRST.txt", "15_VERIFY.txt")
    reader = pypdf.PdfReader(io.BytesIO(sample_pack.read("servable/01_chronology.pdf")))
    links = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    assert len(links) > 400
    assert not [link for link in links if "/A" in link and link["/A"].get("/S") in ("/URI", "/GoToR", "/Launch", "/JavaScript")]


def test_23_a_portal_set_is_sixteen_plain_files_and_loses_nothing(sample_pack: SamplePack, tmp_path: Path) -> None:
    """At most sixteen files, ASCII names, common endings, a list of all; everything of the pack is in it; parts can overflow."""
    [folder] = write_portal(sample_pack.path, tmp_path / "portal")
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) <= 16 and all(re.fullmatch(r"[A-Za-z0-9_.-]{1,60}\.(pdf|csv|txt|json|zip)", name) for name in names)
    subprocess.run(["sha256sum", "--quiet", "-c", "manifest-sha256.txt"], cwd=folder, check=True)
    inside = {name: digest_of(folder / name) for name in names if not name.endswith(".zip")}
    for name in names:
        if name.endswith(".zip"):
            with zipfile.ZipFile(folder / name) as part:
                inside |= {row: hashlib.sha256(part.read(row)).hexdigest() for row in part.namelist()}
    for path in (sample_pack.folder / "data").rglob("*"):
        if path.is_file():
            assert digest_of(path) in inside.values(), path
    folders = write_portal(sample_pack.path, tmp_path / "small", part_bytes=1_500_000)
    assert len(folders) > 1 and all(len(list(one.iterdir())) <= 16 for one in folders)


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_24_the_timestamp_holds_for_openssl_and_clocks_are_shown(sample_pack: SamplePack) -> None:
    """The command of 15_VERIFY; the table of clock checks with a device seven minutes behind."""
    steps = sample_pack.read("15_VERIFY.txt").decode()
    [line] = re.findall(r"openssl ts -verify [^\r\n]+", steps)
    done = subprocess.run(
        line.split(), cwd=sample_pack.folder / "data/servable/proof", capture_output=True, text=True, check=False
    )
    assert "Verification: OK" in done.stdout + done.stderr
    method = drawn(sample_pack.read("restricted/10_RESTRICTED_how-this-record-was-made.pdf")).decode()
    assert "Clock checks" in method and "-420.0 s" in method


def test_25_pdfs_are_tagged_described_and_sound(sample_pack: SamplePack) -> None:
    """PDF/A-3a and PDF/UA-1, tags, language, title, bookmarks, alternative words; qpdf finds no fault; reading time is said."""
    for path in sorted(sample_pack.folder.rglob("*.pdf")):
        if "13_" in str(path):
            continue
        raw = path.read_bytes()
        assert b"<pdfaid:part>3</pdfaid:part>" in raw and b"<pdfuaid:part>1</pdfuaid:part>" in raw
        root = pypdf.PdfReader(io.BytesIO(raw)).trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en-GB" and "/StructTreeRoot" in root  # type: ignore[index]
        if qpdf := shutil.which("qpdf"):
            subprocess.run([qpdf, "--check", str(path)], check=True, capture_output=True)
    reader = pypdf.PdfReader(io.BytesIO(sample_pack.read("servable/01_chronology.pdf")))
    titles = [str(one.title) for one in reader.outline if not isinstance(one, list)]
    assert {"Chronology", "Incidents", "Exhibits", "Gaps", "How this record was made"} <= set(titles)
    assert "Reading time of this document: about" in sample_pack.pages[0]


@pytest.mark.parametrize("wide", [True, False])
def test_the_table_is_landscape_and_the_rest_upright(sample_pack: SamplePack, wide: bool) -> None:
    """Rows of incidents stand on wide pages only."""
    reader = pypdf.PdfReader(io.BytesIO(sample_pack.read("servable/01_chronology.pdf")))
    turned = [index for index, page in enumerate(reader.pages) if page.mediabox.width > page.mediabox.height]
    tables = [index for index, words in enumerate(sample_pack.pages) if "Commitment:" in words]
    assert set(tables) <= set(turned) if wide else turned == list(range(turned[0], turned[-1] + 1))
