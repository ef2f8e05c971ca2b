"""Files sealed part by part."""

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.crypto import file_parts
from diary.crypto.padding import part_count
from diary.crypto.sealing import EnvelopeKind
from diary.encoding import b64, unb64
from diary.errors import SealError
from tests.vectors.load_vectors import load_vectors
from tests.vectors.reference import patterned_bytes, reference_envelope

VECTORS = load_vectors("parts.json")
KEY, DIARY, BLOB = unb64(VECTORS["key"]), VECTORS["diary"], VECTORS["blob"]
FILES = {file["size"]: file for file in VECTORS["files"]}


def reference_parts(file: dict[str, Any]) -> list[bytes]:
    """Return the parts of a file, sealed by the reference implementation."""
    n = len(file["parts"])
    plaintexts = file_parts.padded_parts([patterned_bytes(file["size"])], file["size"])
    return [
        reference_envelope(
            KEY, EnvelopeKind.FILE_PART, file_parts.part_header(DIARY, BLOB, i, n), plaintext, unb64(part["salt"])
        )
        for i, (plaintext, part) in enumerate(zip(plaintexts, file["parts"], strict=True))
    ]


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_files_match_the_vectors(file: dict[str, Any]) -> None:
    """Each part equals the vector; the file is restored; the digest is the one that completes the upload."""
    raw = reference_parts(file)
    assert part_count(file["size"]) == len(raw)
    digests = [hashlib.sha256(part).digest() for part in raw]
    assert [digest.hex() for digest in digests] == [part["sha256"] for part in file["parts"]]
    assert all(len(part) <= 1 << 20 for part in raw)
    assert b64(file_parts.parts_digest(digests)) == file["digest"]
    content = b"".join(file_parts.open_parts(KEY, DIARY, BLOB, raw, len(raw)))
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert hashlib.sha512(content).hexdigest() == file["sha512"]


def test_a_part_opens_only_in_its_own_place() -> None:
    """A part of another number, file or diary, a missing and a moved part are refused."""
    for case in VECTORS["refused_headers"]:
        raw = reference_parts(FILES[case["size"]])[case["part"]]
        with pytest.raises(SealError):
            file_parts.open_part(KEY, case["header"], raw)
    for case in VECTORS["refused_orders"]:
        raw_parts = reference_parts(FILES[case["size"]])
        with pytest.raises(SealError):
            list(file_parts.open_parts(KEY, DIARY, BLOB, [raw_parts[i] for i in case["order"]], len(raw_parts)))


@settings(max_examples=30)
@given(st.binary(max_size=5000), st.integers(1, 700))
def test_any_cut_into_chunks(content: bytes, size: int) -> None:
    """The chunks in which a file is read do not matter."""
    chunks = (content[at : at + size] for at in range(0, len(content), size))
    raw = list(file_parts.seal_parts(KEY, DIARY, BLOB, chunks, len(content)))
    assert b"".join(file_parts.open_parts(KEY, DIARY, BLOB, raw, len(raw))) == content


def test_content_that_looks_like_padding() -> None:
    """Zeros and marks across part boundaries are content up to the last mark."""
    for content in (
        b"\x80" + bytes(file_parts.PART_BYTES * 2),
        bytes(file_parts.PART_BYTES * 2 + 1),
        b"a" * (file_parts.PART_BYTES - 1) + b"\x80" + bytes(file_parts.PART_BYTES) + b"\x80\0\x80",
    ):
        raw = list(file_parts.seal_parts(KEY, DIARY, BLOB, [content], len(content)))
        assert b"".join(file_parts.open_parts(KEY, DIARY, BLOB, raw, len(raw))) == content


@pytest.mark.parametrize("came", [0, 99, 101, 2_000_000])
def test_a_file_that_changes_while_it_is_read(came: int) -> None:
    """More or fewer bytes than announced are refused with a sentence."""
    with pytest.raises(SealError, match="changed"):
        list(file_parts.seal_parts(KEY, DIARY, BLOB, [bytes(came)], 100))
