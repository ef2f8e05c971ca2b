"""The protocol's model: every property holds in every state, and each planted fault breaks the one it is about."""

import re

import pytest

from tests.model.cases import HOLDING_CASES, LARGER_CASES, PLANTED_FAULTS
from tests.model.checking import MODELS, ModelCase, model_with_constants, run_model_checker

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("case", HOLDING_CASES, ids=str)
def test_every_property_holds_in_every_state(case: ModelCase) -> None:
    """And everything that a `cover` names came to pass, so that nothing holds for want of an occasion."""
    outcome = run_model_checker(case)
    assert (outcome.broken, outcome.rules_never_applied) == (None, ()), outcome.trace


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGER_CASES, ids=str)
def test_every_property_holds_in_larger_models(case: ModelCase) -> None:
    """With one more version, and a server that is put back twice."""
    outcome = run_model_checker(case)
    assert (outcome.broken, outcome.rules_never_applied) == (None, ()), outcome.trace


@pytest.mark.parametrize("case", PLANTED_FAULTS, ids=str)
def test_each_planted_fault_is_found(case: ModelCase) -> None:
    """By the property that it is about."""
    outcome = run_model_checker(case)
    assert outcome.broken == case.broken_property, outcome.trace


def test_each_fault_that_a_model_lists_is_planted() -> None:
    """The numbers at the head of each model, and no others."""
    for path in MODELS.glob("*.m"):
        fault_numbers = [int(n) for n in re.findall(r"^--   (\d+) ", path.read_text(encoding="utf-8"), re.MULTILINE)]
        assert fault_numbers == sorted(
            {int(planted.constants["WEAKENING"]) for planted in PLANTED_FAULTS if planted.model == path.stem}
        ), path.name


def test_a_constant_that_a_model_lacks_is_refused() -> None:
    """A slip in a name would check the model as it stands."""
    with pytest.raises(ValueError, match="NO_SUCH"):
        model_with_constants("const\n  WEAKENING: 0;\n", {"NO_SUCH": 1})
