"""20,000 objects that both languages generate from one seed, to compare canonical forms by a single digest.

Generator: xorshift32 (13, 17, 5) from SEED; `next_below(n)` is the next number modulo n. The order of the draws is the
order of the code below; tests/js has the same in JavaScript.
"""

import hashlib

from diary.encoding import canonical_json

SEED = 0x9E3779B9
COUNT = 20_000
LETTERS = "abcdefghijklmnopqrstuvwxyz_"
KEY_LETTERS = LETTERS + "0123456789"
ODD_CHARACTERS = '"\\/\x7f\x80\u00a0\u2028\u2029\ufeff\ufffd\ue000\uffff'


class RandomStream:
    """Stream of random numbers."""

    def __init__(self, seed: int = SEED) -> None:
        """Start at `seed`, which must not be zero."""
        self._state = seed

    def next_number(self) -> int:
        """Return the next 32-bit number."""
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return x

    def next_below(self, n: int) -> int:
        """Return the next number modulo n."""
        return self.next_number() % n

    def next_character(self) -> str:
        """Return one character: mostly letters, then controls, unusual ones and three planes."""
        pick = self.next_below(10)
        if pick == 4:
            return chr(self.next_below(0x20))
        if pick == 5:
            return ODD_CHARACTERS[self.next_below(len(ODD_CHARACTERS))]
        if pick == 6:
            return chr(0xA0 + self.next_below(0x500))
        if pick == 7:
            return chr(0x4E00 + self.next_below(0x1000))
        if pick == 8:
            return chr(0x1F300 + self.next_below(0x200))
        return chr(0x61 + self.next_below(26))

    def next_integer(self) -> int:
        """Return an integer of up to 53 bits with either sign."""
        high = self.next_below(0x200000)
        number = high * 0x100000000 + self.next_number()
        return -number if self.next_below(2) else number

    def next_key(self) -> str:
        """Return an object's key."""
        length = 1 + self.next_below(8)
        first = LETTERS[self.next_below(len(LETTERS))]
        return first + "".join(KEY_LETTERS[self.next_below(len(KEY_LETTERS))] for _ in range(length - 1))

    def next_value(self, depth: int) -> object:
        """Return any value; no arrays or objects from depth 4 on."""
        pick = self.next_below(8 if depth < 4 else 6)
        if pick <= 1:
            return self.next_below(2) == 1 if pick else None
        if pick <= 3:
            return self.next_integer() if pick == 3 else self.next_below(2001) - 1000
        if pick <= 5:
            return "".join(self.next_character() for _ in range(self.next_below(12)))
        if pick == 6:
            return [self.next_value(depth + 1) for _ in range(self.next_below(5))]
        return self.next_object(self.next_below(6), depth)

    def next_object(self, count: int, depth: int) -> dict[str, object]:
        """Return an object of at most `count` keys. A key drawn twice keeps its second value."""
        members: dict[str, object] = {}
        for _ in range(count):
            key = self.next_key()
            members[key] = self.next_value(depth + 1)
        return members


def objects_digest(count: int = COUNT) -> tuple[str, str]:
    """Return the canonical form of the first object, and the SHA-256 (hex) of all, each followed by a newline."""
    stream, running, first = RandomStream(), hashlib.sha256(), ""
    for _ in range(count):
        raw = canonical_json(stream.next_object(1 + stream.next_below(6), 0))
        first = first or raw.decode()
        running.update(raw + b"\n")
    return first, running.hexdigest()
