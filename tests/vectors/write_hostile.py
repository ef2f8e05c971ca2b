"""Write tests/vectors/hostile/: zips that somebody made to harm whoever opens a pack, with what must be found in each.

    python -m tests.vectors.write_hostile

`expected.json` names for each file the codes that have to be among the findings (diary/pack/verify/findings.py). Both
checkers are held to it: diary/pack/verify/verifier.py by tests/pack/test_hostile_zips.py, and the verify page by its
own tests. The
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

OUTPUT_FOLDER: Final = Path(__file__).parent / "hostile"
PACK_FOLDER_NAME: Final = "PACK_JB_1_20261124"
_DATE: Final = (1980, 1, 1, 0, 0, 0)
HostileZip = tuple[bytes, list[str]]


def make_zip(
    rows: list[tuple[str, bytes]], *, mode: int = stat.S_IFREG | 0o644, kind: int = zipfile.ZIP_STORED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in rows:
            row = zipfile.ZipInfo(name, _DATE)
            row.external_attr, row.create_system, row.compress_type = mode << 16, 3, kind
            archive.writestr(row, content, compress_type=kind)
    return out.getvalue()


def with_bytes_replaced(raw: bytes, old: bytes, new: bytes) -> bytes:
    """A name changed where the library would not write it; of the same length."""
    assert len(old) == len(new) and old in raw
    return raw.replace(old, new)


def zip_of_one_member(name: str = "data/servable/x.txt", content: bytes = b"x") -> bytes:
    return make_zip([(f"{PACK_FOLDER_NAME}/{name}", content)])


def slip() -> HostileZip:
    """A name that leads out of the folder."""
    return make_zip([(f"{PACK_FOLDER_NAME}/../../evil.txt", b"x")]), ["bad_name"]


def absolute() -> HostileZip:
    """A name from the root."""
    return with_bytes_replaced(
        zip_of_one_member("data/servable/abs.txt"),
        f"{PACK_FOLDER_NAME}/".encode(),
        b"/" + PACK_FOLDER_NAME[:-1].encode() + b"/",
    ), ["no_folder"]


def backslash() -> HostileZip:
    """A name that is a path on Windows alone."""
    return with_bytes_replaced(zip_of_one_member("data/servable/..x..x.txt"), b"..x..x.txt", b"..\\..\\.txt"), [
        "bad_name"
    ]


def zero_byte() -> HostileZip:
    """A name cut short by a zero byte."""
    return with_bytes_replaced(zip_of_one_member("data/servable/a.txt?b.txt"), b"a.txt?b", b"a.txt\0b"), ["bad_name"]


def not_utf8() -> HostileZip:
    """A name in no encoding."""
    raw = with_bytes_replaced(zip_of_one_member("data/servable/aaaa.txt"), b"aaaa.txt", b"\xc3\x28\xff\xfe.txt")
    return raw, ["bad_name"]


def long_name() -> HostileZip:
    """A name far too long."""
    return zip_of_one_member("data/" + "a" * 300 + ".txt"), ["bad_name"]


def deep() -> HostileZip:
    """Folders in folders."""
    return zip_of_one_member("data/" + "a/" * 60 + "x.txt"), ["bad_name"]


def link() -> HostileZip:
    """A symbolic link to a file of the computer."""
    return make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"/etc/passwd")], mode=stat.S_IFLNK | 0o777), [
        "not_a_file"
    ]


def device() -> HostileZip:
    """A device."""
    return make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"")], mode=stat.S_IFCHR | 0o666), ["not_a_file"]


def twice() -> HostileZip:
    """Two files of one name, whatever a reader takes."""
    name = f"{PACK_FOLDER_NAME}/data/servable/x.txt"
    return with_bytes_replaced(make_zip([(name, b"one"), (name[:-5] + "y.txt", b"two")]), b"y.txt", b"x.txt"), ["twice"]


def case() -> HostileZip:
    """Two names that are one on Windows and macOS."""
    return make_zip(
        [(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"one"), (f"{PACK_FOLDER_NAME}/data/servable/X.txt", b"two")]
    ), ["twice"]


def bomb() -> HostileZip:
    """Four megabytes of nothing in four kilobytes."""
    return make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", bytes(4_500_000))], kind=zipfile.ZIP_DEFLATED), [
        "too_large"
    ]


def claims() -> HostileZip:
    """A member that claims to be larger than any disk."""
    raw = bytearray(zip_of_one_member())
    at = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 0xFFFFFFF0)
    return bytes(raw), ["too_large"]


def longer() -> HostileZip:
    """A packed member that is longer than it says."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(b"x" * 500) + packed.flush()
    raw = bytearray(make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x" * 500)], kind=zipfile.ZIP_DEFLATED))
    assert body in bytes(raw)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 100)
    return bytes(raw), ["damaged"]


def crc() -> HostileZip:
    """A member whose checksum is another."""
    raw = bytearray(zip_of_one_member())
    for mark, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 7)
    return bytes(raw), ["damaged"]


def encrypted() -> HostileZip:
    """A member that says it is encrypted."""
    raw = bytearray(zip_of_one_member())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", raw, raw.index(mark) + offset, 1)
    return bytes(raw), ["not_a_file"]


def before() -> HostileZip:
    """Bytes before the zip: another kind of file for whoever starts at the front."""
    return b"<html><script>alert(1)</script>" + zip_of_one_member(), ["hidden"]


def comment() -> HostileZip:
    """A comment that holds a page."""
    out = io.BytesIO(zip_of_one_member())
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"<script>alert(1)</script>"
    return out.getvalue(), ["hidden"]


def two_folders() -> HostileZip:
    """Files outside the pack's folder."""
    return make_zip(
        [(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x"), ("PACK_JB_2_20261124/data/servable/y.txt", b"y")]
    ), ["no_folder"]


def huge_list() -> HostileZip:
    """A list of digests of five thousand files that are not here."""
    lines = "".join(f"{n:064x}  data/servable/{n}.txt\n" for n in range(5_000)).encode()
    return make_zip(
        [(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x"), (f"{PACK_FOLDER_NAME}/manifest-sha256.txt", lines)]
    ), ["missing"]


def list_not_utf8() -> HostileZip:
    """A list in no encoding."""
    return make_zip(
        [
            (f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x"),
            (f"{PACK_FOLDER_NAME}/manifest-sha256.txt", b"\xff\xfe\x00zz"),
        ]
    ), ["list_damaged"]


def deep_json() -> HostileZip:
    """A record nested until a parser falls over."""
    return zip_of_one_member("data/restricted/12_record.json", b"[" * 100_000 + b"\n"), ["unreadable"]


def odd_json() -> HostileZip:
    """A record that is no object, a number beyond all, a name given twice."""
    return zip_of_one_member("data/restricted/12_record.json", b'{"t":"record/v1","t":1e999}\n'), ["unreadable"]


def odd_pdf() -> HostileZip:
    """A chronology that is no PDF."""
    return zip_of_one_member(
        "data/servable/01_chronology.pdf", b"%PDF-1.7\n" + b"1 0 obj<</Length 9999999999>>stream\n" * 50
    ), ["unreadable"]


def cut() -> HostileZip:
    """A zip that ends in the middle."""
    return zip_of_one_member()[:-30], ["not_a_pack"]


def not_a_zip() -> HostileZip:
    """Something else altogether."""
    return b"GIF89a" + bytes(500), ["not_a_pack"]


def empty() -> HostileZip:
    """A zip of nothing."""
    return make_zip([]), ["not_a_pack"]


def with_local_header_field(offset: int, form: str, value: int) -> bytes:
    """A member's own header changed, where the zip's list still says the truth."""
    raw = bytearray(zip_of_one_member())
    struct.pack_into(form, raw, raw.index(b"PK\x03\x04") + offset, value)
    return bytes(raw)


def own_method() -> HostileZip:
    """A member that is packed, as its own header says, and stored, as the list says: two readers, two files."""
    return with_local_header_field(8, "<H", zipfile.ZIP_DEFLATED), ["damaged"]


def own_crc() -> HostileZip:
    """A checksum in a member's own header that is another than the list's."""
    return with_local_header_field(14, "<I", 7), ["damaged"]


def own_size() -> HostileZip:
    """A member that its own header says is empty."""
    return with_local_header_field(18, "<I", 0), ["damaged"]


def own_lock() -> HostileZip:
    """A member that only its own header calls encrypted."""
    return with_local_header_field(6, "<H", 1), ["damaged"]


def other_name() -> HostileZip:
    """An extra field with another name, which some readers unpack it under."""
    info = zipfile.ZipInfo(f"{PACK_FOLDER_NAME}/data/servable/x.txt", _DATE)
    info.external_attr, info.create_system = (stat.S_IFREG | 0o644) << 16, 3
    unicode_path_field = (
        b"\x01"
        + struct.pack("<I", zlib.crc32(info.filename.encode()))
        + f"{PACK_FOLDER_NAME}/data/servable/y.txt".encode()
    )
    info.extra = struct.pack("<2H", 0x7075, len(unicode_path_field)) + unicode_path_field
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, b"x")
    return out.getvalue(), ["bad_name"]


def with_central_header_field(offset: int, form: str, value: int) -> bytes:
    """The zip's own list changed."""
    raw = bytearray(zip_of_one_member())
    struct.pack_into(form, raw, raw.rindex(b"PK\x01\x02") + offset, value)
    return bytes(raw)


def dos_folder() -> HostileZip:
    """A file that Windows is told is a folder."""
    return with_central_header_field(38, "<I", (stat.S_IFREG | 0o644) << 16 | 0x10), ["not_a_file"]


def other_disk() -> HostileZip:
    """A member on a second disk."""
    return with_central_header_field(34, "<H", 1), ["not_a_file"]


def miscounted() -> HostileZip:
    """A list that says it is shorter than it is: whoever goes by it sees fewer files."""
    raw = bytearray(make_zip([(f"{PACK_FOLDER_NAME}/data/servable/{name}.txt", b"x") for name in "xy"]))
    struct.pack_into("<2H", raw, raw.rindex(b"PK\x05\x06") + 8, 1, 1)
    return bytes(raw), ["not_a_pack"]


def many_disks() -> HostileZip:
    """A zip that says it is the last of several."""
    raw = bytearray(zip_of_one_member())
    struct.pack_into("<2H", raw, raw.rindex(b"PK\x05\x06") + 4, 2, 1)
    return bytes(raw), ["not_a_pack"]


CASES: Final[tuple[Callable[[], HostileZip], ...]] = (
    absolute, backslash, before, bomb, case, claims, comment, crc, cut, deep, deep_json, device, dos_folder, empty, encrypted,
    huge_list, link, list_not_utf8, long_name, longer, many_disks, miscounted, not_a_zip, not_utf8, odd_json, odd_pdf,
    other_disk, other_name, own_crc, own_lock, own_method, own_size, slip, twice, two_folders, zero_byte,
)  # fmt: skip


def corpus() -> dict[str, HostileZip]:
    """Every case by its file's name."""
    return {f"{case_function.__name__}.zip": case_function() for case_function in CASES}


def main() -> None:
    """Write them."""
    OUTPUT_FOLDER.mkdir(exist_ok=True)
    files = corpus()
    for name, (raw, _) in files.items():
        (OUTPUT_FOLDER / name).write_bytes(raw)
    expected = {name: codes for name, (_, codes) in sorted(files.items())}
    (OUTPUT_FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
