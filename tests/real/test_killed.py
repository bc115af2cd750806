"""What a runner that dies by SIGKILL has changed is put back by another process, on a real cluster."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kubechaos.act.heal import heal
from kubechaos.api.client import Client
from kubechaos.api.credentials import pin
from tests.killed import changes
from tests.real.parts import kubectl
from tests.real.shop import Shop

ROOT = Path(__file__).parents[2]
CONTEXT = "devcluster"


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_runner_that_is_killed_around_any_write_is_healed_by_another_process(
    shop: Shop, when: str, number: int
) -> None:
    shop.deploy()
    folder = shop.folder / "run"
    where = [os.environ["KUBECONFIG"], CONTEXT, shop.namespace, shop.name, str(folder), when, str(number)]
    killed = subprocess.run([sys.executable, "-m", "tests.killed", *where], cwd=ROOT, check=False)
    assert killed.returncode == -9
    left = changes(folder)
    assert left
    client = Client(pin(CONTEXT))
    heal(left, client)
    client.close()
    assert left == []
    assert kubectl("get", shop.target, "-o", "jsonpath={.spec.replicas}") == "3"
