"""However a run ends, it says how and nothing is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from driven import LEFTOVERS, READY, ROOT, RUN, WAITING_COMMAND, Driven, captured, leftovers, run

Start = Callable[..., Driven]
CATCHING = """\
trap 'echo caught INT; exit 9' INT
trap 'echo caught TERM; exit 9' TERM
echo command runs
while :; do sleep 0.05; done
"""
MOMENTS = ("first", "containerd", "api server", "command", "teardown")


def reach(moment: str, driven: Driven) -> None:
    """Let a run come to a moment."""
    if moment == "first":
        wait_until_it_heeds_signals(driven.process.pid)
    else:
        driven.wait_for(
            {
                "containerd": "containerd started",
                "api server": "API server ready",
                "command": "command runs",
                "teardown": "command ends",
            }[moment]
        )
    if moment == "teardown":
        time.sleep(0.06)


def wait_until_it_heeds_signals(pid: int) -> None:
    """Wait until a process catches SIGTERM: before that it is still Python that starts, and nothing has been made."""
    deadline = time.monotonic() + 30
    while not caught_signals(pid) & 1 << (signal.SIGTERM - 1):
        assert time.monotonic() < deadline, "it never heeded SIGTERM"
        time.sleep(0.005)


def caught_signals(pid: int) -> int:
    """Return the signals that a process catches, as the kernel lists them: proc(5), SigCgt."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:"))


def command_for(moment: str) -> list[str]:
    """Return the command of a run that is to be interrupted at a moment."""
    return ["sh", "-c", "echo command ends" if moment == "teardown" else CATCHING]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_typed_ctrl_c_removes_everything(start: Start, moment: str) -> None:
    driven = start("--", *command_for(moment))
    reach(moment, driven)
    driven.type_ctrl_c()
    code = driven.exit_code()
    # A Ctrl-C typed while COMMAND owns the terminal is COMMAND's: its own exit code is the answer.
    assert code == (9 if moment == "command" else 128 + signal.SIGINT), driven.text
    assert driven.text.count("caught INT") == (moment == "command")


@pytest.mark.parametrize("moment", MOMENTS)
def test_sigterm_removes_everything(start: Start, moment: str) -> None:
    driven = start("--", *command_for(moment))
    reach(moment, driven)
    driven.terminate()
    assert driven.exit_code() == 128 + signal.SIGTERM, driven.text
    assert driven.text.count("caught TERM") == (moment == "command")


def test_sigint_to_the_process_group_reaches_the_command_once_and_a_second_does_no_harm(start: Start) -> None:
    driven = start("--", *command_for("command"))
    driven.wait_for("command runs")
    os.killpg(driven.process.pid, signal.SIGINT)
    driven.wait_for("caught INT")
    os.killpg(driven.process.pid, signal.SIGINT)
    assert driven.exit_code() == 128 + signal.SIGINT
    assert driven.text.count("caught INT") == 1


def test_the_exit_code_of_the_command_is_returned_and_its_surroundings_are_kept() -> None:
    script = 'pwd; cat; kubectl get nodes -o name; echo "$KUBECHAOS_HERE"; exit 7'
    command = ["env", "KUBECHAOS_HERE=yes", RUN, "--nodes", "1", "--", "sh", "-c", script]
    done = subprocess.run(
        command, input="from stdin\n", capture_output=True, text=True, timeout=90, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (7, f"{ROOT}\nfrom stdin\nnode/node-1\nyes\n")


def test_a_component_that_dies_ends_the_run_with_the_tail_of_its_log(start: Start) -> None:
    driven = start("--", "sh", "-c", 'echo "state=$DEVCLUSTER_STATE"\n' + CATCHING)
    driven.wait_for("command runs")
    os.kill(driven.state["components"]["kube-scheduler"]["pid"], signal.SIGKILL)
    assert driven.exit_code() == 3
    assert "kube-scheduler died (signal 9); the end of its log:\n  " in driven.text
    assert driven.text.count("caught TERM") == 1


def test_what_a_killed_driver_left_is_found_and_removed(start: Start) -> None:
    driven = start("--", *WAITING_COMMAND)
    driven.wait_for(READY)
    driven.apply_example()
    name = f"devcluster-{driven.state['id']}"
    assert name not in leftovers().stdout
    assert name in leftovers("--all").stdout
    driven.process.kill()
    driven.process.wait(timeout=10)
    found = leftovers()
    assert found.returncode == 1
    assert {line.split()[0] for line in found.stdout.splitlines()} >= {"process", "namespace", "cgroup", "state"}
    removed = leftovers("--remove")
    assert (removed.returncode, removed.stdout) == (0, "")


def test_a_kept_cluster_works_until_it_is_removed() -> None:
    done = run("--keep", "--nodes", "1", "--", "true")
    use = done.stderr.partition("use it:")[2].partition("\n")[0]
    nodes = captured(["sh", "-c", use])
    listed = leftovers()
    removed = leftovers("--remove")
    assert done.returncode == 0
    assert "node-1" in nodes.stdout
    assert listed.returncode == 1
    assert (removed.returncode, removed.stdout) == (0, "")


def test_two_clusters_do_not_notice_each_others_end(start: Start) -> None:
    first, second = start("--", *WAITING_COMMAND), start("--", *WAITING_COMMAND)
    for each in (first, second):
        each.wait_for("state.json")
        each.apply_example()
    first.terminate()
    assert first.exit_code() == 128 + signal.SIGTERM
    assert_unharmed(second)
    third = start("--", *WAITING_COMMAND)
    third.wait_for("state.json")
    third.apply_example()
    second.terminate()
    assert second.exit_code() == 128 + signal.SIGTERM
    assert_unharmed(third)


def assert_unharmed(driven: Driven) -> None:
    """Assert that a cluster's pods never restarted, answer, and are replaced."""
    restarts = "jsonpath={.items[*].status.containerStatuses[0].restartCount}"
    assert driven.kubectl("get", "pods", "-o", restarts).split() == ["0", "0", "0"]
    assert driven.kubectl("exec", "deploy/timeserver", "--", "echo", "alive") == "alive\n"
    driven.kubectl("delete", "pods", "-l", "app=timeserver", "--timeout=30s")
    driven.kubectl("rollout", "status", "deployment/timeserver", "--timeout=30s")


def test_without_root_it_says_so_in_one_line() -> None:
    # In a user namespace of its own a process is nobody and yet may read this checkout.
    done = captured(["unshare", "--user", RUN, "--", "true"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "devcluster needs root: it makes namespaces, mounts and cgroups. Run it as root.\n"


def test_without_go_and_without_a_build_it_says_so_in_one_line(tmp_path: Path) -> None:
    environment = ["env", f"PATH={tmp_path}", f"DEVCLUSTER_CACHE={tmp_path}", sys.executable]
    done = captured([*environment, RUN, "--", "true"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "devcluster needs Go on PATH to build Kubernetes once, and no cached build was found.\n"


def test_leftovers_prints_nothing_on_a_clean_machine() -> None:
    done = captured([LEFTOVERS])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
