"""How the record was made: 10 in full, and the half page of it that stands in 01.

The half page names no product, host, device or helper: 01 may be given to the other side.
"""

from diary.pack.capsule.reader import EARLIER, Capsule
from diary.pack.contents import Contents
from diary.pack.documents.clock_offsets import clock_checks
from diary.pack.documents.form_mapping import CROSSWALK
from diary.pack.documents.incident_rows import Row
from diary.pack.documents.log_wording import in_full, in_short
from diary.pack.documents.questions import how_asked, questions
from diary.pack.documents.verification_steps import checks, single_files
from diary.pack.printable_text import drawable
from diary.pack.wording import numbers_words
from diary.record import times, vocabulary
from diary.record.reading import codes_of, object_of, objects_of, text_of, whole_of

BANNER = "RESTRICTED: not for service. For the officer in the case and those they choose."
NOTES = (
    "The software lets people keep private notes. They are never put in a pack. This pack does not say whether "
    "there are any. Ask the keeper."
)


def half_page(contents: Contents) -> list[str]:
    """The paragraphs of “How this record was made” in 01."""
    counts = contents.capsule.counts
    return [
        "This record was made with diary software, release "
        f"{contents.capsule.head.release}; the software is described in the restricted part. Entries were written on the "
        "keeper’s own device. “Recorded” is that device’s clock when an entry was sealed; where a server received "
        f"the entry, it signed for it, and the entry existed no later than then. {in_short(contents.capsule)}",
        "The words of an entry become fixed ten minutes after it was first saved. Anything added later prints under "
        "the entry with its own date (an addition). Anything changed or removed later prints with what it was, what it "
        "became, the date and the reason given (an amendment). Earlier versions are never overwritten.",
        f"The diary holds {counts['total']} entries; {counts['included']} are in this pack. Not here: "
        f"{not_here(contents.capsule)}. Of those here {counts['added_to']} were added "
        f"to, {counts['amended']} amended, and {counts['late']} written down later than a day afterwards or from memory.",
        "Times are as the keeper gave them, with how exact they are; each time of day carries its difference from UTC. "
        "A count marked “about” is an estimate. The letters beside a behaviour are those of section 2A(3) of the "
        "Protection from Harassment Act 1997 that the label resembles; they are a reading aid for labels, not a finding.",
        "A character that a page cannot hold is drawn as its number, such as [U+E000]. The first words of every entry are "
        "also embedded in this document as text files, exactly as they were saved. Words held in the restricted part are "
        "replaced by [held back, see 06].",
        "The record does not show that what it says is true, who did a thing, that a device’s clock was right, or that a "
        "picture was unchanged before the software received it.",
    ]


def method_page(contents: Contents) -> Row:
    """Everything 10 needs."""
    head = contents.capsule.head
    return {
        **contents.sheet_facts(f"How this record was made, pack {head.name}", "Restricted; not for service"),
        "release": head.release,
        "made": contents.made().line(),
        "software": _software(contents),
        "published": contents.capsule.is_received,
        "worked_out": "it was worked out from the sealed copy that this pack was made of"
        if head.alone
        else "the keeper’s device worked it out and keeps it in its own note of this pack",
        "counts": _counts(contents),
        "clocks": clock_checks(contents),
        "review": _review(contents),
        "helped": _helped(contents),
        "revisions": _revisions(contents),
        "asked": _asked(contents),
        "questions": questions(contents),
        "how_asked": how_asked(contents),
        "letters": _letters(),
        "keys": [[name, str(value)] for name, value in sorted(contents.capsule.keys.items())],
        "lines": _lines(contents),
        "head": list(head_words(contents.capsule)),
        "log": in_full(contents.capsule),
        "notes": NOTES,
        "files": _files(contents),
        "custody": _custody(contents),
        "checks": [[title, drawable(words), list(commands)] for title, words, commands in checks(contents)],
        "single": [[what, command] for what, command in single_files()],
        "crosswalk": [list(row) for row in CROSSWALK],
        "banner": BANNER,
    }


def _software(contents: Contents) -> str:
    """Where the diary was kept, and who was sent what for this pack: nobody where it was made from a sealed copy."""
    head = contents.capsule.head
    agreed = (
        times.instant(head.consent_at, head.tz).line() if head.consent_at is not None else "a time that is not recorded"
    )
    kept = "Entries and files are sealed (encrypted and signed) on the keeper’s device."
    if contents.capsule.is_received:
        kept += " The server stores them and cannot read them."
        kept = f"It was opened from {head.origin}, which also runs the server. {kept}"
    else:
        kept += " This diary was never sent to a server."
    if head.alone:
        made = (
            "For this pack nothing was sent to a server: it was laid out on a computer from a sealed copy of the diary, opened "
            f"with the keeper’s words at {agreed}. The files as received are from that copy."
        )
    else:
        made = (
            "For this pack the keeper sent the server the words chosen for it and the keys of the pictures to be printed, for "
            f"this one job; the keeper agreed at {agreed}. The files as received were added on the keeper’s device."
        )
    return drawable(f"{kept} {made}")


def _counts(contents: Contents) -> list[list[str]]:
    """How many entries, and what became of them."""
    counts = contents.capsule.counts
    late = tuple(entry.number for entry in contents.whole if entry.is_late)
    return [
        ["In the diary", str(counts["total"]), ""],
        ["In this pack", str(counts["included"]), numbers_words(tuple(entry.number for entry in contents.whole))],
        ["Withheld: not chosen for this pack", str(counts["withheld"]), _gaps(contents.capsule, "withheld")],
        *(
            [["In an earlier pack", str(counts[EARLIER]), _gaps(contents.capsule, "earlier")]]
            if EARLIER in counts
            else []
        ),
        ["Removed by the keeper", str(counts["removed"]), _gaps(contents.capsule, "removed")],
        ["Added to", str(counts["added_to"]), _holding(contents, "addition")],
        ["Amended", str(counts["amended"]), _holding(contents, "amendment")],
        ["Written later than a day after, or from memory", str(counts["late"]), numbers_words(late)],
    ]


def _review(contents: Contents) -> list[str]:
    """What the keeper looked at before the pack left, and what they let go unseen."""
    review = contents.capsule.head.review
    looked = sum(shown.exhibit.looked_at is not None for shown in contents.exhibits)
    rows = [
        f"Of {len(contents.exhibits)} exhibits the keeper or a helper has looked at {looked} for a pack; one that "
        "nobody looked at is not printed in 04."
    ]
    if review is None:
        return rows
    rows.append(
        f"Words of the restricted part found in accounts and left as they are (held back in servable): {review.words}."
    )
    if review.override_at is not None:
        at = times.instant(review.override_at, contents.capsule.head.tz).line()
        unseen = f"although {review.not_looked} pictures had not been looked at"
        rows.append(f"The pack was let go on {at} {unseen}: the keeper chose that.")
    return rows


def not_here(capsule: Capsule) -> str:
    """What became of the entries that are not in a pack, with their numbers: nothing is missing unsaid."""
    withheld, removed = capsule.counts["withheld"], capsule.counts["removed"]
    numbers = [_gaps(capsule, why) for why in ("withheld", "removed")]
    left = f"{withheld} not chosen for this pack" + (f" ({numbers[0]})" if numbers[0] else "")
    gone = f"{removed} removed by the keeper" + (f" ({numbers[1]})" if numbers[1] else "")
    earlier = capsule.counts.get(EARLIER, 0)
    held = f", {earlier} in an earlier pack ({_gaps(capsule, 'earlier')})" if earlier else ""
    return f"{left}, {gone}{held}"


def head_words(capsule: Capsule) -> tuple[str, str]:
    """The diary's head as a label and its 64 digits, or why there is none."""
    feed = capsule.head.feed
    if feed is not None:
        return f"Head of the diary after {feed.seq} versions", feed.digest.hex()
    why = "not known when this pack was made" if capsule.is_received else "none: no server has numbered this diary"
    return "Head of the diary", why


def _gaps(capsule: Capsule, why: str) -> str:
    """The numbers of the entries that are not here for one reason."""
    numbers = (whole_of(gap, "seq_no") for gap in capsule.gaps if gap.get("why") == why)
    return numbers_words(tuple(str(number) for number in numbers if number is not None))


def _holding(contents: Contents, kind: str) -> str:
    return numbers_words(tuple(entry.number for entry in contents.whole if entry.told.has(kind)))


def _helped(contents: Contents) -> list[list[str]]:
    """Who helped with which entry, and how."""
    return [
        [
            entry.number,
            vocabulary.label("help_given", given),
            drawable(text_of(entry.kept_apart, "helped_by") or "not named"),
        ]
        for entry in contents.whole
        if (given := text_of(entry.said, "help_given")) not in ("", "none")
    ]


def _revisions(contents: Contents) -> list[list[str]]:
    """Every addition and amendment, of entries and of exhibits."""
    told = [(f"entry {entry.number}", entry.told) for entry in contents.whole]
    told += [(shown.exhibit.item, shown.whole.told) for shown in contents.exhibits]
    return [
        [
            name,
            times.iso(revision.at) or "time not known",
            revision.kind,
            drawable(", ".join(change.field for change in revision.changes)),
            drawable(revision.reason or "none given"),
        ]
        for name, one in told
        for revision in one.revisions
    ]


def _asked(contents: Contents) -> list[list[str]]:
    """Which cards were opened for each entry, and when."""
    numbers = {entry.record: entry.number for entry in contents.whole}
    rows = []
    for row in contents.capsule.asked:
        opened = "; ".join(
            f"{vocabulary.label('cards', text_of(card, 'card'))} {times.iso(whole_of(card, 'at'))}".strip()
            for card in objects_of(row, "cards")
        )
        rows.append([numbers.get(text_of(row, "record"), ""), drawable(opened or "none")])
    return [row for row in rows if row[0]]


def _letters() -> list[list[str]]:
    """The letters of section 2A(3), and the labels that carry each."""
    meaning = {
        "a": "following a person",
        "b": "contacting, or attempting to contact, a person by any means",
        "c": "publishing material that relates, or claims to relate, to a person, or that claims to come from them",
        "d": "monitoring the use by a person of the internet, email or any other form of electronic communication",
        "e": "loitering in any place (whether public or private)",
        "f": "interfering with any property in the possession of a person",
        "g": "watching or spying on a person",
    }
    terms = vocabulary.LISTS["behaviours"].terms
    return [
        [letter, text, "; ".join(term.label for term in terms if letter in term.letter.split("/"))]
        for letter, text in meaning.items()
    ]


def _lines(contents: Contents) -> list[list[str]]:
    """Per device: how many of its versions are here and between which numbers; gaps are said, not explained."""
    devices: dict[str, list[int]] = {}
    for version in contents.versions.values():
        line = object_of(version.opened.fields, "_line")
        number = whole_of(line, "n")
        if number is not None:
            devices.setdefault(text_of(line, "device"), []).append(number)
    rows = []
    for device, numbers in sorted(devices.items()):
        missing = max(numbers) - min(numbers) + 1 - len(set(numbers))
        rows.append([device, f"{min(numbers)} to {max(numbers)}", str(len(numbers)), str(missing)])
    return rows


def _custody(contents: Contents) -> list[list[str]]:
    """The log of handling in short: per step how many files, by whom, from when to when. Every line is in 11."""
    steps: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for line in contents.capsule.custody:
        key = text_of(line, "action"), text_of(line, "actor")
        steps.setdefault(key, []).append((whole_of(line, "at") or 0, text_of(line, "item")))
    rows = []
    for (action, actor), told in steps.items():
        times_of = sorted(at for at, _ in told)
        ends = [times.iso(at) or "not recorded" for at in (times_of[0], times_of[-1])]
        label = vocabulary.label("custody_actions", action) if action else "not recorded"
        rows.append([drawable(label), drawable(actor or "not recorded"), str(len({item for _, item in told})), *ends])
    return rows


def _files(contents: Contents) -> list[list[str]]:
    """How each file arrived: restricted, since it tells the device."""
    rows = []
    for shown in contents.exhibits:
        came = object_of(shown.whole.kept_apart, "received_as")
        routes = codes_of(came, "route")
        flags = "; ".join(vocabulary.labels("attachment_flags", codes_of(shown.whole.said, "flags")))
        added = whole_of(shown.whole.said, "added_at")
        rows.append(
            [
                shown.exhibit.item,
                drawable(text_of(came, "filename") or "no name"),
                drawable(_type_words(text_of(came, "claimed_type"), text_of(came, "magic_type"))),
                "; ".join(vocabulary.labels("routes", routes)) or "not recorded",
                times.iso(added) or "not recorded",
                drawable(flags),
            ]
        )
    return rows


def _type_words(claimed: str, found: str) -> str:
    """What the first bytes show, and what was claimed where that was something else."""
    return (found or "unknown") + ("" if claimed == found else f" ({claimed or 'none claimed'})")
