"""Reading kubeconfig files: which ones, what is merged, what is relative to what."""

import json
from pathlib import Path
from typing import Any

import pytest

from kubechaos.api import contexts, kubeconfig
from kubechaos.errors import KubeconfigError, UnknownContextError
from tests.unit.api.files import Files, config


def test_of_entries_with_one_name_the_first_file_wins_and_nothing_is_merged(files: Files) -> None:
    one = files.write(config({"token": "first"}), "one")
    two = files.write({**config({"token": "second", "as": "jane"}), **{"clusters": []}}, "two")
    three = files.write(config({"token": "third"}, name="other"), "three")
    merged = kubeconfig.load([two, one, str(files.folder / "none"), files.write("", "empty"), three])
    read = contexts.connection(merged, "it", {})
    assert (read.token, read.server) == ("second", "https://it:6443")
    assert contexts.connection(merged, "other", {}).token == "third"


def test_paths_are_relative_to_the_file_they_stand_in(files: Files) -> None:
    user = {"client-certificate": "c.pem", "client-key": "/k.pem", "tokenFile": "../token"}
    one = files.write({**config(user), "clusters": []}, "one/config")
    two = files.write(config(cluster={"certificate-authority": "ca.pem"}), "two/config")
    read = contexts.connection(kubeconfig.load([one, two]), "it", {})
    assert (read.certificate_file, read.key_file) == (f"{files.folder}/one/c.pem", "/k.pem")
    assert (read.token_file, read.ca_file) == (f"{files.folder}/one/../token", f"{files.folder}/two/ca.pem")


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_kubeconfig_the_file_in_the_home_folder_is_read(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.setenv("HOME", "/home/jane")
    assert kubeconfig.paths({} if value is None else {"KUBECONFIG": value}) == ("/home/jane/.kube/config",)


def test_a_file_that_kubeconfig_names_twice_is_read_once() -> None:
    assert kubeconfig.paths({"KUBECONFIG": "/a::/b:/a"}) == ("/a", "/b")


def test_the_files_of_kubeconfig_are_absolute_as_a_test_may_change_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert kubeconfig.paths({"KUBECONFIG": "one:deeper/two"}) == (f"{tmp_path}/one", f"{tmp_path}/deeper/two")


def test_a_kubeconfig_that_names_no_file_is_refused() -> None:
    with pytest.raises(KubeconfigError, match="KUBECONFIG is '::', which names no file; set KUBECONFIG"):
        kubeconfig.paths({"KUBECONFIG": "::"})


def test_without_a_home_folder_there_is_no_kubeconfig(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(KubeconfigError, match=r"no home folder to look for .kube/config in: Could not .*; set KUBE"):
        kubeconfig.paths({})


def test_of_several_files_the_one_that_defines_the_context_is_known(files: Files) -> None:
    users, one, two = (
        files.write({"users": config()["users"]}, "1"),
        files.write(config(), "2"),
        files.write(config(), "3"),
    )
    assert contexts.connection(kubeconfig.load([users, one, two]), "it", {}).source == one


def test_null_means_the_same_as_a_missing_key(files: Files) -> None:
    text = (
        "contexts: [{name: it, context: {cluster: it, user: it, namespace: null}}]\nusers: [{name: it, user: null}]\n"
    )
    read = files.read(text + "clusters: [{name: it, cluster: {server: 'https://it', extensions: null}}]")
    assert (read.namespace, read.token, read.server) == ("default", "", "https://it")


def test_an_unknown_context_is_refused_with_the_names_of_the_others(files: Files) -> None:
    one, two = files.write(config(name="one"), "1"), files.write(config(name="two"), "2")
    with pytest.raises(
        UnknownContextError, match=f"no context 'it' in the kubeconfig {one}:{two}; there are: one, two"
    ):
        contexts.connection(kubeconfig.load([one, two]), "it", {})


def test_a_missing_kubeconfig_is_refused_with_the_options(files: Files) -> None:
    with pytest.raises(KubeconfigError, match="none cannot be read: there is no such file; set KUBECONFIG, or use"):
        kubeconfig.load([str(files.folder / "none")])


def test_a_file_of_several_that_is_missing_is_named_where_the_context_is_too(files: Files) -> None:
    one, none = files.write(config(name="one")), str(files.folder / "none")
    with pytest.raises(
        UnknownContextError, match=f"in the kubeconfig {one}:{none} .there is no {none}.; there are: one"
    ):
        contexts.connection(kubeconfig.load([one, none]), "it", {})


def test_a_file_that_nobody_may_read_is_named(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path, **_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    good = files.write(config())
    monkeypatch.setattr(Path, "read_bytes", forbidden)
    monkeypatch.setattr(Path, "stat", forbidden)
    with pytest.raises(KubeconfigError, match=f"kubeconfig {good} cannot be read: .*Permission denied"):
        kubeconfig.load([good])


@pytest.mark.parametrize("text", ["[" * 10**5, '{"a":' * 10**5], ids=["YAML", "JSON"])
def test_a_file_that_is_nested_without_end_is_refused(files: Files, text: str) -> None:
    with pytest.raises(KubeconfigError, match="it is nested too deeply"):
        kubeconfig.load([files.write(text)])


def test_a_file_that_cannot_be_read_is_not_skipped(files: Files) -> None:
    good = files.write(config())
    with pytest.raises(KubeconfigError, match="Is a directory"):
        kubeconfig.load([good, str(files.folder)])


def test_json_may_be_indented_by_tabs(files: Files) -> None:
    assert files.read(json.dumps(config(), indent="\t")).server == "https://it:6443"
