"""What the command line asks for, and what makes it refuse."""

import pytest

from devcluster.options import leftovers_options, run_options
from devcluster.refusals import Machine, refusal

FIT = {
    "system": "Linux",
    "uid": 0,
    "has_go": True,
    "has_binary": False,
    "missing_packages": ("runc",),
    "has_apt": True,
}


def test_everything_after_the_first_dashes_is_the_command() -> None:
    options = run_options(["--nodes", "3", "--keep", "--", "kubectl", "exec", "pod", "--", "date"])
    assert (options.nodes, options.keep) == (3, True)
    assert options.command == ("kubectl", "exec", "pod", "--", "date")


def test_two_nodes_are_the_default_and_nothing_is_kept() -> None:
    options = run_options(["--", "true"])
    assert (options.nodes, options.keep, options.build_only) == (2, False, False)


def test_building_alone_needs_no_command() -> None:
    assert run_options(["--build-only"]).build_only


@pytest.mark.parametrize(
    "arguments", [[], ["--"], ["true"], ["--nodes", "0", "--", "true"], ["--nodes", "17", "--", "true"]]
)
def test_a_command_line_that_makes_no_sense_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_options(arguments)
    assert ended.value.code == 2
    assert "usage: devcluster/run [--nodes N] [--keep] -- COMMAND..." in capsys.readouterr().err


def test_leftovers_lists_by_default() -> None:
    assert leftovers_options([]).remove is False
    assert leftovers_options(["--remove", "--all"]).all is True


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        ({"system": "Darwin"}, "devcluster needs Linux (this is Darwin)"),
        ({"uid": 1000}, "devcluster needs root"),
        ({"has_go": False}, "devcluster needs Go on PATH"),
        ({"has_apt": False}, "devcluster needs runc, and there is no apt-get"),
    ],
)
def test_an_unfit_machine_is_refused_in_one_line(unfit: dict[str, object], reason: str) -> None:
    line = refusal(Machine(**{**FIT, **unfit}))  # type: ignore[arg-type]  # one table of facts of several types
    assert line is not None
    assert line.startswith(reason)
    assert "\n" not in line


def test_a_fit_machine_is_not_refused() -> None:
    assert refusal(Machine(**FIT)) is None  # type: ignore[arg-type]  # one table of facts of several types


def test_a_cached_build_needs_no_go() -> None:
    facts = {**FIT, "has_go": False, "has_binary": True}
    assert refusal(Machine(**facts)) is None  # type: ignore[arg-type]  # one table of facts of several types
