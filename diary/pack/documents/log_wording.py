"""Wording of the pages about the public log and outside timestamps, including their absence."""

from diary.pack.capsule.reader import Capsule
from diary.record.reading import integer_of


def count_timestamped_versions(capsule: Capsule) -> int:
    """Return how many versions are included in a checkpoint that an outside authority has timestamped."""
    sizes = {checkpoint.size for checkpoint, _ in capsule.log.timestamped_checkpoints}
    return sum(integer_of(row, "size") in sizes for row in capsule.log.proofs)


def log_sentence(capsule: Capsule) -> str:
    """Return the sentence for document 01."""
    if not capsule.is_received:
        return "No server has received this diary, so nothing but that clock shows when an entry was written."
    count, total = count_timestamped_versions(capsule), len(capsule.versions)
    if capsule.metadata.preparer is not None and not count:
        return "This pack holds no stamp of an outside authority on the time of these receipts: only a keeper can ask for one."
    if count:
        return f"An outside authority has stamped the time of the list that holds {count} of the {total} receipts (see 15)."
    if capsule.log.authorities:
        return "No outside authority had stamped the time of these receipts when this pack was made; one is asked."
    return "No outside authority has stamped the time of these receipts."


def log_paragraph(capsule: Capsule) -> str:
    """Return the paragraph for document 10."""
    if not capsule.is_received:
        return (
            "Public log: none. No server has received this diary. There is no receipt and no timestamp by an outside authority: "
            "the times are those of the keeper’s device, and the entries are numbered in the order in which it sealed them."
        )
    log, total = capsule.log, len(capsule.versions)
    if capsule.metadata.preparer is not None and not log.checkpoints:
        return (
            "Public log: only a keeper can ask for the places of their entries in it, so this pack shows none, and no "
            "timestamp by an outside authority either. Here the server’s receipt stands alone for the time."
        )
    if not log.checkpoints:
        log_words = "Public log: this pack was made without asking it, so it shows no place of any entry in it."
    else:
        sizes = " and ".join(str(checkpoint.size) for checkpoint in log.checkpoints)
        log_words = (
            f"Public log (RFC 6962): {len(log.proofs)} of the {total} versions here are shown to stand in it, under the signed "
            f"checkpoint of {sizes} leaves. The leaf of a receipt is SHA-256 of a zero byte and its c, n and ts with t "
            "“leaf/v1”, as JSON like the above; proof/log.json has the way from there to the root."
        )
    if log.timestamped_checkpoints:
        names = ", ".join(
            f"{stamp.authority} (checkpoint of {checkpoint.size})" for checkpoint, stamp in log.timestamped_checkpoints
        )
        return f"{log_words} Timestamps by outside authorities (RFC 3161): {names}; 15 says how they are checked."
    timestamp_state = "one is asked and had not answered" if log.authorities else "none"
    return (
        f"{log_words} Timestamps by outside authorities: {timestamp_state}, "
        "so the server’s receipt stands alone for the time."
    )
