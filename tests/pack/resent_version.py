"""A version that a server lost and receives again."""

from diary.crypto.signing import AuthorSigner
from diary.encoding import b64
from diary.ledger import receipts
from diary.ledger.push import version_signing_input
from diary.pack.capsule.builder import DiaryVersion
from tests.pack.fictional_diary import FictionalDiary


def resend_version(diary: FictionalDiary, version: DiaryVersion, author: AuthorSigner, *, at_ms: int) -> None:
    """Sign a version of a diary with `author` and add a second receipt, dated `at_ms`."""
    signed = version_signing_input(
        c=version["c"], diary=diary.diary_id, record=version["record"], version=version["version"]
    )
    assert version["env"] is not None, "a version of a server has a digest of its envelopes"
    version["sig"] = b64(author.sign(signed))
    version["receipt"] = receipts.sign_receipt(
        diary.notary, commitment=version["c"], envelopes_digest=version["env"], timestamp_ms=at_ms
    )
