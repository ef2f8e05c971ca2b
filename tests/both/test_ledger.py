"""Commitments, heads, lines, notes and proofs of the log: whole ones, and ones that were tampered with."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diary.encoding import b64
from diary.ledger import checkpoints, heads, lines, manifest, tree
from diary.ledger.commitments import Names, commitment, digests
from diary.ledger.lines import Link
from tests.both.asking import Node, agree, drawn
from tests.both.test_encoding import SCALARS, VALUES

SEED = st.binary(min_size=32, max_size=32)
NAME = st.sampled_from(["narrative", "who", "count", "_clock", "_ids", "constructor"])
DIGEST = SEED.map(b64)
ID = st.binary(min_size=16, max_size=16).map(b64)


def test_commitments(page: Node, examples: int) -> None:
    """Digests of every field and the commitment over them, with a restricted part and without."""
    # No schema has a name in both parts, or a reserved one in the restricted part.
    names, others = (
        st.lists(NAME, unique=True, max_size=4),
        st.lists(st.sampled_from(["place_detail", "toString", "x"]), unique=True),
    )

    @drawn(examples)
    @given(
        names,
        others,
        st.dictionaries(NAME, VALUES, max_size=4),
        st.dictionaries(st.just("x"), SCALARS),
        SEED,
        SEED | st.none(),
    )
    def one(
        open_: list[str],
        apart: list[str],
        fields: dict[str, Any],
        secret: dict[str, Any],
        seed: bytes,
        second: bytes | None,
    ) -> None:
        asked = {"names": {"open": open_, "restricted": apart}, "open": fields, "restricted": secret}
        asked["seeds"] = [seed.hex(), second.hex() if second else None]

        def work() -> object:
            found = digests(Names(tuple(open_), tuple(apart)), fields, seed, secret, second)
            return [found, commitment(found).hex()]

        agree(page, "commitment", asked, work)

    one()


def test_heads_and_short_codes(page: Node, examples: int) -> None:
    """The running head over a version, and the six characters that people compare."""

    @drawn(examples)
    @given(SEED, st.integers(1, 2**40), ID, ID, DIGEST, DIGEST, st.integers(0, 10_000))
    def one(head: bytes, seq: int, record: str, version: str, c: str, env: str, entries: int) -> None:
        told = {"seq": seq, "record": record, "version": version, "c": c, "env": env}
        agree(page, "head", told | {"head": head.hex()}, lambda: heads.next_head(head, **told).hex())
        account = {"entries": entries, "head": c, "seq": seq}
        agree(page, "short_code", account, lambda: manifest.short_code(**account))

    one()


def test_lines(page: Node, examples: int) -> None:
    """Links of a few devices in any order: numbers missing, twice, with another commitment before."""
    few = st.sampled_from(["a", "b", "c"])
    link = st.tuples(few, st.integers(1, 6), few | st.none(), few)

    @drawn(examples)
    @given(st.lists(link, max_size=10))
    def one(links: list[tuple[str, int, str | None, str]]) -> None:
        told = [{"device": device, "n": n, "prev": prev, "c": c} for device, n, prev, c in links]
        agree(
            page,
            "lines",
            told,
            lambda: [[x.device, x.n, x.last, x.why] for x in lines.breaks(Link(*one) for one in links)],
        )

    one()


def test_notes(page: Node, examples: int) -> None:
    """A checkpoint's note, and one in which a piece was replaced."""
    root = SEED.map(lambda raw: base64.b64encode(raw).decode())
    pieces = st.tuples(
        st.sampled_from(["kept/log", "x", "kept log", ""]),
        st.integers(0, 2**54) | st.sampled_from(["01", "+1", "1e3", " 1"]),
        root,
    )
    ends = st.sampled_from(
        [
            "\n\n— kept/log AAAAAAA=\n",
            "\n\n",
            "\n",
            "",
            "\n\n— k k\n",
            "\nmore\n\n— a bcde\n",
            "\r\n\n— kept/log AAAAAAAA\n",
        ]
    )
    whole = st.tuples(pieces, ends).map(lambda told: "\n".join(map(str, told[0])) + told[1])
    bent = st.tuples(whole, st.integers(0, 80), st.sampled_from(["", "\n", " ", "—", "\x00", "=", "é"]))

    @drawn(examples)
    @given(whole | bent.map(lambda told: told[0][: told[1]] + told[2] + told[0][told[1] + 1 :]) | st.text(max_size=30))
    def one(note: str) -> None:
        def work() -> object:
            found = checkpoints.read(note.encode())
            return [found.size, found.root.hex()]

        agree(page, "note", note, work)

    one()


def test_proofs_of_the_log(page: Node, examples: int) -> None:
    """Inclusion and consistency over random trees; paths cut, swapped, from another place."""

    @drawn(examples)
    @given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 41), st.integers(0, 4), st.data())
    def one(size: int, i: int, older: int, bend: int, data: st.DataObject) -> None:
        leaves = [bytes([at]) * 32 for at in range(size)]
        nodes = tree.grow(0, leaves, lambda *_: b"") | {(0, at): leaf for at, leaf in enumerate(leaves)}
        node = lambda level, at: nodes[level, at]  # noqa: E731
        i, root = i % size, tree.root(size, node)
        path = tree.inclusion(i, size, node)
        older = max(1, min(older, size))
        steps = tree.consistency(older, size, node)
        first = tree.root(older, node)
        path, steps = _bent(path, bend, data), _bent(steps, bend, data)
        at = i if bend != 3 else data.draw(st.integers(-1, size + 1))
        asked = {
            "leaf": (bytes([i]) * 32).hex(),
            "i": at,
            "size": size,
            "path": [one.hex() for one in path],
            "root": root.hex(),
        }
        agree(page, "inclusion", asked, lambda: tree.verify_inclusion(bytes([i]) * 32, at, size, path, root) or True)
        told = {"older": [older, first.hex()], "newer": [size, root.hex()], "path": [one.hex() for one in steps]}
        agree(page, "consistency", told, lambda: tree.verify_consistency(older, size, (first, root), steps) or True)

    one()


def _bent(path: list[bytes], bend: int, data: st.DataObject) -> list[bytes]:
    """A path as it is, cut, with one step too many, or with one that is not 32 bytes."""
    if bend == 1:
        return path[:-1]
    if bend == 2:
        return [*path, data.draw(st.binary(min_size=31, max_size=32))]
    return path[::-1] if bend == 4 else path
