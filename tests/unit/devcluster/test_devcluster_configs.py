"""The configuration files and command lines of the components."""

import base64
import json
import tomllib

from devcluster import certificates, commands, configs, network
from devcluster.layout import layout

CLUSTER = layout("ab12cd", 3)
FIRST, SECOND, THIRD = CLUSTER.nodes


def test_the_kubeconfig_carries_the_administrator_and_the_context() -> None:
    config = json.loads(configs.portable_kubeconfig(CLUSTER, b"ca", b"crt", b"key"))
    assert config["current-context"] == "devcluster"
    assert config["contexts"][0]["context"]["namespace"] == "chaos"
    assert config["clusters"][0]["cluster"]["server"] == "https://203.0.113.1:6443"
    assert base64.b64decode(config["users"][0]["user"]["client-key-data"]) == b"key"


def test_containerd_is_configured_for_its_node_alone() -> None:
    config = tomllib.loads(configs.containerd(SECOND))
    assert config["grpc"]["address"] == "/var/tmp/devcluster-ab12cd/node-2/containerd.sock"
    runtime = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert runtime["restrict_oom_score_adj"] is True
    assert runtime["cni"]["conf_dir"] == "/var/tmp/devcluster-ab12cd/node-2/cni"


def test_a_kubelet_keeps_its_pods_in_the_clusters_cgroup() -> None:
    config = json.loads(configs.kubelet(CLUSTER, SECOND))
    assert config["cgroupRoot"] == "/devcluster-ab12cd/node-2"
    assert config["authentication"]["anonymous"]["enabled"] is False
    assert config["serializeImagePulls"] is False


def test_pods_get_addresses_of_their_nodes_range() -> None:
    bridge = json.loads(configs.pod_network(SECOND))["plugins"][0]
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.16.0/20"}]]


def test_the_api_server_enforces_permissions_and_refuses_strangers() -> None:
    arguments = commands.api_server(CLUSTER).command
    assert "--authorization-mode=Node,RBAC" in arguments
    assert "--anonymous-auth=false" in arguments
    assert "--kubelet-preferred-address-types=InternalIP" in arguments


def test_a_kubelet_runs_in_its_own_node() -> None:
    kubelet = commands.kubelet(CLUSTER, THIRD)
    assert (kubelet.name, kubelet.node) == ("kubelet-3", THIRD)
    assert "--hostname-override=node-3" in kubelet.command


def test_every_node_is_cabled_to_the_first_and_routed_to_the_others() -> None:
    first = network.first_node(CLUSTER, {"node-2": 200, "node-3": 300})
    assert "link add node-2 type veth peer name eth0 netns 200\n" in first
    assert "route add 10.244.32.0/20 via 203.0.113.3\n" in first
    second = network.other_node(CLUSTER, SECOND)
    assert "route add 10.244.0.0/20 via 203.0.113.1\n" in second
    assert "10.244.16.0" not in second


def test_nothing_of_the_network_is_the_hosts_own() -> None:
    lines = network.first_node(CLUSTER, {"node-2": 200, "node-3": 300}) + network.other_node(CLUSTER, SECOND)
    assert "192.0.2." not in lines


def test_a_nodes_certificate_names_its_node_and_address() -> None:
    certificate = certificates.node_certificate(SECOND)
    assert certificate.subject == "/O=system:nodes/CN=system:node:node-2"
    assert certificate.alternatives == ("IP:203.0.113.2", "DNS:node-2")


def test_the_authority_signs_a_leaf_and_itself() -> None:
    leaf = certificates.leaf_command(CLUSTER.certificates, certificates.node_certificate(SECOND))
    assert "-CA" in leaf
    assert "-CA" not in certificates.authority_command(CLUSTER.certificates)
