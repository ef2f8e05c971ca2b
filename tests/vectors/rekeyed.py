"""rekey.json: statements about an account's keys, the keyset that carries them, and what does not hold."""

from dataclasses import replace

from diary.crypto.keys import Keyset, keyset_header
from diary.crypto.sealing import Kind
from diary.crypto.signing import Author
from diary.encoding import b64, canon
from diary.ledger import rekeying
from diary.ledger.push import signed_bytes
from diary.ledger.signed_objects import Fields
from tests.vectors.reference import envelope, fixed

Case = dict[str, object]
KEYS = [Author(fixed(f"author {n}", 32)) for n in range(3)]
PLACE = {name: b64(fixed(name, 16)) for name in ("diary", "record", "version")}
ACCOUNT = b64(fixed("account", 16))
REFUSED = {"code": "bad_signature"}


def made_rekey() -> Case:
    """rekey.json."""
    beacon = {"log": b64(fixed("log", 32)), "root": b64(fixed("root", 32)), "size": 11}
    first, second = _step(0, 1, 2, 4), _step(1, 2, 3, 9, beacon)
    keyset = Keyset(fixed("author 2", 32), fixed("hpke scalar", 32), (first, second))
    account_key, header, salt = fixed("account key", 32), keyset_header(ACCOUNT, 3, 1), fixed("keyset 3", 24)
    c = b64(fixed("c", 32))
    versions = [{"by": n, "c": c, "sig": b64(KEYS[n].sign(signed_bytes(c=c, **PLACE)))} for n in range(3)]
    return {
        "about": "A key of an account hands over to the next; the keyset carries it; what each key still counts for.",
        "account_key": b64(account_key),
        "keys": [
            {"id": author.key_id, "pub": b64(author.pub), "scalar": b64(fixed(f"author {n}", 32))}
            for n, author in enumerate(KEYS)
        ],
        "statements": [first, second],
        "signed": [_signed(first), _signed(second)],
        "chain": [
            {"pub": b64(KEYS[0].pub), "seq": 4, "ts": 1_790_000_000_004},
            {"pub": b64(KEYS[1].pub), "seq": 9, "ts": 1_790_000_000_009},
            {"pub": b64(KEYS[2].pub), "seq": None, "ts": None},
        ],
        "refused_statements": _bent(first),
        "refused_chains": [
            {"name": "the other way round", "statements": [second, first], "newest": b64(KEYS[1].pub)} | REFUSED,
            {"name": "one left out", "statements": [second, _step(0, 1, 4, 10)], "newest": b64(KEYS[1].pub)} | REFUSED,
            {"name": "ends elsewhere", "statements": [first], "newest": b64(KEYS[2].pub)} | REFUSED,
            {"name": "epoch stands still", "statements": [first, _step(1, 2, 2, 9)], "newest": b64(KEYS[2].pub)}
            | REFUSED,
            {"name": "number goes back", "statements": [first, _step(1, 2, 3, 3)], "newest": b64(KEYS[2].pub)}
            | REFUSED,
        ],
        "place": PLACE,
        "versions": versions,
        "counts": [
            {"version": 0, "seq": 4, "holds": True},
            {"version": 0, "seq": 5, "holds": False},
            {"version": 0, "seq": None, "holds": False},
            {"version": 1, "seq": 9, "holds": True},
            {"version": 1, "seq": 10, "holds": False},
            {"version": 2, "seq": 1, "holds": True},
            {"version": 2, "seq": None, "holds": True},
        ],
        "keyset": {
            "header": header,
            "plaintext": keyset.plaintext().decode(),
            "salt": b64(salt),
            "envelope": b64(envelope(account_key, Kind.KEYSET, header, keyset.plaintext(), salt)),
            "without": replace(keyset, earlier=()).plaintext().decode(),
        },
    }


def _signed(statement: Fields) -> str:
    """What the signature is over."""
    return canon({name: value for name, value in statement.items() if name != "sig"}).decode()


def _step(old: int, new: int, epoch: int, seq: int, beacon: object = None) -> Fields:
    """Key `old` hands over to key `new`."""
    said = {
        "account": ACCOUNT,
        "beacon": beacon,
        "diary": PLACE["diary"],
        "ecdsa_pub": b64(KEYS[new].pub),
        "epoch": epoch,
        "head": b64(fixed(f"head {seq}", 32)),
        "hpke_pub": b64(Author(fixed(f"hpke {new}", 32)).pub),
        "seq": seq,
        "ts": 1_790_000_000_000 + seq,
    }
    return rekeying.make(KEYS[old], said)


def _bent(good: Fields) -> list[Case]:
    """A statement with one thing wrong."""
    changes: dict[str, Fields] = {
        "another key comes": {"ecdsa_pub": b64(KEYS[2].pub)},
        "a later number": {"seq": 5},
        "a later time": {"ts": 1_790_000_000_999},
        "a checkpoint put in": {"beacon": {"log": b64(bytes(32)), "root": b64(bytes(32)), "size": 1}},
        "another type": {"t": "rekey/v2"},
        "signed by the key that comes": {"old": b64(KEYS[1].pub), "ecdsa_pub": b64(KEYS[0].pub)},
        "the first epoch": {"epoch": 1},
        "a number in text": {"seq": "4"},
        "a field more": {"note": "x"},
        "no point": {"hpke_pub": b64(bytes(65))},
        "a short head": {"head": b64(bytes(31))},
    }
    return [{"name": name, "statement": good | change} | REFUSED for name, change in changes.items()]
