"""One conversation with the dev cluster's API server and with the embedded one: the answers must be the same."""

import json
import os

from tests.scenarios.answers import KEPT, Told, differences, hold


def test_the_real_cluster_still_answers_as_it_was_recorded() -> None:
    kept: Told = json.loads(KEPT.read_text())
    assert not differences(kept, hold(os.environ["KUBECONFIG"]))
