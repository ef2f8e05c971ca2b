"""log.json: the tree, proofs, signed notes and statements about keys, with what does not hold."""

import base64
import hashlib

from diary.crypto.signing import Notary
from diary.encoding import b64
from diary.ledger import checkpoints, cosignatures, key_statements, leaves, tree
from diary.ledger.signed_objects import Fields
from tests.vectors.reference import fixed

Case = dict[str, object]
NOTARY, SECOND, THIRD, INSTANCE = (
    Notary(fixed(f"{name} seed", 32)) for name in ("notary", "second", "third", "instance")
)
COSIGNERS = tuple(Notary(fixed(f"log witness {n} seed", 32)) for n in range(2))
LOG_WITNESSES = tuple(
    cosignatures.LogWitness(name, key.pub)
    for name, key in zip(("witness.example/w1", "oid/1.2.3"), COSIGNERS, strict=True)
)
SIZES = (1, 2, 3, 4, 7, 8, 11)


def made_log() -> Case:
    """log.json."""
    told = [
        {"c": b64(fixed(f"c {n}", 32)), "n": b64(fixed(f"n {n}", 16)), "ts": 1_790_000_000_000 + n} for n in range(11)
    ]
    made = [leaves.leaf(c=str(one["c"]), n=str(one["n"]), ts=int(str(one["ts"]))) for one in told]
    nodes = tree.grow(0, made, lambda level, i: nodes[level, i]) | {(0, i): leaf for i, leaf in enumerate(made)}

    def node(level: int, i: int) -> bytes:
        return nodes[level, i]

    roots = {size: b64(tree.root(size, node)) for size in SIZES}
    inclusion = [
        {"i": i, "leaf": b64(made[i]), "path": _path(tree.inclusion(i, size, node)), "root": roots[size], "size": size}
        for size in SIZES
        for i in range(size)
    ]
    consistency = [
        {
            "newer": newer,
            "older": older,
            "path": _path(tree.consistency(older, newer, node)),
            "roots": [roots[older], roots[newer]],
        }
        for newer in SIZES
        for older in SIZES
        if older <= newer
    ]
    return {
        "about": "RFC 6962 over leaves of receipts; C2SP signed notes; statements signed by the instance key.",
        "keys": {
            "instance": b64(INSTANCE.pub),
            "notary": b64(NOTARY.pub),
            "second": b64(SECOND.pub),
            "third": b64(THIRD.pub),
        },
        "leaves": [one | {"leaf": b64(leaf)} for one, leaf in zip(told, made, strict=True)],
        "inclusion": inclusion,
        "refused_inclusion": [
            {"name": name} | inclusion[-3] | change for name, change in _bent_inclusion(inclusion).items()
        ],
        "consistency": consistency,
        "refused_consistency": [
            {"name": name} | consistency[-2] | change for name, change in _bent_consistency(roots).items()
        ],
        "notes": [
            {"note": checkpoints.make(NOTARY, size, tree.root(size, node)).decode(), "root": roots[size], "size": size}
            for size in SIZES
        ],
        "refused_notes": _bad_notes(tree.root(11, node)),
        "witnesses": [{"name": one.name, "pub": b64(one.pub)} for one in LOG_WITNESSES],
        "joined_notes": _joined_notes(tree.root(11, node)),
        "refused_cosignatures": _bad_cosignatures(tree.root(11, node)),
        **_statements(roots[7]),
    }


def _path(steps: list[bytes]) -> list[str]:
    """Steps as text."""
    return [b64(step) for step in steps]


def _bent_inclusion(good: list[Case]) -> dict[str, Case]:
    """Changes that no proof survives."""
    path = list(good[-3]["path"])  # type: ignore[call-overload]
    return {
        "another leaf": {"leaf": good[0]["leaf"]},
        "the next place": {"i": 9},
        "a place outside": {"i": 11},
        "a smaller log": {"size": 8},
        "a step less": {"path": path[:-1]},
        "a step more": {"path": [*path, path[0]]},
        "steps exchanged": {"path": [path[1], path[0], *path[2:]]},
        "a step cut short": {"path": [b64(bytes(31)), *path[1:]]},
        "another root": {"root": good[0]["root"]},
    }


def _bent_consistency(roots: dict[int, str]) -> dict[str, Case]:
    """Changes that no proof survives; the case is from 8 to 11."""
    return {
        "another older root": {"roots": [roots[7], roots[11]]},
        "another newer root": {"roots": [roots[8], roots[7]]},
        "no steps": {"path": []},
        "another older size": {"older": 7},
        "the wrong way round": {"older": 11, "newer": 8},
        "from nothing": {"older": 0},
        "the same size, another root": {"older": 11, "path": []},
    }


def _bad_notes(root: bytes) -> list[Case]:
    """Notes that do not hold under the notary's key."""
    good = checkpoints.make(NOTARY, 11, root).decode()
    other = checkpoints.make(SECOND, 11, root).decode()
    lines = good.split("\n")
    cases = {
        "another size": good.replace("\n11\n", "\n12\n"),
        "a size with a zero before it": good.replace("\n11\n", "\n011\n"),
        "another root": good.replace(lines[2], checkpoints.make(NOTARY, 11, bytes(32)).decode().split("\n")[2]),
        "another notary": other,
        "another notary in this one's name": other.replace(SECOND.log, NOTARY.log),
        "another notary's signature": good.replace(lines[4], other.split("\n")[4].replace(SECOND.log, NOTARY.log)),
        "a line more": good.replace("\n\n", "\nmore\n\n"),
        "no end of line": good[:-1],
        "two signatures, one wrong": good
        + lines[4][:-3]
        + ("A" if lines[4][-3] != "A" else "B")
        + lines[4][-2:]
        + "\n",
        "sixteen lines after the notary's": good + 16 * _stranger(),
        "64 KiB and one byte": good + _long_line(good, 1),
        "a line without a name": good + _stranger().replace("log.example/other", ""),
        "a line with a space in its name": good + _stranger().replace("/other", " other"),
        "a line with a plus in its name": good + _stranger().replace("/other", "+other"),
        "a line of four bytes": good + "\u2014 log.example/other AAAAAA==\n",
        "a line that is not base64": good + "\u2014 log.example/other AAAA-AAA\n",
        "a line in another spelling of base64": good + "\u2014 log.example/other AAAAAAB=\n",
        "an empty line among the signatures": good + "\n" + _stranger(),
        "a line with two hyphens for the dash": good + _stranger().replace("\u2014", "--"),
        "only others' lines": good.replace(lines[4] + "\n", _stranger()),
        "nothing": "",
    }
    return [{"name": name, "note": note} for name, note in cases.items()]


def _stranger() -> str:
    """A line by a key that no reader knows."""
    return f"\u2014 log.example/other {base64.b64encode(fixed('another line', 68)).decode()}\n"


def _long_line(good: str, over: int) -> str:
    """A stranger's line that makes a note 64 KiB long, and `over` bytes more."""
    empty = len("\u2014  AAAAAAAA\n".encode())
    return f"\u2014 {(checkpoints.NOTE_LIMIT + over - len(good.encode()) - empty) * 'n'} AAAAAAAA\n"


def _joined_notes(root: bytes) -> list[Case]:
    """Notes that hold with more lines than the notary's; `one`: what a timestamp is over; `seen`: the known witnesses in them."""
    good = checkpoints.make(NOTARY, 11, root).decode()
    own = good.split("\n")[4] + "\n"
    text = good.split("\n\n")[0] + "\n"
    first, second = (_cosigned(text, n, 1_790_000_100 + n) for n in (0, 1))
    later = _cosigned(text, 0, 1_790_009_999)
    cases = {
        "a line of a key nobody knows": good + _stranger(),
        "a stranger before the notary": good.replace(own, _stranger() + own),
        "fifteen more": good + 15 * _stranger(),
        "64 KiB": good + _long_line(good, 0),
        "the notary twice": good + own,
        "a name in another script": good + _stranger().replace("other", "\u0438\u043c\u044f\u0663"),
        "one witness": good + first,
        "two witnesses and a stranger": good + second + _stranger() + first,
        "one witness twice": good + first + later,
        "a witness's name with another key": good + _stranger().replace("log.example/other", LOG_WITNESSES[0].name),
    }
    return [
        {
            "name": name,
            "note": note,
            "one": checkpoints.one_line(note.encode()).decode(),
            "seen": [[one.witness, one.at] for one in cosignatures.seen_by(note.encode(), LOG_WITNESSES)],
            "size": 11,
        }
        for name, note in cases.items()
    ]


def _cosigned(text: str, n: int, at: int) -> str:
    """The line of one of the witnesses."""
    return checkpoints.line_text(cosignatures.cosign(COSIGNERS[n], LOG_WITNESSES[n].name, text, at))


def _bad_cosignatures(root: bytes) -> list[Case]:
    """Notes with a line in a known witness's name that does not hold: the whole note is refused."""
    good = checkpoints.make(NOTARY, 11, root).decode()
    text = good.split("\n\n")[0] + "\n"
    name = LOG_WITNESSES[0].name
    line = cosignatures.cosign(COSIGNERS[0], name, text, 1_790_000_100)

    def with_line(signature: bytes) -> str:
        return good + checkpoints.line_text(checkpoints.SignatureLine(name, line.key, signature))

    cases = {
        "over another size": good + _cosigned(text.replace("\n11\n", "\n12\n"), 0, 1_790_000_100),
        "another time": with_line((1_790_000_101).to_bytes(8, "big") + line.signature[8:]),
        "a time past the last": with_line((2**63).to_bytes(8, "big") + line.signature[8:]),
        "cut short": with_line(line.signature[:-1]),
        "no time": with_line(line.signature[8:]),
        "one that holds and one that does not": good + _cosigned(text, 0, 5) + with_line(bytes(72)).removeprefix(good),
        "plainly signed, not as a witness": with_line(bytes(8) + COSIGNERS[0].sign(text.encode())),
    }
    return [{"name": name, "note": note} for name, note in cases.items()]


def _statements(root: str) -> Case:
    """Chains that hold, with how far each key counts, and chains that do not."""
    last = {"root": root, "size": 7}

    def follow(before: list[Fields], key: Notary, why: key_statements.Why) -> list[Fields]:
        ts = 1_790_000_000_000 + len(before)
        wished = key_statements.wish(key.pub, before, why, ts, None if why == "first" else last)
        return [*before, key_statements.make(INSTANCE, wished)]

    first = follow([], NOTARY, "first")
    chains = {
        "one key": first,
        "rotated, then lost": follow(follow(first, SECOND, "rotated"), THIRD, "lost"),
        "exposed": follow(first, SECOND, "exposed"),
    }
    long = chains["rotated, then lost"]
    other = key_statements.make(SECOND, key_statements.wish(NOTARY.pub, [], "first", 5, None))
    bad = {
        "by another instance key": [other],
        "the first left out": long[1:],
        "one left out": [long[0], long[2]],
        "twice": [long[0], *long],
        "reordered": [long[0], long[2], long[1]],
        "a changed time": [long[0] | {"from": 1}],
        "a field more": [long[0] | {"more": 1}],
        "a key that came before": follow(long, NOTARY, "rotated"),
    }
    return {
        "chains": [
            {
                "keys": [{"below": key.below, "log": key.log} for key in key_statements.chain(told, INSTANCE.pub)],
                "name": name,
                "statements": told,
            }
            for name, told in chains.items()
        ],
        "refused_chains": [{"name": name, "statements": told} for name, told in bad.items()],
        "digest": hashlib.sha256(b"".join(str(one["sig"]).encode() for one in long)).hexdigest(),
    }
