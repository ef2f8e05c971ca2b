"""Hostile zips for every reader of packs: the program, the page's modules, and the page in a browser.

The first part is the stored files of tests/vectors/hostile: small, and always the same bytes. The second part is made
from a valid pack, so that the damage stands among valid members.
"""

import io
import json
import re
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.pack.conftest import BuiltPack
from tests.pack.pack_members import members_of, pack_folder_name
from tests.vectors.write_hostile import OUTPUT_FOLDER

EXPECTED_CODES: dict[str, list[str]] = json.loads((OUTPUT_FOLDER / "expected.json").read_text(encoding="ascii"))
_DS_STORE = b"\0\0\0\1Bud1\0\0\x10"
_APPLE_DOUBLE_HEADER = struct.pack(">2L16sH", 0x00051607, 0x00020000, b"Mac OS X        ", 2)


def apple_double(flags: int = 0, resource_fork: bytes = b"") -> bytes:
    """Return a file in which macOS keeps attributes of another. `flags`: of the Finder."""
    info = bytes(8) + struct.pack(">H", flags) + bytes(22)
    entries = struct.pack(">6L", 9, 50, len(info), 2, 50 + len(info), len(resource_fork))
    return _APPLE_DOUBLE_HEADER + entries + info + resource_fork


_APPLE_DOUBLE = apple_double()
# Too long for a browser's file chooser in a test. Node runs the same modules over them.
TOO_SLOW_FOR_BROWSER = frozenset({"sixty thousand members", "a list of twenty megabytes"})


def hostile_zips(built: BuiltPack, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each case with its name. `folder` is for temporary files."""
    for name in sorted(EXPECTED_CODES):
        yield name, (OUTPUT_FOLDER / name).read_bytes()
    yield from zips_with_hostile_members(built, folder)


def zips_with_hostile_members(built: BuiltPack, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield zips with hostile members: names that lead outside, links, duplicates, odd encodings, bombs."""
    valid_zip, zip_path, pack_folder = built.path.read_bytes(), folder / "hostile.zip", pack_folder_name(built.path)

    def with_member(name: str, content: bytes = b"x", **row: Any) -> bytes:
        zip_path.write_bytes(valid_zip)
        with zipfile.ZipFile(zip_path, "a") as archive:
            info = zipfile.ZipInfo("x")
            info.filename = name
            for key, value in row.items():
                setattr(info, key, value)
            archive.writestr(info, content)
        return zip_path.read_bytes()

    outside_names = ("../outside.txt", "/etc/passwd", "C:/x.txt", "other/x")
    for name in (*outside_names, *(f"{pack_folder}/{member}" for member in ("a\\..\\b.txt", "data/../../x", "da\0ta"))):
        yield f"name {name!r}", with_member(name)
    for member in ("data/ünï.txt", "data/\u202egpj.exe", "a/" * 40 + "b", "n" * 300):
        yield f"name {member[:30]!r}", with_member(f"{pack_folder}/{member}")
    yield from zips_with_hostile_structure(built, zip_path, with_member)


def zips_with_hostile_structure(
    built: BuiltPack, zip_path: Path, with_member: Callable[..., bytes]
) -> Iterator[tuple[str, bytes]]:
    """Yield zips whose own structure is wrong."""
    valid_zip, pack_folder = built.path.read_bytes(), pack_folder_name(built.path)
    yield "link", with_member(f"{pack_folder}/data/link", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)
    yield "folder", with_member(f"{pack_folder}/data/more/", b"")
    with pytest.warns(UserWarning, match="Duplicate"):
        yield "twice", with_member(f"{pack_folder}/bagit.txt")
    yield "twice but for case", with_member(f"{pack_folder}/BagIt.txt")
    yield from zips_that_readers_read_differently(built, zip_path)
    yield from zips_with_bytes_of_no_member(built)
    yield "before", b"MZ" + valid_zip
    yield "after", valid_zip + b"more"
    yield from bombs_and_damaged_zips(built, zip_path)


def zips_that_readers_read_differently(built: BuiltPack, zip_path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield zips in which one reader sees another pack, or none, than a second one. None of them may be called sound."""
    valid_zip = built.path.read_bytes()
    end = valid_zip.rindex(b"PK\5\6")
    count, length, start = struct.unpack_from("<H2L", valid_zip, end + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    end_of_valid, start_of_valid = end, start
    for name, disk, offset in (("another list", 0, start), ("another disk", 1, end)):
        locator = struct.pack("<4sLQL", b"PK\6\7", disk, offset, 1)
        yield f"a ZIP64 locator that names {name}", valid_zip[:end] + record + locator + valid_zip[end:]
    for bit in (5, 6, 13):
        flagged = bytearray(valid_zip)
        for place in (6, start + 8):
            flagged[place + bit // 8] |= 1 << bit % 8
        yield f"flag {bit}", bytes(flagged)
    with zipfile.ZipFile(built.path) as archive:
        members = [(row.filename, archive.read(row)) for row in archive.infolist()]
    with zipfile.ZipFile(zip_path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    stored = bytearray(zip_path.read_bytes())
    last = zipfile.ZipFile(zip_path).infolist()[-1]
    end = stored.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<L", stored, end + 16)
    row = stored.rindex(b"PK\1\2")
    struct.pack_into("<L", stored, last.header_offset + 18, last.file_size + 4)
    struct.pack_into("<L", stored, row + 20, last.file_size + 4)
    struct.pack_into("<L", stored, end + 16, start + 4)
    yield "a stored member with bytes after it", bytes(stored[:start] + b"more" + stored[start:])
    with zipfile.ZipFile(zip_path, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.extra = struct.pack("<2H", 0x9999, 0)
            archive.writestr(info, content)
    broken = bytearray(zip_path.read_bytes())
    struct.pack_into("<H", broken, broken.rindex(b"\x99\x99\0\0", 0, broken.rindex(b"PK\5\6")) + 2, 9)
    yield "an extra field that ends after them", bytes(broken)
    for name, changes in {
        "a ZIP64 record that says it is shorter": {4: b"\0" * 8},
        "a ZIP64 record that says it is longer": {4: b"\0" * 7 + b"\x80"},
        "a ZIP64 record for a newer program": {14: b"\x40"},
        "a ZIP64 locator of no disk": {len(record) + 16: b"\0"},
        "a ZIP64 locator of two disks": {len(record) + 16: b"\2"},
    }.items():
        large = bytearray(record + struct.pack("<4sLQL", b"PK\6\7", 0, end_of_valid, 1))
        for place, content in changes.items():
            large[place : place + len(content)] = content
        yield name, valid_zip[:end_of_valid] + bytes(large) + valid_zip[end_of_valid:]
    for name, place, content in (
        ("a member that needs a newer program", 6, b"\x3f"),
        ("a member marked as the name of a disk", 38, b"\x08"),
        ("a member marked as a device", 38, b"\x40"),
        ("a member marked as a link of Windows", 39, b"\x04"),
        ("a member that needs a newer program by the second byte", 7, b"\x02"),
    ):
        marked = bytearray(valid_zip)
        marked[start_of_valid + place : start_of_valid + place + 1] = content
        yield name, bytes(marked)
    yield "a comment that begins like an end record", valid_zip[:-2] + struct.pack("<H", 4) + b"PK\5\6"
    flagged = bytearray(valid_zip)
    flagged[7] |= 0x08
    yield "a header that alone says that its name is UTF-8", bytes(flagged)


def zips_with_bytes_of_no_member(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield zips with bytes that are part of no member and that no signature covers: readers skip them or show them."""
    zip64_sizes = struct.pack("<2H2Q", 1, 16, 1, 1)
    for name, extra in (
        ("an unknown extra field", struct.pack("<2H", 0x9999, 6) + b"secret"),
        ("an extra field of 60 kB", struct.pack("<2H", 0x5455, 60_000) + b"x" * 60_000),
        ("two extra fields of times", struct.pack("<2HBL", 0x5455, 5, 1, 0) * 2),
        ("a byte after its extra fields", struct.pack("<2HBL", 0x5455, 5, 1, 0) + b"x"),
        ("two ZIP64 fields", zip64_sizes * 2),
    ):
        yield name, packed_again(built, extra=extra)
    folder = _folders_of(built)[-1]
    yield "a folder that it names twice", packed_again(built, folders=[folder, folder])
    yield "a folder in place of a file", packed_again(built, folders=[f"{folder.partition('/')[0]}/bagit.txt/"])
    yield "a folder that leads elsewhere", packed_again(built, folders=["../more/"])
    for end in ("\xff", "\x01", ".", " "):
        name = f"{pack_folder_name(built.path)}/data/00_READ-FIRST.txt{end}/"
        yield f"a folder that programs shorten {end!r}", packed_again(built, folders=[name])
    yield "a folder with bytes of its own", packed_again(built, folders=[folder], folder_content=b"Ask Dan.")
    yield "a member with a comment", packed_again(built, comment=b"Ask Dan.")
    yield "untrue ZIP64 sizes in the list", packed_again(built, extra=zip64_sizes)
    streamed = bytearray(packed_again(built, is_streamed=True))
    descriptor = streamed.index(b"PK\7\x08")
    streamed[descriptor : descriptor + 16] = b"meet me at the\0\0"
    yield "a descriptor of other bytes", bytes(streamed)
    streamed = bytearray(packed_again(built, is_streamed=True, is_large=True))
    struct.pack_into("<Q", streamed, streamed.index(struct.pack("<2H", 1, 16)) + 4, 1)
    yield "untrue ZIP64 sizes in a header", bytes(streamed)


def repacked_zips(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield a pack as common programs pack it again. No checker may find anything in it."""
    times, owner = struct.pack("<2HBL", 0x5455, 5, 1, 1_700_000_000), struct.pack("<2HBBLBL", 0x7875, 11, 1, 4, 0, 4, 0)
    ntfs = struct.pack("<2HL2H3Q", 10, 32, 0, 1, 24, 1, 2, 3)
    yield "times and owner", packed_again(built, extra=times + owner)
    yield "times of NTFS", packed_again(built, extra=ntfs)
    yield "streamed", packed_again(built, is_streamed=True)
    yield "streamed, for large files", packed_again(built, is_streamed=True, is_large=True)
    yield "for large files", packed_again(built, is_large=True)
    yield "with its folders", packed_again(built, folders=_folders_of(built))
    yield (
        "with its folders, packed",
        packed_again(built, folders=_folders_of(built), folder_method=zipfile.ZIP_DEFLATED),
    )
    yield "with a dot before each name", packed_again(built, outer="./", folders=["./"])
    yield "in a folder of its own", packed_again(built, outer="Evidence (2)/")
    yield "in a folder of the same name", packed_again(built, outer=f"{pack_folder_name(built.path)}/")
    yield "in two folders of other letters", packed_again(built, outer="Père & O'Brien, #12 [2026]/Old/")
    for suffix in (" (1)", " 2", " copy 2", " - Copy (2)", " - Copy - Copy", " — kopia"):
        yield f"a second copy {suffix}", packed_again(built, suffix=suffix)


def zips_with_files_of_a_computer(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield a pack with a file that macOS or Windows adds. It is named, and the pack is not called changed."""
    folder = pack_folder_name(built.path)
    for name, start in (
        (f"{folder}/.DS_Store", _DS_STORE),
        (".DS_Store", _DS_STORE),
        (f"{folder}/data/Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        (f"{folder}/data/.localized", b""),
        (f"{folder}/data/servable/~$02_chronology.csv", b"\3Ann"),
        (f"{folder}/data/servable/.~lock.02_chronology.csv#", b",ann,desk,1.12.2026;"),
        (f"__MACOSX/{folder}/data/._00_READ-FIRST.txt", _APPLE_DOUBLE),
        (f"__MACOSX/._{folder}", _APPLE_DOUBLE),
    ):
        yield name, packed_again(built, more={name: start})
    name = f"__MACOSX/Evidence/{folder}/._data"
    yield name, packed_again(built, outer="Evidence/", more={name: _APPLE_DOUBLE})
    name = f"Evidence/__MACOSX/{folder}/._data"
    yield name, packed_again(built, outer="Evidence/", more={name: _APPLE_DOUBLE})
    attributes_name = f"{folder}/._.DS_Store"
    yield (
        f"{attributes_name} and its file",
        packed_again(built, more={attributes_name: _APPLE_DOUBLE, f"{folder}/.DS_Store": _DS_STORE}),
    )
    name = f"{folder}/data/more/.DS_Store"
    yield name, packed_again(built, more={name: _DS_STORE})


def zips_with_empty_folders(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield a pack and an empty folder, which is named."""
    yield "in it", packed_again(built, folders=[f"{_folders_of(built)[-1]}New folder/"])
    yield "beside it", packed_again(built, outer="Evidence/", folders=["Evidence/.Trashes/"])


def renamed_zips(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield a pack in a folder of another name, or in none."""
    for top in ("Evidence from Jane/", "pack_final/", "Cases/Jane/", "", "./"):
        yield f"renamed {top}", packed_again(built, folder=top)


def zips_that_say_another_system(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield zips with a member that some programs unpack as something else, or elsewhere."""
    folder = pack_folder_name(built.path)
    amiga = bytearray(packed_again(built))
    row = amiga.index(b"PK\1\2")
    amiga[row + 5] = 1
    struct.pack_into("<L", amiga, row + 38, 0o104644 << 16)
    yield "of an Amiga", bytes(amiga)
    for name, first, other in (
        ("another system", f"{folder} - kopi\xe9".encode("cp437"), (5, 0)),
        ("another version", f"{folder} - kopi\xe9".encode("cp437"), (4, 50)),
        ("another flag", f"{folder} - kopi\xe9".encode(), None),
    ):
        yield f"a name of {name}", _with_two_spellings(built, first, other)


def _with_two_spellings(built: BuiltPack, spelled: bytes, change: tuple[int, int] | None) -> bytes:
    """Return the pack in a folder with a name outside ASCII that the last member says in another way.

    `spelled`: its bytes without the flag for UTF-8. `change`: place and value of a byte in the list's row of the last
    member; None for the flag.
    """
    placeholder = pack_folder_name(built.path) + "x" * (len(spelled) - len(pack_folder_name(built.path)))
    raw = bytearray(packed_again(built, folder=f"{placeholder}/"))
    last = zipfile.ZipFile(io.BytesIO(raw)).infolist()[-1]
    start = raw.index(placeholder.encode())
    while start >= 0:
        raw[start : start + len(placeholder)] = spelled
        start = raw.find(placeholder.encode())
    row = raw.rindex(b"PK\1\2")
    if change is not None:
        raw[row + change[0]] = change[1]
    else:
        for place in (last.header_offset + 6, row + 8):
            raw[place + 1] |= 0x08
    return bytes(raw)


def zips_with_false_files_of_a_computer(built: BuiltPack, zip_path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a pack and a file that is named as one of a computer and is none: a forger's, or none that unpacks as that."""
    folder = pack_folder_name(built.path)
    read_first, store = f"{folder}/data/00_READ-FIRST.txt", f"{folder}/data/.DS_Store"
    for name, content in (
        (store, b"Nothing happened."),
        (f"{read_first}/.DS_Store", _DS_STORE),
        (f"{folder}/../.DS_Store", _DS_STORE),
        (f"__MACOSX/{folder}/.DS_Store", _DS_STORE),
        (f"{folder}/data/._note.txt", _APPLE_DOUBLE),
        (f"{folder}/data/._00_READ-FIRST.txt", b"Nothing happened."),
        (f"{folder}/data/._00_READ-FIRST.txt", apple_double()[:-1]),
        (f"{folder}/data/._00_READ-FIRST.txt", apple_double(flags=0x8000)),
        (f"{folder}/data/._00_READ-FIRST.txt", apple_double(flags=0x4000)),
        (f"{folder}/data/._00_READ-FIRST.txt", apple_double(resource_fork=b"%PDF-1.7 Nothing happened.")),
        (f"{folder}/data/._00_READ-FIRST.txt", apple_double(resource_fork=bytes(4_096))),
        (f"{folder}/DATA/00_read-first.txt/.DS_Store", _DS_STORE),
        (f"{folder}/data/00_READ-FIRST.txt\x01/.DS_Store", _DS_STORE),
        (f"{folder}/data/.localized", b"x"),
        (f"{folder}/data/.~lock.02_chronology.csv#", b"x"),
        (f"{folder}/data/servable/~$02_chronology.csv", b"x" * 1_025),
        (f"{folder}/data/Thumbs.db", _DS_STORE),
        (store, _DS_STORE + bytes(1 << 20)),
    ):
        yield f"{name} {len(content)} {content[:60]!r}", packed_again(built, more={name: content})
    for listed, local in ((store, read_first), (f"{folder}/data/", read_first)):
        yield f"{listed} with another name of its own", _with_two_names(built, zip_path, listed, local)
    damaged = bytearray(packed_again(built, more={store: _DS_STORE}))
    for name_start, checksum in ((damaged.index(store.encode()), -16), (damaged.rindex(store.encode()), -30)):
        damaged[name_start + checksum] ^= 1
    yield "a file of a computer that cannot be read", bytes(damaged)
    zip_path.write_bytes(packed_again(built, more={store: _DS_STORE}))
    with zipfile.ZipFile(zip_path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(store, _DS_STORE)
    yield "a file of a computer twice", zip_path.read_bytes()


def _with_two_names(built: BuiltPack, zip_path: Path, listed: str, local: str) -> bytes:
    """Return the pack with a member that has one name in the zip's list and another in its own header."""
    zip_path.write_bytes(packed_again(built))
    with zipfile.ZipFile(zip_path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that stands twice
        archive.writestr(local, b"" if listed.endswith("/") else _DS_STORE)
        archive.filelist[-1].filename = listed
    return zip_path.read_bytes()


def zips_with_files_outside_the_folder(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield a pack and another file, which some programs write over the one that was checked."""
    folder = pack_folder_name(built.path)
    for top in (
        f"./{folder}",
        f"/{folder}",
        f"C:{folder}",
        folder.lower(),
        f"{folder}.",
        f"{folder} ",
        f"{folder}_corrected",
    ):
        yield top, packed_again(built, more={f"{top}/data/00_READ-FIRST.txt": b"Nothing happened."})
    for name in (f"{folder}\\data\\servable\\9.tsr", "C:9.tsr", "a\\..\\9.tsr", "a\x079.tsr", f"x\\{folder}.zip"):
        yield name, packed_again(built, more={name: b"no timestamp"})
    # A file in place of a folder around the pack.
    for outer, name in (
        (f"{folder}.zip/", f"{folder}.zip"),
        (f"{folder}.zip/", f"{folder}.zip".lower()),
        ("a.tsr/", "a.tsr"),
        ("a.tsr/", "a\xff.tsr"),
        ("Evidence/", f"Evidence/{folder} {chr(0x1F600) * 40}.zip"),
    ):
        yield f"{name} {outer}", packed_again(built, outer=outer, more={name: b"It was all withdrawn."})


def packed_again(
    built: BuiltPack,
    *,
    extra: bytes = b"",
    comment: bytes = b"",
    folders: Iterable[str] = (),
    folder_content: bytes = b"",
    folder_method: int = zipfile.ZIP_STORED,
    is_streamed: bool = False,
    is_large: bool = False,
    outer: str = "",
    suffix: str = "",
    folder: str | None = None,
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """Return the pack packed again.

    `extra`, `comment`: for each member. `folders`: rows of folders before the members, each with `folder_content` packed
    by `folder_method`. `is_streamed`: with data descriptors. `is_large`: with ZIP64 sizes in each header. `outer`: a
    folder around the pack's. `suffix`: at the end of the name of that one. `folder`: in place of that one, with a slash
    at its end. `more`: further members by name.
    """
    top = f"{outer}{pack_folder_name(built.path)}{suffix}/" if folder is None else folder
    raw = _UnseekableFile() if is_streamed else io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that stands twice
        for name in folders:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = (stat.S_IFDIR | 0o755) << 16 | 0x10, folder_method
            archive.writestr(info, folder_content)
        for path, content in members_of(built.path).items():
            info = zipfile.ZipInfo(f"{top}{path}")
            info.compress_type, info.extra, info.comment = zipfile.ZIP_DEFLATED, extra, comment
            with archive.open(info, "w", force_zip64=is_large) as member:
                member.write(content)
        for name, content in more.items():
            archive.writestr(name, content)
    return raw.getvalue()


def zips_that_unpack_to_more(built: BuiltPack) -> Iterator[tuple[str, bytes]]:
    """Yield a pack with a member that unpacks to more than its size says: zipfile cuts it, other programs do not.

    Four bytes at its end give the whole the checksum of the member.
    """
    for path in ("data/00_READ-FIRST.txt", "data/servable/02_chronology.csv"):
        content = members_of(built.path)[path]
        longer = _with_checksum_of(content, content + b"\r\nCORRECTION: it was all withdrawn.\r\n")
        yield f"{path} and more", _with_packed_bytes(built, path, longer)
        yield f"{path} and a gigabyte more", _with_packed_bytes(built, path, content + bytes(1 << 28))


def _with_checksum_of(content: bytes, longer: bytes) -> bytes:
    """Return `longer` with four bytes after it that give it the CRC-32 of `content`."""
    wanted, ours = zlib.crc32(content) ^ 0xFFFFFFFF, zlib.crc32(longer) ^ 0xFFFFFFFF
    # The entries of the CRC's table that lead to the wanted value, from the last byte back.
    steps = _table_of_crc()
    indexes = []
    for _ in range(4):
        index = next(i for i, step in enumerate(steps) if step >> 24 == wanted >> 24)
        indexes.append(index)
        wanted = (wanted ^ steps[index]) << 8 & 0xFFFFFFFF
    end = bytearray()
    for index in reversed(indexes):
        end.append(index ^ (ours & 0xFF))
        ours = ours >> 8 ^ steps[index]
    raw = longer + bytes(end)
    assert zlib.crc32(raw) == zlib.crc32(content)
    return raw


def _table_of_crc() -> list[int]:
    table = []
    for number in range(256):
        entry = number
        for _ in range(8):
            entry = entry >> 1 ^ (0xEDB88320 if entry & 1 else 0)
        table.append(entry)
    return table


def _with_packed_bytes(built: BuiltPack, path: str, unpacked: bytes) -> bytes:
    """Return the pack with other packed bytes for a member, whose size and CRC stay those of the true one."""
    name, content = f"{pack_folder_name(built.path)}/{path}", members_of(built.path)[path]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(unpacked) + packer.flush()
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for other, other_content in members_of(built.path).items():
            full_name = f"{pack_folder_name(built.path)}/{other}"
            archive.writestr(full_name, packed if full_name == name else other_content)
    bent = bytearray(raw.getvalue())
    for start, method_at in ((bent.index(name.encode()) - 30, 8), (bent.rindex(name.encode()) - 46, 10)):
        struct.pack_into("<H", bent, start + method_at, zipfile.ZIP_DEFLATED)
        struct.pack_into("<3L", bent, start + method_at + 6, zlib.crc32(content), len(packed), len(content))
    return bytes(bent)


def zip_with_bytes_after_deflate(built: BuiltPack) -> bytes:
    """Return a zip with bytes after the end of a packed member. Node ignores them; browsers and the program do not."""
    raw = packed_again(built)
    [*_, last] = zipfile.ZipFile(io.BytesIO(raw)).infolist()
    end = raw.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<L", raw, end + 16)
    changed = bytearray(raw)
    struct.pack_into("<L", changed, last.header_offset + 18, last.compress_size + 4)
    struct.pack_into("<L", changed, raw.rindex(b"PK\1\2") + 20, last.compress_size + 4)
    struct.pack_into("<L", changed, end + 16, start + 4)
    return bytes(changed[:start] + b"more" + changed[start:])


def _folders_of(built: BuiltPack) -> list[str]:
    """Return the folders of a pack, each with a slash at its end, the longest last."""
    names = [f"{pack_folder_name(built.path)}/{path}" for path in members_of(built.path)]
    folders = {name[: match.end()] for name in names for match in re.finditer("/", name)}
    return sorted(folders, key=lambda name: (len(name), name))


class _UnseekableFile(io.BytesIO):
    """A file that zipfile cannot seek in, as a pipe: it writes data descriptors."""

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def bombs_and_damaged_zips(built: BuiltPack, zip_path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield zip bombs, truncated and damaged zips, and other compressions."""
    valid_zip, pack_folder = built.path.read_bytes(), pack_folder_name(built.path)
    yield "comment", valid_zip[:-2] + struct.pack("<H", 4) + b"note"
    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{pack_folder}/data/x", bytes(50 << 20))
    bomb = zip_path.read_bytes()
    yield "bomb", bomb
    yield "bomb that lies", bomb.replace(struct.pack("<L", 50 << 20), struct.pack("<L", 1000))
    with zipfile.ZipFile(zip_path, "w") as archive:
        archive.writestr(f"{pack_folder}/manifest-sha256.txt", b"0" * (20 << 20))
    yield "a list of twenty megabytes", zip_path.read_bytes()
    with zipfile.ZipFile(zip_path, "w") as archive:
        for i in range(60_001):
            archive.writestr(f"{pack_folder}/{i}", b"")
    yield "sixty thousand members", zip_path.read_bytes()
    for length in (0, 1, 100, len(valid_zip) // 2, len(valid_zip) - 10):
        yield f"cut to {length}", valid_zip[:length]
    with zipfile.ZipFile(built.path) as archive:
        member_info = archive.getinfo(f"{pack_folder}/data/servable/02_chronology.csv")
    header_offset = member_info.header_offset
    for description, offset in (
        ("content", header_offset + 30 + len(member_info.filename) + 100),
        ("its own name", header_offset + 32),
        ("its own mark", header_offset),
    ):
        damaged = bytearray(valid_zip)
        damaged[offset] ^= 1
        yield f"a byte of {description}", bytes(damaged)
    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members_of(built.path).items():
            archive.writestr(f"{pack_folder}/{name}", content)
    yield "packed again, sound", zip_path.read_bytes()
    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr(f"{pack_folder}/bagit.txt", b"x" * 100)
    yield "packed in a way we do not read", zip_path.read_bytes()
