"""Fictional conversations, call lists, emails and payments, drawn from a seed."""

import random
from dataclasses import dataclass, field

APPS = ("whatsapp", "imessage", "instagram", "snapchat", "messenger", "calls", "gmail", "bank")
EMOJI = ("😡", "❤️", "🙏", "😂", "🔥")
NAMES = ("Sam Field", "Jordan Ames", "Alex", "Mum", "07700 900123", "Robin Hale", "Chris W", "+44 7700 900456")
GROUPS = ("Flat 12", "Saturday Football", "School Run")
LINES = {
    "en": (
        "Where are you?",
        "I know you are at home",
        "Answer your phone",
        "Please do not come to my house",
        "I am not going to stop",
        "You can't ignore me forever",
        "I will be outside at 7",
        "Why did you block me",
        "Leave me alone",
        "I never said that",
        "ok",
        "No",
        "Who was that with you yesterday?",
        "I saw your car outside the gym at 18:45 and you didn't even look at me, so tell me what is going on",
        "Call me back now or I will come round and wait until you open the door, I mean it this time",
        "Don't contact my sister again",
        "I sent you £20 for the bus",
        "Can you bring the keys on Tuesday?",
        "We are not together any more and I do not want to talk about it again",
        "You won't get away with this",
        "Missed call",
        "21:10",
        "Today",
        "See you tomorrow then",
        "Stop following me please",
        "The police have told you not to message me",
    ),
    "pl": (
        "Gdzie jesteś?",
        "Nie przychodź do mnie",
        "Wiem, że jesteś w domu",
        "Odbierz telefon",
        "Dlaczego mnie zablokowałaś?",
        "Nie chcę z tobą rozmawiać",
        "Zostaw mnie w spokoju",
        "Będę pod twoim domem o siódmej i poczekam, aż wyjdziesz",
        "Nigdy tego nie powiedziałem",
        "Dobrze",
    ),
    "ur": (
        "تم کہاں ہو؟",
        "مجھے فون مت کرو",
        "میں تمہارے گھر آ رہا ہوں",
        "میرا پیچھا مت کرو",
        "جواب دو",
        "میں نے یہ کبھی نہیں کہا",
    ),
    "cy": (
        "Ble wyt ti?",
        "Paid â dod i fy nhŷ i",
        "Dw i'n gwybod dy fod ti gartref",
        "Ateb dy ffôn",
        "Pam wnest ti fy mlocio i?",
        "Dydw i ddim eisiau siarad â ti",
        "Gad lonydd i mi",
        "Bydda i y tu allan i dy dŷ am saith a bydda i'n aros nes i ti ddod allan",
        "Wnes i erioed ddweud hynny",
        "Iawn",
    ),
}
TODAY = {
    "en": ("Today", "Yesterday", "Monday", "24 November 2026"),
    "pl": ("Dzisiaj", "Wczoraj", "Poniedziałek", "24 listopada 2026"),
    "ur": ("آج", "گزشتہ کل", "پیر", "24 نومبر 2026"),
}
# The apps themselves are in English where their messages are in Welsh.
TODAY["cy"] = TODAY["en"]
MISSED = {"en": "Missed voice call", "cy": "Missed voice call", "pl": "Nieodebrane połączenie", "ur": "مسڈ وائس کال"}


@dataclass
class Item:
    """A thing on the screen. `kind`: message, day, missed, call, email or payment; `stamp`: the time as drawn."""

    kind: str
    text: str = ""
    side: str = "unknown"
    time: str | None = None
    stamp: str = ""
    day: str | None = None
    who: str | None = None
    quote: str = ""
    emoji: str = ""
    language: str = "en"
    missed: bool = False
    detail: str = ""
    ticks: bool = False


@dataclass
class Screen:
    """One picture to draw. `group`: several people write on the left side."""

    app: str
    language: str
    dark: bool
    size: str
    title: str
    group: bool
    items: list[Item] = field(default_factory=list)


def _stamp(minutes: int, twelve: bool) -> tuple[str, str]:
    hour, minute = divmod(minutes % 1440, 60)
    time = f"{hour:02}:{minute:02}"
    if not twelve:
        return time, time
    return time, f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"


def _chat(screen: Screen, dice: random.Random) -> None:
    app, language = screen.app, screen.language
    twelve = language in ("en", "cy") and dice.random() < 0.3
    minutes = dice.randrange(0, 1200)
    headings = list(TODAY[language])
    day: str | None = None
    names = dice.sample(("Sam", "Jordan", "Priya", "Marek"), 3)
    for no in range(dice.randrange(6, 11)):
        minutes += dice.choice((0, 1, 2, 5, 17))
        time, stamp = _stamp(minutes, twelve)
        new_heading = no == 0 or dice.random() < 0.12
        if new_heading and headings:
            if no:
                headings = headings[1:] if len(headings) > 1 else headings
            day = headings[0] if app in ("whatsapp", "snapchat") else f"{headings[0]} {stamp}"
            heading = day.upper() if app == "snapchat" and language != "ur" else day
            screen.items.append(Item("day", heading, time=time, language=language))
            day = heading if app in ("whatsapp", "snapchat") else headings[0]
        side = dice.choice(("left", "right"))
        in_bubble = app == "whatsapp"
        known = time if in_bubble or (new_heading and app in ("imessage", "instagram", "messenger")) else None
        if dice.random() < 0.07 and app == "whatsapp":
            item = Item("missed", MISSED[language], side, time, stamp, day, language=language, missed=True)
            item.detail = {
                "en": "Tap to call back",
                "cy": "Tap to call back",
                "pl": "Dotknij, aby oddzwonić",
                "ur": "",
            }[language]
            screen.items.append(item)
            continue
        item = Item("message", dice.choice(LINES[language]), side, known, stamp if in_bubble else "", day)
        item.language = language
        item.ticks = in_bubble and side == "right"
        if dice.random() < 0.15:
            item.emoji = dice.choice(EMOJI)
        if dice.random() < 0.12 and app in ("whatsapp", "imessage"):
            item.quote = dice.choice(LINES[language])
        if screen.group and side == "left":
            item.who = dice.choice(names)
        if app == "snapchat":
            item.who, item.side = ("ME" if side == "right" else screen.title.upper()), "unknown"
        screen.items.append(item)


def _calls(screen: Screen, dice: random.Random) -> None:
    words = {
        "en": ("Missed", "Incoming", "Outgoing"),
        "cy": ("Missed", "Incoming", "Outgoing"),
        "pl": ("Nieodebrane", "Przychodzące", "Wychodzące"),
        "ur": ("مسڈ", "آنے والی", "جانے والی"),
    }[screen.language]
    minutes = dice.randrange(600, 1400)
    twelve = screen.language in ("en", "cy") and dice.random() < 0.3
    day = TODAY[screen.language][0]
    screen.items.append(Item("day", day, language=screen.language))
    for no in range(dice.randrange(7, 10)):
        minutes -= dice.choice((1, 3, 12, 40))
        if no == 5:
            day = TODAY[screen.language][1]
            screen.items.append(Item("day", day, language=screen.language))
        time, stamp = _stamp(minutes, twelve)
        word = dice.choice(words)
        item = Item("call", word, "unknown", time, stamp, day, dice.choice(NAMES), language=screen.language)
        item.missed = word == words[0]
        screen.items.append(item)


def _email(screen: Screen, dice: random.Random) -> None:
    time, stamp = _stamp(dice.randrange(0, 1440), False)
    body = " ".join(dice.sample(LINES[screen.language], 4))
    item = Item("email", body, "unknown", time, stamp, None, screen.title, language=screen.language)
    item.detail = dice.choice(LINES[screen.language])
    screen.items.append(item)


def _payments(screen: Screen, dice: random.Random) -> None:
    day = "24 November 2026"
    screen.items.append(Item("day", day))
    for no in range(dice.randrange(6, 9)):
        if no == 4:
            day = "23 November 2026"
            screen.items.append(Item("day", day))
        amount = f"£{dice.randrange(1, 90)}.{dice.randrange(0, 100):02}"
        text = dice.choice(("answer me", "you can't hide", "call me", "REF 20931", "not over", "for the bus"))
        name = dice.choice(("Sam Field", "J Ames", "R Hale"))
        screen.items.append(
            Item("payment", text, detail=("-" if dice.random() < 0.5 else "+") + amount, day=day, who=name)
        )


def make_screen(number: int, seed: int) -> Screen:
    """Return picture `number` of a seed: apps, themes, sizes and languages follow from the number."""
    dice = random.Random(f"{seed}:{number}")
    app = APPS[number % len(APPS)]
    round_no = number // len(APPS)
    language = "en" if app == "bank" else ("en", "pl", "cy", "en", "ur")[(round_no + number) % 5]
    size = ("720x1600", "1170x2532", "1080x2400")[(round_no + number) % 3]
    group = app in ("whatsapp", "imessage", "messenger", "instagram") and dice.random() < 0.25
    title = dice.choice(GROUPS if group else NAMES)
    if app == "snapchat":
        title = dice.choice(("Sam Field", "Alex", "Robin Hale"))
    screen = Screen(app, language, (round_no + number // 2) % 2 == 1, size, title, group)
    make = {"calls": _calls, "gmail": _email, "bank": _payments}.get(app, _chat)
    make(screen, dice)
    return screen
