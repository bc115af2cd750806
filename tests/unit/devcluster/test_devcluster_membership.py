"""Which processes, cgroups, mounts and files are a cluster's own."""

from pathlib import Path

import pytest

from devcluster import cgroups, processes
from devcluster.api import takes_pods
from devcluster.build import cache_directory, fingerprint
from devcluster.components import ending, tail
from devcluster.description import environment
from devcluster.foreground import shell_code
from devcluster.layout import layout
from devcluster.remains import mounts_in

CLUSTER = layout("ab12cd", 2)


@pytest.mark.parametrize(
    ("text", "cluster"),
    [
        ("9:name=systemd:/\n8:pids:/devcluster-ab12cd/system\n0::/\n", "ab12cd"),
        ("0::/devcluster-ab12cd/node-1/kubepods/pod1/c1\n", "ab12cd"),
        ("8:pids:/user/devcluster-ab12cd\n", None),
        ("0::/\n", None),
    ],
)
def test_a_process_belongs_to_the_cluster_at_the_top_of_its_cgroup(text: str, cluster: str | None) -> None:
    assert processes.cluster_in(text) == cluster


def test_a_zombie_is_distinguished_from_a_process_with_brackets_in_its_name() -> None:
    assert processes.is_zombie("7 (a) S) Z 1 7 7")
    assert not processes.is_zombie("7 (a) Z) S 1 7 7")


def test_v1_has_a_cgroup_in_every_hierarchy(tmp_path: Path) -> None:
    for controller in ("pids", "cpuset"):
        (tmp_path / controller).mkdir()
        (tmp_path / controller / "tasks").touch()
    for setting in ("cpuset.cpus", "cpuset.mems"):
        (tmp_path / "cpuset" / setting).write_text("0-1\n")
    cgroups.make(CLUSTER, tmp_path)
    assert (tmp_path / "pids/devcluster-ab12cd/node-2").is_dir()
    assert (tmp_path / "cpuset/devcluster-ab12cd/cpuset.cpus").read_text() == "0-1\n"
    assert cgroups.membership(CLUSTER, tmp_path) == tmp_path / "pids/devcluster-ab12cd/system/cgroup.procs"


def test_v2_has_one_cgroup_and_delegates_controllers(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    cgroups.make(CLUSTER, tmp_path)
    assert (tmp_path / "devcluster-ab12cd/system").is_dir()
    assert "+memory" in (tmp_path / "devcluster-ab12cd/cgroup.subtree_control").read_text()
    assert cgroups.cluster_ids(tmp_path) == {"ab12cd"}


def test_cgroups_are_removed_from_the_leaves_up(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    cgroups.prune([tmp_path / "a"])
    assert not (tmp_path / "a").exists()


def test_only_mounts_with_the_clusters_name_are_its_own() -> None:
    table = "tmpfs /run tmpfs rw 0 0\ndevcluster-ab12cd /somewhere tmpfs rw 0 0\n"
    assert mounts_in(table, "devcluster-ab12cd") == ["/somewhere"]


def test_a_change_of_any_source_gives_another_build() -> None:
    assert fingerprint({"a": b"1", "b": b"2"}) == fingerprint({"b": b"2", "a": b"1"})
    assert len({fingerprint({"a": b"1"}), fingerprint({"a": b"2"}), fingerprint({"b": b"1"})}) == 3


def test_the_cache_is_where_the_environment_says() -> None:
    assert cache_directory({"HOME": "/h"}) == Path("/h/.cache/kubechaos-devcluster")
    assert cache_directory({"HOME": "/h", "XDG_CACHE_HOME": "/x"}) == Path("/x/kubechaos-devcluster")
    assert cache_directory({"HOME": "/h", "DEVCLUSTER_CACHE": "/own"}) == Path("/own")


def test_the_command_finds_kubectl_and_the_cluster() -> None:
    given = environment(CLUSTER, {"PATH": "/bin", "LANG": "C"})
    assert given["PATH"] == "/var/tmp/devcluster-ab12cd/bin:/bin"
    assert given["LANG"] == "C"
    assert given["KUBECONFIG"].startswith("/var/tmp/devcluster-ab12cd/")


def test_a_new_nodes_taint_keeps_it_from_being_ready() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    assert takes_pods({"spec": {}, "status": ready})
    assert not takes_pods({"spec": {"taints": [{"key": "node.kubernetes.io/not-ready"}]}, "status": ready})
    assert not takes_pods({"spec": {}, "status": {}})


def test_exit_codes_are_those_of_a_shell(tmp_path: Path) -> None:
    assert (shell_code(-9), shell_code(4)) == (137, 4)
    assert (ending(-9), ending(1)) == ("signal 9", "exit 1")
    log = tmp_path / "log"
    log.write_text("1\n2\n3\n")
    assert tail(log, 2) == "  2\n  3"
