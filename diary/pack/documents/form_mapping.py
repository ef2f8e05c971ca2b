"""Appendix of document 10: the parts of a pack that supply the forms of a police case file. It fills in no form."""

from typing import Final

FORM_MAPPING: Final = (
    ("Front sheet, pattern in numbers (01)", "MG3, MG5", "Summary of the case"),
    (
        "Incident table (01)",
        "Witness statement, as taken by an officer",
        "Drafting; refreshing memory. This pack is no statement",
    ),
    ("Exhibits index (01, 03)", "MG12", "Exhibit list; the references here are suggestions"),
    (
        "Who saw or heard (01), people by name (06)",
        "MG9, MG10, back of the statement form",
        "Witnesses, when they can come, how to reach them",
    ),
    ("Needs (06, page one)", "MG2", "Special measures, interpreter"),
    (
        "Life impact (08)",
        "MG19; taken separately: Victim Personal Statement",
        "Losses with their cost; effects over time",
    ),
    (
        "Orders and alleged breaches (01), copies (09)",
        "MG13; civil order",
        "Terms, service, what is said to break them",
    ),
    ("What was before (01)", "MG16; lines of enquiry", "Earlier history, others affected"),
    (
        "Entries not here, amendments (01, 10, 12)",
        "MG6C, disclosure",
        "What was withheld, removed or changed, and when",
    ),
)
