"""Numbers in text that somebody typed from right to left: each keeps its own order."""

from playwright.sync_api import expect

from tests.browser.navigators.keeper import BrowserKeeper

NARRATIVE = "اُس نے 07700 900512 سے فون کیا۔"
# Where the first and the last group of digits of an element are drawn, CSS pixels from the left.
GROUP_PLACES = """
(element) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data } = walker.currentNode;
    if (!data.includes('07700') || !data.includes('900512')) continue;
    return ['07700', '900512'].map((group) => {
      const range = document.createRange();
      range.setStart(walker.currentNode, data.indexOf(group));
      range.setEnd(walker.currentNode, data.indexOf(group) + group.length);
      return range.getBoundingClientRect().left;
    });
  }
  return null;
}
"""


def test_a_number_in_urdu_words_is_not_turned_round(keeper: BrowserKeeper) -> None:
    """In the list, on the entry's page and on the page that an officer is shown; the text itself is as it was typed."""
    page = keeper.page
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.go_to_tab("Entries")
    listed = page.locator(".item-words", has_text="07700")
    first, second = listed.evaluate(GROUP_PLACES)
    assert first < second
    keeper.open_entry(NARRATIVE)
    narrative = page.locator("p.narrative")
    first, second = narrative.evaluate(GROUP_PLACES)
    assert first < second
    expect(narrative).to_have_text(NARRATIVE)
    keeper.tap("Show someone now")
    keeper.tap("Show this")
    first, second = page.locator("p.narrative", has_text="07700").evaluate(GROUP_PLACES)
    assert first < second
