"""What a cluster's parts are called."""

from pathlib import Path

import pytest

from devcluster.layout import MOST_NODES, id_in, layout


def test_every_name_carries_the_id_of_the_cluster() -> None:
    cluster = layout("ab12cd", 2)
    assert cluster.name == "devcluster-ab12cd"
    paths = (cluster.programs, cluster.certificates, cluster.logs, cluster.may_die, cluster.kubeconfig)
    assert all(path.is_relative_to(cluster.state) for path in paths)
    assert cluster.state == Path("/var/tmp/devcluster-ab12cd")


def test_nodes_have_addresses_and_pod_ranges_of_their_own() -> None:
    nodes = layout("ab12cd", MOST_NODES).nodes
    assert [str(node.address) for node in nodes[:2]] == ["203.0.113.1", "203.0.113.2"]
    assert [str(node.pod_range) for node in nodes[:2]] == ["10.244.0.0/20", "10.244.16.0/20"]
    assert len({node.pod_range for node in nodes}) == MOST_NODES


def test_a_socket_path_fits_into_a_socket_address() -> None:
    assert all(len(f"{node.socket}.ttrpc") < 108 for node in layout("ab12cd", MOST_NODES).nodes)


@pytest.mark.parametrize(
    ("name", "cluster"),
    [
        ("devcluster-ab12cd", "ab12cd"),
        ("devcluster-", None),
        ("devcluster", None),
        ("other", None),
        ("devcluster-a/b", None),
    ],
)
def test_only_our_own_names_carry_an_id(name: str, cluster: str | None) -> None:
    assert id_in(name) == cluster
