"""The part of grants.json about a keeper whose keys were replaced: which versions hold, and what lets no grant hold."""

from diary.crypto.padding import pad_version
from diary.crypto.sealing import Kind
from diary.crypto.signing import Author, point_of
from diary.encoding import b64, canon
from diary.ledger import rekeying
from diary.ledger.push import signed_bytes
from diary.ledger.sharing import earlier_keys, grants
from diary.ledger.sharing.grants import Person
from tests.vectors.reference import envelope_to, fixed

Case = dict[str, object]
BAD = {"code": "bad_signature"}


def made_succeeded(advocate: Person, keeper_key: bytes, keeper: Person, fields: Case, key: bytes) -> Case:
    """A grant by a keeper whose keys were replaced twice. `fields`: the grant's, but for what it says of the keys before."""
    first, second, stranger = (Author(fixed(who, 32)) for who in ("keeper before", "keeper between", "stranger"))
    newest, diary = Author(keeper_key), str(fields["diary"])
    earlier = [_replaced(first, second.pub, diary, 2, 4), _replaced(second, newest.pub, diary, 3, 9)]
    said = grants.make(newest, fields | earlier_keys.binding(earlier))
    place = grants.header(diary, str(fields["grant"]), b64(advocate.fingerprint))
    told: Case = {"key": b64(key), "name": keeper.name} | keeper.keys()

    def sealed(grant: Case, statements: object) -> str:
        plain = canon({"grant": grant} | told | ({"earlier": statements} if statements is not None else {}))
        given = {
            name: fixed(f"succeeded {name}", size) for name, size in (("ephemeral", 32), ("key", 32), ("salt", 24))
        }
        return b64(envelope_to(advocate.hpke_pub, Kind.GRANT, place, pad_version(plain), **given))

    def signed(statements: list[Case]) -> str:
        return sealed(grants.make(newest, fields | earlier_keys.binding(statements)), statements)

    bare = grants.make(newest, fields)
    # Anyone can have a key of their own hand over to the keeper's: what counts is that the keeper's key says so too.
    claimed = _replaced(stranger, newest.pub, diary, 3, 9)
    signed_as = {"c": b64(fixed("c", 32)), "diary": diary} | {
        name: b64(fixed(name, 16)) for name in ("record", "version")
    }
    message = signed_bytes(**signed_as)
    counts = [(first, 4, True), (first, 5, False), (second, 9, True), (second, 10, False), (newest, 10, True)]
    return {
        "said": said,
        "earlier": earlier,
        "envelope": sealed(said, earlier),
        "authors": [
            {"pub": b64(first.pub), "seq": 4}, {"pub": b64(second.pub), "seq": 9}, {"pub": b64(newest.pub), "seq": None},
        ],
        "signed": signed_as,
        "counts": [
            {"by": b64(by.pub), "sig": b64(by.sign(message)), "seq": seq, "holds": holds}
            for by, seq, holds in [*counts, (stranger, 1, False)]
        ],
        "refused": [
            BAD | {"name": "none of those signed", "envelope": sealed(said, None)},
            BAD | {"name": "one of those signed", "envelope": sealed(said, earlier[1:])},
            BAD | {"name": "a stranger's, not signed", "envelope": sealed(bare, [claimed])},
            BAD | {"name": "a stranger's, in the place of those signed", "envelope": sealed(said, [claimed])},
            BAD | {"name": "do not lead to the key", "envelope": signed(earlier[:1])},
            BAD | {"name": "the other way round", "envelope": signed(earlier[::-1])},
            BAD | {"name": "of another diary", "envelope": signed([_replaced(second, newest.pub, b64(fixed("case", 16)), 3, 9)])},
            BAD | {"name": "later than the key said", "envelope": signed([earlier[0], earlier[1] | {"seq": 10}])},
            BAD | {"name": "no statement", "envelope": signed([{"old": b64(stranger.pub)}])},
            {"code": "not_opened", "name": "an empty list", "envelope": sealed(bare, [])},
            {"code": "not_opened", "name": "no list", "envelope": sealed(said, "x")},
        ],
    }  # fmt: skip


def _replaced(old: Author, new: bytes, diary: str, epoch: int, seq: int) -> Case:
    """One key hands over to the next."""
    said: Case = {
        "account": b64(fixed("account", 16)), "beacon": None, "diary": diary, "ecdsa_pub": b64(new), "epoch": epoch,
        "head": b64(fixed(f"head {seq}", 32)), "hpke_pub": b64(point_of(fixed("hpke between", 32))), "seq": seq,
        "ts": 1_790_000_000_000 + seq,
    }  # fmt: skip
    return rekeying.make(old, said)
