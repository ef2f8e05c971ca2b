"""The notebook's words, the diary's and wrong ones cannot be told apart by how long they take, at the product's own cost."""

from __future__ import annotations

from itertools import permutations
from statistics import median

import pytest

from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Served
from tests.browser.test_notebook import COVER, TEXT

pytestmark = pytest.mark.usual_locks

TRYING = """(words) => new Promise((done) => {
  const field = document.getElementById('words');
  field.value = words;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  const from = performance.now();
  const look = () => {
    const found = { notebook: '.notebook', diary: '.frame', nothing: '[role=alert]' };
    const [now] = Object.entries(found).find(([, selector]) => document.querySelector(selector)) ?? [];
    if (now) done([now, performance.now() - from]);
    else requestAnimationFrame(look);
  };
  [...document.querySelectorAll('main button')].find((one) => one.textContent.includes('Open')).click();
  requestAnimationFrame(look);
})"""


@pytest.mark.slow  # a minute by itself
@pytest.mark.timed
def test_every_try_takes_as_long(keeper: Keeper, server: Served) -> None:
    """The notebook's words, the diary's and wrong ones: within 20 % in the middle, and the same requests until success."""
    keeper.begins(TEXT)
    keeper.is_offline_ready()
    keeper.puts_a_notebook_in_front(COVER)
    keeper.locks()
    times: dict[str, list[float]] = {"diary": [], "notebook": [], "nothing": []}
    asked: dict[str, set[str]] = {where: set() for where in times}
    words = {"diary": keeper.words, "notebook": COVER, "nothing": "none of these words"}
    # Each round in another order, so that what else the machine does falls on all three alike.
    for wheres in list(permutations(times)) * 2:
        for where in wheres:
            keeper.page.reload()
            keeper.sees_lock()
            keeper.has_loaded()
            before = len(server.exchanges)
            came, took = keeper.page.evaluate(TRYING, words[where])
            assert came == where
            times[where].append(took)
            if where == "diary":
                keeper.sees_place("What happened?")
                keeper.locks()
            else:
                paths = {one.path for one in server.exchanges[before:]}
                asked[where] |= paths - {"/sw.js"}  # the browser's own look for a newer page
    usual = {where: median(each) for where, each in times.items()}
    print("tries:", {where: [round(one) for one in sorted(each)] for where, each in times.items()}, asked)
    assert max(usual.values()) <= 1.2 * min(usual.values()), usual
    assert asked["notebook"] == asked["nothing"]
    assert not any(path.startswith("/v1/") for path in asked["notebook"])
