"""Problems as data, and on their way in an error."""

from multiprocessing import Pipe

import pytest

from fanreel.engine.answers import Failed
from fanreel.engine.messages import receive_answer, send_answer
from fanreel.errors import InvalidComposition, InvalidVariables
from fanreel.problems import Problem, Written, each_once, problems_of, refusal

LATE = Problem(rule="bad-time", element="p#a", message='data-start="soon" is no time')
OVERLAP = Problem(
    rule="track-overlap",
    message="p#a and p#b overlap on track 1",
    written=Written(tag="p", attributes={"id": "b"}, file="card.html", nth=1),
)


def test_a_sentence_begins_with_the_element_unless_that_is_in_it() -> None:
    """That is how reports and errors say it."""
    assert str(LATE) == 'p#a: data-start="soon" is no time'
    assert str(OVERLAP) == "p#a and p#b overlap on track 1"


def test_an_error_tells_all_problems() -> None:
    """As sentences for people, and as data that comes back whole."""
    error = refusal(InvalidComposition, [LATE, OVERLAP], "index.html: ")
    assert error.message == f"index.html: {LATE}; {OVERLAP}"
    assert error.facts["problems"] == [str(LATE), str(OVERLAP)]
    assert problems_of(error) == [LATE, OVERLAP]


def test_problems_pass_between_processes() -> None:
    """A child's error is the parent's, details and all."""
    error = refusal(InvalidVariables, [OVERLAP])
    ours, theirs = Pipe()
    send_answer(theirs, Failed.of(error))
    arrived = receive_answer(ours)
    assert isinstance(arrived, Failed)
    assert problems_of(arrived.error()) == [OVERLAP]


def test_what_is_said_twice_is_told_once() -> None:
    """In the order of the first time."""
    again = LATE.model_copy(update={"line": 7})
    assert each_once([LATE, OVERLAP, again]) == (LATE, OVERLAP)


@pytest.mark.parametrize(
    "error", [InvalidComposition("x"), InvalidComposition("x", rule="no-root")]
)
def test_other_errors_have_no_details(error: InvalidComposition) -> None:
    """Their message is all there is."""
    assert problems_of(error) == []
