"""In the protocol's model every property holds in every state, and each planted fault breaks its property."""

import re

import pytest

from tests.model.cases import HOLDING_CASES, LARGER_CASES, PLANTED_FAULTS
from tests.model.checking import MODELS, ModelCase, model_with_constants, run_model_checker

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("case", HOLDING_CASES, ids=str)
def test_every_property_holds_in_every_state(case: ModelCase) -> None:
    """Every property holds, and every `cover` state is reached, so that no property holds vacuously."""
    outcome = run_model_checker(case)
    assert (outcome.broken, outcome.rules_never_applied) == (None, ()), outcome.trace


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGER_CASES, ids=str)
def test_every_property_holds_in_larger_models(case: ModelCase) -> None:
    """The same with one more version, and a server that is restored twice."""
    outcome = run_model_checker(case)
    assert (outcome.broken, outcome.rules_never_applied) == (None, ()), outcome.trace


@pytest.mark.parametrize("case", PLANTED_FAULTS, ids=str)
def test_each_planted_fault_is_found(case: ModelCase) -> None:
    """Each planted fault breaks the property it is about."""
    outcome = run_model_checker(case)
    assert outcome.broken == case.broken_property, outcome.trace


def test_each_fault_that_a_model_lists_is_planted() -> None:
    """The numbered faults at the head of each model are exactly the planted ones."""
    for path in MODELS.glob("*.m"):
        fault_numbers = [int(n) for n in re.findall(r"^--   (\d+) ", path.read_text(encoding="utf-8"), re.MULTILINE)]
        assert fault_numbers == sorted(
            {int(planted.constants["WEAKENING"]) for planted in PLANTED_FAULTS if planted.model == path.stem}
        ), path.name


def test_a_constant_that_a_model_lacks_is_refused() -> None:
    """A misspelt constant would otherwise check the unchanged model."""
    with pytest.raises(ValueError, match="NO_SUCH"):
        model_with_constants("const\n  WEAKENING: 0;\n", {"NO_SUCH": 1})
