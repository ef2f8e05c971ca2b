"""The ten tasks of a reading test, and the taps that answer them.

A tap is the key of a text in a `words.json`, or a name from the fixtures of the fake app. Where several taps are right,
the first of them is taken for the next picture. A way ends with the tap that answers the task.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.desk_screens import CLIENT_OPEN, SIGN_IN_PAGE, SIGNED_IN
from tests.browser.screen_steps import NO_DIARY, OPEN_DIARY, Step, go_to_screen
from tests.browser.test_screens import RECORDS_LISTED
from tests.browser.test_ways_by_taps import ENTRY

Way = tuple[tuple[str, ...], ...]
CALL_999 = "tel:999"
BSL_999 = "https://999bsl.co.uk"


@dataclass(frozen=True)
class Task:
    """What a reader is asked, the steps to the screen where the task begins, and the right taps in order."""

    words: str
    beginning: tuple[Step, ...]
    way: Way


_IN_DANGER = Task(
    "He is outside your door now and you want the police on the phone at once.",
    (OPEN_DIARY,),
    (("bar.help",), (CALL_999,)),
)
_IN_DANGER_DEAF = Task(
    "He is outside your door now. You are Deaf, you sign, and you want the emergency service by video at once.",
    (OPEN_DIARY,),
    (("bar.help",), (BSL_999,)),
)
_REST_OF_KEEPER = (
    Task(
        "Somebody comes into the room. Nobody may see what is on this screen.",
        (OPEN_DIARY,),
        (("bar.leave", "nav.lock"),),
    ),
    Task(
        "A police officer stands in front of you. You want to show her, on this phone, a few things that you wrote.",
        (OPEN_DIARY,),
        (("bar.help", "nav.share", "nav.entries"), ("help.show",)),
    ),
    Task(
        "You wrote an entry about a message from a new account. You have a screenshot of it, and want to add it there.",
        (OPEN_DIARY,),
        (("nav.entries",), (ENTRY,), ("f.attachment_ids", "entry.add")),
    ),
    Task(
        "The police have given you a crime number. You want to write it down in the right place.",
        (RECORDS_LISTED,),
        (("nav.more", "nav.chase"), ("more.g_reports",), ("more.reports",)),
    ),
    Task(
        "You saved a WhatsApp chat as a file. You want its messages in this diary.",
        (OPEN_DIARY,),
        (("nav.more", "add.import"), ("more.import",)),
    ),
    Task(
        "You think that your ex saw you type your password. You want to stop him.",
        (OPEN_DIARY,),
        (("nav.more",), ("more.someone", "more.g_open")),
    ),
    Task(
        "You are afraid of forgetting your password. You want what opens the diary without it, on paper.",
        (OPEN_DIARY,),
        (("nav.more",), ("more.g_kept",), ("more.code",)),
    ),
    Task(
        "Your solicitor asks for everything you have, in order, as files.",
        (OPEN_DIARY,),
        (("nav.share",), ("share.start",)),
    ),
    Task(
        "This is not your phone. Your diary is on another phone, and you want to write one thing down here.",
        (NO_DIARY,),
        (("door.borrowed",),),
    ),
)
_ENTRY_OPEN = (CLIENT_OPEN, go_to_screen("entry", record="r2"))
_ADVOCATE = (
    Task(
        "Your organisation sent you an invitation. You have no username yet.", (SIGN_IN_PAGE,), (("desk.have_invite",),)
    ),
    Task("You want to open the diary of your client Jo.", (SIGNED_IN,), (("Jo",),)),
    Task(
        "Your client does not know who you are yet. You want the nine words that she checks you by.",
        (SIGNED_IN,),
        (("desk.tab_you",),),
    ),
    Task(
        "A colleague joins your team today. You want to invite him.",
        (SIGNED_IN,),
        (("desk.tab_organisation",), ("desk.invite_do",)),
    ),
    Task(
        "Your phone rings and you must leave the computer. Nobody may see what is on it.",
        (CLIENT_OPEN,),
        (("desk.tab_lock", "bar.leave"),),
    ),
    Task(
        "Your client is on the telephone. She wants you to type what she tells you.",
        (CLIENT_OPEN,),
        (("desk.assist",),),
    ),
    Task("The police ask for a pack of what this client let you see.", (CLIENT_OPEN,), (("desk.pack",),)),
    Task("You do not understand one entry. You want to ask the client about it.", _ENTRY_OPEN, (("desk.ask_send",),)),
    Task("You have read this entry, and want the client to know that.", _ENTRY_OPEN, (("desk.through_do",),)),
    Task("You want to see how often something happened, by day and week.", (CLIENT_OPEN,), (("desk.pattern",),)),
)
TASKS: dict[str, tuple[Task, ...]] = {
    "keeper": (_IN_DANGER, *_REST_OF_KEEPER),
    "deaf": (_IN_DANGER_DEAF, *_REST_OF_KEEPER),
    "advocate": _ADVOCATE,
}
