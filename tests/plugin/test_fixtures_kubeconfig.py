"""A kubeconfig that says less than it seems to."""

import json
from typing import Any

import pytest

from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import Tiny, kubeconfig


def error(result: Any) -> str:
    """The one line that pytest prints of a usage error."""
    (line,) = [line for line in result.out.splitlines() if line.startswith("ERROR: ")]
    return str(line)


@pytest.mark.parametrize("part", ["users"])
@pytest.mark.parametrize("left", [[], [{"name": "others", "cluster": {"server": "https://x"}, "user": {}}]])
def test_a_kubeconfig_without_the_contexts_user_or_cluster_is_one_line(
    run: Runner, tiny: Tiny, part: str, left: list[Any]
) -> None:
    config = {**kubeconfig(tiny.server.url), part: left}
    tiny.kubeconfig.write_text(json.dumps(config))
    result = run(KILL)
    assert result.code == 4
    assert f"kubeconfig {tiny.kubeconfig}, context 'tiny'" in error(result)
    assert tiny.server.requests == []
