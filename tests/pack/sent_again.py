"""A version that a server lost, as it is sent again."""

from diary.crypto.signing import Author
from diary.encoding import b64
from diary.ledger import receipts
from diary.ledger.push import signed_bytes
from diary.pack.capsule.builder import DiaryVersion
from tests.pack.fiction import FictionalDiary


def send_again(diary: FictionalDiary, row: DiaryVersion, author: Author, *, at: int) -> None:
    """Have `author` sign a version of a diary, and the notary receive it a second time, at `at` ms."""
    signed = signed_bytes(c=row["c"], diary=diary.diary, record=row["record"], version=row["version"])
    row["sig"] = b64(author.sign(signed))
    row["receipt"] = receipts.make(diary.notary, c=row["c"], env=row["env"], ts=at)
