"""Write tests/vectors/hostile/: zips made to harm people who open a pack, with the findings required for each.

    python -m tests.vectors.write_hostile

`expected.json` lists for each file the codes that must be among the findings (diary/pack/verify/findings.py). Both
verifiers are tested against it: diary/pack/verify/verifier.py by tests/pack/test_hostile_zips.py, and the verify page
by its own tests. The output is reproducible.
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
    """Replace a name by one of the same length that the library would not write."""
    assert len(old) == len(new) and old in raw
    return raw.replace(old, new)


def zip_of_one_member(name: str = "data/servable/x.txt", content: bytes = b"x") -> bytes:
    return make_zip([(f"{PACK_FOLDER_NAME}/{name}", content)])


def slip() -> HostileZip:
    """Return a name that leads out of the folder."""
    return make_zip([(f"{PACK_FOLDER_NAME}/../../evil.txt", b"x")]), ["bad_name"]


def absolute() -> HostileZip:
    """Return a name from the root."""
    return with_bytes_replaced(
        zip_of_one_member("data/servable/abs.txt"),
        f"{PACK_FOLDER_NAME}/".encode(),
        b"/" + PACK_FOLDER_NAME[:-1].encode() + b"/",
    ), ["no_folder"]


def backslash() -> HostileZip:
    """Return a name that is a path on Windows only."""
    return with_bytes_replaced(zip_of_one_member("data/servable/..x..x.txt"), b"..x..x.txt", b"..\\..\\.txt"), [
        "bad_name"
    ]


def zero_byte() -> HostileZip:
    """Return a name with a zero byte in it."""
    return with_bytes_replaced(zip_of_one_member("data/servable/a.txt?b.txt"), b"a.txt?b", b"a.txt\0b"), ["bad_name"]


def not_utf8() -> HostileZip:
    """Return a name in no encoding."""
    raw = with_bytes_replaced(zip_of_one_member("data/servable/aaaa.txt"), b"aaaa.txt", b"\xc3\x28\xff\xfe.txt")
    return raw, ["bad_name"]


def long_name() -> HostileZip:
    """Return a name that is far too long."""
    return zip_of_one_member("data/" + "a" * 300 + ".txt"), ["bad_name"]


def deep() -> HostileZip:
    """Return deeply nested folders."""
    return zip_of_one_member("data/" + "a/" * 60 + "x.txt"), ["bad_name"]


def link() -> HostileZip:
    """Return a symbolic link to a file of the computer."""
    return make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"/etc/passwd")], mode=stat.S_IFLNK | 0o777), [
        "not_a_file"
    ]


def device() -> HostileZip:
    """Return a device file."""
    return make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"")], mode=stat.S_IFCHR | 0o666), ["not_a_file"]


def twice() -> HostileZip:
    """Return two files with one name, read differently by different programs."""
    name = f"{PACK_FOLDER_NAME}/data/servable/x.txt"
    return with_bytes_replaced(make_zip([(name, b"one"), (name[:-5] + "y.txt", b"two")]), b"y.txt", b"x.txt"), ["twice"]


def case() -> HostileZip:
    """Return two names that are equal on Windows and macOS."""
    return make_zip(
        [(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"one"), (f"{PACK_FOLDER_NAME}/data/servable/X.txt", b"two")]
    ), ["twice"]


def bomb() -> HostileZip:
    """Return four megabytes of zeros in four kilobytes."""
    return make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", bytes(4_500_000))], kind=zipfile.ZIP_DEFLATED), [
        "too_large"
    ]


def claims() -> HostileZip:
    """Return a member that claims to be larger than any disk."""
    raw = bytearray(zip_of_one_member())
    at = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 0xFFFFFFF0)
    return bytes(raw), ["too_large"]


def longer() -> HostileZip:
    """Return a compressed member that is longer than declared."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(b"x" * 500) + packed.flush()
    raw = bytearray(make_zip([(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x" * 500)], kind=zipfile.ZIP_DEFLATED))
    assert body in bytes(raw)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 100)
    return bytes(raw), ["damaged"]


def crc() -> HostileZip:
    """Return a member with a wrong checksum."""
    raw = bytearray(zip_of_one_member())
    for mark, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 7)
    return bytes(raw), ["damaged"]


def encrypted() -> HostileZip:
    """Return a member declared as encrypted."""
    raw = bytearray(zip_of_one_member())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", raw, raw.index(mark) + offset, 1)
    return bytes(raw), ["not_a_file"]


def before() -> HostileZip:
    """Return bytes before the zip: another file format for programs that start at the front."""
    return b"<html><script>alert(1)</script>" + zip_of_one_member(), ["hidden"]


def comment() -> HostileZip:
    """Return a comment that contains a page."""
    out = io.BytesIO(zip_of_one_member())
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"<script>alert(1)</script>"
    return out.getvalue(), ["hidden"]


def two_folders() -> HostileZip:
    """Return files outside the pack's folder."""
    return make_zip(
        [(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x"), ("PACK_JB_2_20261124/data/servable/y.txt", b"y")]
    ), ["no_folder"]


def huge_list() -> HostileZip:
    """Return a list with digests of five thousand missing files."""
    lines = "".join(f"{n:064x}  data/servable/{n}.txt\n" for n in range(5_000)).encode()
    return make_zip(
        [(f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x"), (f"{PACK_FOLDER_NAME}/manifest-sha256.txt", lines)]
    ), ["missing"]


def list_not_utf8() -> HostileZip:
    """Return a list in no encoding."""
    return make_zip(
        [
            (f"{PACK_FOLDER_NAME}/data/servable/x.txt", b"x"),
            (f"{PACK_FOLDER_NAME}/manifest-sha256.txt", b"\xff\xfe\x00zz"),
        ]
    ), ["list_damaged"]


def deep_json() -> HostileZip:
    """Return a record nested beyond a parser's limits."""
    return zip_of_one_member("data/restricted/12_record.json", b"[" * 100_000 + b"\n"), ["unreadable"]


def odd_json() -> HostileZip:
    """Return a record that is not an object, with a huge number and a repeated name."""
    return zip_of_one_member("data/restricted/12_record.json", b'{"t":"record/v1","t":1e999}\n'), ["unreadable"]


def odd_pdf() -> HostileZip:
    """Return a chronology that is not a PDF."""
    return zip_of_one_member(
        "data/servable/01_chronology.pdf", b"%PDF-1.7\n" + b"1 0 obj<</Length 9999999999>>stream\n" * 50
    ), ["unreadable"]


def cut() -> HostileZip:
    """Return a truncated zip."""
    return zip_of_one_member()[:-30], ["not_a_pack"]


def not_a_zip() -> HostileZip:
    """Return something that is not a zip."""
    return b"GIF89a" + bytes(500), ["not_a_pack"]


def empty() -> HostileZip:
    """Return an empty zip."""
    return make_zip([]), ["not_a_pack"]


def with_local_header_field(offset: int, form: str, value: int) -> bytes:
    """Change a member's local header; the central directory stays correct."""
    raw = bytearray(zip_of_one_member())
    struct.pack_into(form, raw, raw.index(b"PK\x03\x04") + offset, value)
    return bytes(raw)


def own_method() -> HostileZip:
    """Return a member that is compressed by its local header and stored by the directory: two readers, two files."""
    return with_local_header_field(8, "<H", zipfile.ZIP_DEFLATED), ["damaged"]


def own_crc() -> HostileZip:
    """Return a checksum in a local header that differs from the directory's."""
    return with_local_header_field(14, "<I", 7), ["damaged"]


def own_size() -> HostileZip:
    """Return a member that is empty by its local header."""
    return with_local_header_field(18, "<I", 0), ["damaged"]


def own_lock() -> HostileZip:
    """Return a member that is encrypted by its local header only."""
    return with_local_header_field(6, "<H", 1), ["damaged"]


def other_name() -> HostileZip:
    """Return an extra field with another name, which some programs use."""
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
    """Change the zip's central directory."""
    raw = bytearray(zip_of_one_member())
    struct.pack_into(form, raw, raw.rindex(b"PK\x01\x02") + offset, value)
    return bytes(raw)


def dos_folder() -> HostileZip:
    """Return a file that is marked as a folder for Windows."""
    return with_central_header_field(38, "<I", (stat.S_IFREG | 0o644) << 16 | 0x10), ["not_a_file"]


def other_disk() -> HostileZip:
    """Return a member on a second disk."""
    return with_central_header_field(34, "<H", 1), ["not_a_file"]


def miscounted() -> HostileZip:
    """Return a directory with too low a count: programs that rely on it see fewer files."""
    raw = bytearray(make_zip([(f"{PACK_FOLDER_NAME}/data/servable/{name}.txt", b"x") for name in "xy"]))
    struct.pack_into("<2H", raw, raw.rindex(b"PK\x05\x06") + 8, 1, 1)
    return bytes(raw), ["not_a_pack"]


def many_disks() -> HostileZip:
    """Return a zip that claims to be the last of several."""
    raw = bytearray(zip_of_one_member())
    struct.pack_into("<2H", raw, raw.rindex(b"PK\x05\x06") + 4, 2, 1)
    return bytes(raw), ["not_a_pack"]


CASES: Final[tuple[Callable[[], HostileZip], ...]] = (
    absolute, backslash, before, bomb, case, claims, comment, crc, cut, deep, deep_json, device, dos_folder, empty, encrypted,
    huge_list, link, list_not_utf8, long_name, longer, many_disks, miscounted, not_a_zip, not_utf8, odd_json, odd_pdf,
    other_disk, other_name, own_crc, own_lock, own_method, own_size, slip, twice, two_folders, zero_byte,
)  # fmt: skip


def corpus() -> dict[str, HostileZip]:
    """Return every case by its file's name."""
    return {f"{case_function.__name__}.zip": case_function() for case_function in CASES}


def main() -> None:
    """Write the files."""
    OUTPUT_FOLDER.mkdir(exist_ok=True)
    files = corpus()
    for name, (raw, _) in files.items():
        (OUTPUT_FOLDER / name).write_bytes(raw)
    expected = {name: codes for name, (_, codes) in sorted(files.items())}
    (OUTPUT_FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
