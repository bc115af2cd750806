"""One conversation with the dev cluster's API server and with the embedded one: the answers must be the same."""

import json
import os

import pytest

from tests.scenarios.answers import KEPT, Told, differences, embedded, hold

PARSER = "400 and its reason are the same; the words are those of the parser, and our client shows them to nobody"
REVIEWED = {
    "create what is no JSON": PARSER,
    "delete with options that are none": PARSER,
    "page with a token that is none": PARSER,
    "replace a deployment by nothing": "our client never sends a PUT; what is not simulated is 405, never a guess",
}
"""Call -> why the embedded cluster may answer it differently; an entry that no longer differs is a failure."""
TIMING = {"delete what is being deleted": "whether its containers have stopped by then is a matter of milliseconds"}
"""Call -> why it may be answered differently from one run to the next, on either cluster."""


@pytest.fixture(scope="module")
def real() -> Told:
    """What the dev cluster answers."""
    return hold(os.environ["KUBECONFIG"])


def test_the_real_cluster_still_answers_as_it_was_recorded(real: Told) -> None:
    kept: Told = json.loads(KEPT.read_text())
    assert not differences(kept, real)


def test_both_answer_every_call_the_same_but_for_the_reviewed_differences(real: Told) -> None:
    different = differences(real, embedded())
    news = [shown for what, shown in different.items() if what not in REVIEWED | TIMING]
    counts = f"calls {len(real)}, equal {len(real) - len(different)}, reviewed {len(REVIEWED)}"
    assert not news, "\n".join([counts, *news])
    assert not REVIEWED.keys() - different.keys(), "reviewed, but the same by now"
