"""The protocol's model: every property holds in every state, and each planted fault breaks the one it is about."""

import re

import pytest

from tests.model.cases import HOLDING, LARGER, PLANTED
from tests.model.checking import MODELS, Case, check, instance

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("case", HOLDING, ids=str)
def test_every_property_holds_in_every_state(case: Case) -> None:
    """And everything that a `cover` names came to pass, so that nothing holds for want of an occasion."""
    found = check(case)
    assert (found.broken, found.missed) == (None, ()), found.trace


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGER, ids=str)
def test_every_property_holds_in_the_larger_ones(case: Case) -> None:
    """With one more version, and a server that is put back twice."""
    found = check(case)
    assert (found.broken, found.missed) == (None, ()), found.trace


@pytest.mark.parametrize("case", PLANTED, ids=str)
def test_each_planted_fault_is_found(case: Case) -> None:
    """By the property that it is about."""
    found = check(case)
    assert found.broken == case.breaks, found.trace


def test_each_fault_that_a_model_lists_is_planted() -> None:
    """The numbers at the head of each model, and no others."""
    for path in MODELS.glob("*.m"):
        listed = [int(n) for n in re.findall(r"^--   (\d+) ", path.read_text(encoding="utf-8"), re.MULTILINE)]
        assert listed == sorted({int(one.constants["WEAKENING"]) for one in PLANTED if one.model == path.stem}), (
            path.name
        )


def test_a_constant_that_a_model_lacks_is_refused() -> None:
    """A slip in a name would check the model as it stands."""
    with pytest.raises(ValueError, match="NO_SUCH"):
        instance("const\n  WEAKENING: 0;\n", {"NO_SUCH": 1})
