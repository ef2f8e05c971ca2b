"""Write tests/vectors/hostile/: zips that somebody made to harm whoever opens a pack, with what must be found in each.

    python -m tests.vectors.write_hostile

`expected.json` names for each file the codes that have to be among the findings (diary/pack/verify/findings.py). Both
checkers are held to it: diary/pack/verify/verifier.py by tests/pack/test_hostile.py, and the verify page by its own tests. The
same bytes each time.
"""

import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

OUT: Final = Path(__file__).parent / "hostile"
FOLDER: Final = "PACK_JB_1_20261124"
_DATE: Final = (1980, 1, 1, 0, 0, 0)
Made = tuple[bytes, list[str]]


def _zip(rows: list[tuple[str, bytes]], *, mode: int = stat.S_IFREG | 0o644, kind: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in rows:
            row = zipfile.ZipInfo(name, _DATE)
            row.external_attr, row.create_system, row.compress_type = mode << 16, 3, kind
            archive.writestr(row, content, compress_type=kind)
    return out.getvalue()


def _renamed(raw: bytes, was: bytes, now: bytes) -> bytes:
    """A name changed where the library would not write it; of the same length."""
    assert len(was) == len(now) and was in raw
    return raw.replace(was, now)


def _one(name: str = "data/servable/x.txt", content: bytes = b"x") -> bytes:
    return _zip([(f"{FOLDER}/{name}", content)])


def slip() -> Made:
    """A name that leads out of the folder."""
    return _zip([(f"{FOLDER}/../../evil.txt", b"x")]), ["bad_name"]


def absolute() -> Made:
    """A name from the root."""
    return _renamed(_one("data/servable/abs.txt"), f"{FOLDER}/".encode(), b"/" + FOLDER[:-1].encode() + b"/"), [
        "no_folder"
    ]


def backslash() -> Made:
    """A name that is a path on Windows alone."""
    return _renamed(_one("data/servable/..x..x.txt"), b"..x..x.txt", b"..\\..\\.txt"), ["bad_name"]


def zero_byte() -> Made:
    """A name cut short by a zero byte."""
    return _renamed(_one("data/servable/a.txt?b.txt"), b"a.txt?b", b"a.txt\0b"), ["bad_name"]


def not_utf8() -> Made:
    """A name in no encoding."""
    raw = _renamed(_one("data/servable/aaaa.txt"), b"aaaa.txt", b"\xc3\x28\xff\xfe.txt")
    return raw, ["bad_name"]


def long_name() -> Made:
    """A name far too long."""
    return _one("data/" + "a" * 300 + ".txt"), ["bad_name"]


def deep() -> Made:
    """Folders in folders."""
    return _one("data/" + "a/" * 60 + "x.txt"), ["bad_name"]


def link() -> Made:
    """A symbolic link to a file of the computer."""
    return _zip([(f"{FOLDER}/data/servable/x.txt", b"/etc/passwd")], mode=stat.S_IFLNK | 0o777), ["not_a_file"]


def device() -> Made:
    """A device."""
    return _zip([(f"{FOLDER}/data/servable/x.txt", b"")], mode=stat.S_IFCHR | 0o666), ["not_a_file"]


def twice() -> Made:
    """Two files of one name, whatever a reader takes."""
    name = f"{FOLDER}/data/servable/x.txt"
    return _renamed(_zip([(name, b"one"), (name[:-5] + "y.txt", b"two")]), b"y.txt", b"x.txt"), ["twice"]


def case() -> Made:
    """Two names that are one on Windows and macOS."""
    return _zip([(f"{FOLDER}/data/servable/x.txt", b"one"), (f"{FOLDER}/data/servable/X.txt", b"two")]), ["twice"]


def bomb() -> Made:
    """Four megabytes of nothing in four kilobytes."""
    return _zip([(f"{FOLDER}/data/servable/x.txt", bytes(4_500_000))], kind=zipfile.ZIP_DEFLATED), ["too_large"]


def claims() -> Made:
    """A member that claims to be larger than any disk."""
    raw = bytearray(_one())
    at = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 0xFFFFFFF0)
    return bytes(raw), ["too_large"]


def longer() -> Made:
    """A packed member that is longer than it says."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(b"x" * 500) + packed.flush()
    raw = bytearray(_zip([(f"{FOLDER}/data/servable/x.txt", b"x" * 500)], kind=zipfile.ZIP_DEFLATED))
    assert body in bytes(raw)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 100)
    return bytes(raw), ["damaged"]


def crc() -> Made:
    """A member whose checksum is another."""
    raw = bytearray(_one())
    for mark, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 7)
    return bytes(raw), ["damaged"]


def encrypted() -> Made:
    """A member that says it is encrypted."""
    raw = bytearray(_one())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", raw, raw.index(mark) + offset, 1)
    return bytes(raw), ["not_a_file"]


def before() -> Made:
    """Bytes before the zip: another kind of file for whoever starts at the front."""
    return b"<html><script>alert(1)</script>" + _one(), ["hidden"]


def comment() -> Made:
    """A comment that holds a page."""
    out = io.BytesIO(_one())
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"<script>alert(1)</script>"
    return out.getvalue(), ["hidden"]


def two_folders() -> Made:
    """Files outside the pack's folder."""
    return _zip([(f"{FOLDER}/data/servable/x.txt", b"x"), ("PACK_JB_2_20261124/data/servable/y.txt", b"y")]), [
        "no_folder"
    ]


def huge_list() -> Made:
    """A list of digests of five thousand files that are not here."""
    lines = "".join(f"{n:064x}  data/servable/{n}.txt\n" for n in range(5_000)).encode()
    return _zip([(f"{FOLDER}/data/servable/x.txt", b"x"), (f"{FOLDER}/manifest-sha256.txt", lines)]), ["missing"]


def list_not_utf8() -> Made:
    """A list in no encoding."""
    return _zip([(f"{FOLDER}/data/servable/x.txt", b"x"), (f"{FOLDER}/manifest-sha256.txt", b"\xff\xfe\x00zz")]), [
        "list_damaged"
    ]


def deep_json() -> Made:
    """A record nested until a parser falls over."""
    return _one("data/restricted/12_record.json", b"[" * 100_000 + b"\n"), ["unreadable"]


def odd_json() -> Made:
    """A record that is no object, a number beyond all, a name given twice."""
    return _one("data/restricted/12_record.json", b'{"t":"record/v1","t":1e999}\n'), ["unreadable"]


def odd_pdf() -> Made:
    """A chronology that is no PDF."""
    return _one("data/servable/01_chronology.pdf", b"%PDF-1.7\n" + b"1 0 obj<</Length 9999999999>>stream\n" * 50), [
        "unreadable"
    ]


def cut() -> Made:
    """A zip that ends in the middle."""
    return _one()[:-30], ["not_a_pack"]


def not_a_zip() -> Made:
    """Something else altogether."""
    return b"GIF89a" + bytes(500), ["not_a_pack"]


def empty() -> Made:
    """A zip of nothing."""
    return _zip([]), ["not_a_pack"]


def _local(offset: int, form: str, value: int) -> bytes:
    """A member's own header changed, where the zip's list still says the truth."""
    raw = bytearray(_one())
    struct.pack_into(form, raw, raw.index(b"PK\x03\x04") + offset, value)
    return bytes(raw)


def own_method() -> Made:
    """A member that is packed, as its own header says, and stored, as the list says: two readers, two files."""
    return _local(8, "<H", zipfile.ZIP_DEFLATED), ["damaged"]


def own_crc() -> Made:
    """A checksum in a member's own header that is another than the list's."""
    return _local(14, "<I", 7), ["damaged"]


def own_size() -> Made:
    """A member that its own header says is empty."""
    return _local(18, "<I", 0), ["damaged"]


def own_lock() -> Made:
    """A member that only its own header calls encrypted."""
    return _local(6, "<H", 1), ["damaged"]


def other_name() -> Made:
    """An extra field with another name, which some readers unpack it under."""
    info = zipfile.ZipInfo(f"{FOLDER}/data/servable/x.txt", _DATE)
    info.external_attr, info.create_system = (stat.S_IFREG | 0o644) << 16, 3
    told = b"\x01" + struct.pack("<I", zlib.crc32(info.filename.encode())) + f"{FOLDER}/data/servable/y.txt".encode()
    info.extra = struct.pack("<2H", 0x7075, len(told)) + told
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"x")
    return out.getvalue(), ["bad_name"]


def _listed(offset: int, form: str, value: int) -> bytes:
    """The zip's own list changed."""
    raw = bytearray(_one())
    struct.pack_into(form, raw, raw.rindex(b"PK\x01\x02") + offset, value)
    return bytes(raw)


def dos_folder() -> Made:
    """A file that Windows is told is a folder."""
    return _listed(38, "<I", (stat.S_IFREG | 0o644) << 16 | 0x10), ["not_a_file"]


def other_disk() -> Made:
    """A member on a second disk."""
    return _listed(34, "<H", 1), ["not_a_file"]


def miscounted() -> Made:
    """A list that says it is shorter than it is: whoever goes by it sees fewer files."""
    raw = bytearray(_zip([(f"{FOLDER}/data/servable/{name}.txt", b"x") for name in "xy"]))
    struct.pack_into("<2H", raw, raw.rindex(b"PK\x05\x06") + 8, 1, 1)
    return bytes(raw), ["not_a_pack"]


def many_disks() -> Made:
    """A zip that says it is the last of several."""
    raw = bytearray(_one())
    struct.pack_into("<2H", raw, raw.rindex(b"PK\x05\x06") + 4, 2, 1)
    return bytes(raw), ["not_a_pack"]


CASES: Final[tuple[Callable[[], Made], ...]] = (
    absolute, backslash, before, bomb, case, claims, comment, crc, cut, deep, deep_json, device, dos_folder, empty, encrypted,
    huge_list, link, list_not_utf8, long_name, longer, many_disks, miscounted, not_a_zip, not_utf8, odd_json, odd_pdf,
    other_disk, other_name, own_crc, own_lock, own_method, own_size, slip, twice, two_folders, zero_byte,
)  # fmt: skip


def corpus() -> dict[str, Made]:
    """Every case by its file's name."""
    return {f"{one.__name__}.zip": one() for one in CASES}


def main() -> None:
    """Write them."""
    OUT.mkdir(exist_ok=True)
    made = corpus()
    for name, (raw, _) in made.items():
        (OUT / name).write_bytes(raw)
    expected = {name: codes for name, (_, codes) in sorted(made.items())}
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
