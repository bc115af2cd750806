"""One conversation with the dev cluster's API server and with the embedded one: the answers must be the same."""

import json
import os

from tests.scenarios.answers import KEPT, Answers, differences, embedded, hold

PARSER = "400 and its reason are the same; the words are those of the parser, and our client shows them to nobody"
REVIEWED = {
    "create what is no JSON": PARSER,
    "delete with options that are none": PARSER,
    "page with a token that is none": PARSER,
    "replace by no JSON": PARSER,
}
"""Call -> why the embedded cluster may answer it differently; an entry that no longer differs is a failure."""
STOPPED = "whether its containers have stopped by then is a matter of milliseconds"
TIMING = {"delete what is being deleted": STOPPED, "evict what is being evicted": STOPPED}
"""Call -> why it may be answered differently from one run to the next, on either cluster."""


def test_both_answer_every_call_the_same_but_for_the_reviewed_differences() -> None:
    real = hold(os.environ["KUBECONFIG"])
    kept: Answers = json.loads(KEPT.read_text())
    changes = _except(TIMING, differences(kept, real))
    assert not changes, "\n".join(["the real cluster answers otherwise than it was recorded", *changes])
    different = differences(real, embedded())
    unreviewed = _except(REVIEWED | TIMING, different)
    counts = f"calls {len(real)}, equal {len(real) - len(different)}, reviewed {len(REVIEWED)}"
    assert not unreviewed, "\n".join([counts, *unreviewed])
    assert not REVIEWED.keys() - different.keys(), "reviewed, but the same by now"


def _except(known: dict[str, str], different: dict[str, str]) -> list[str]:
    """Return what the two say of every call that they answer differently, but for the calls known to differ."""
    return [shown for what, shown in different.items() if what not in known]
