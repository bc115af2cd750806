"""The patches; which of them a real API server understands how is recorded by tests/scenarios/writecalls.py."""

from typing import Any

import pytest

from kubesim.apiserver.patch import patched
from kubesim.apiserver.strategic import DirectiveError, strategic
from kubesim.store.refusals import Refused

ONE, TWO, THREE = ({"name": letter} for letter in "abc")


def test_a_strategic_patch_merges_lists_by_key_and_replaces_the_others() -> None:
    value = {"containers": [{"name": "a", "args": ["1"]}, {"name": "b"}], "finalizers": ["x"], "ports": [{"port": 1}]}
    patch = {"containers": [{"name": "b", "args": ["2"]}, {"name": "c"}], "finalizers": ["y"], "other": [1]}
    assert strategic(value, patch) == {
        "containers": [{"name": "c"}, {"name": "a", "args": ["1"]}, {"name": "b", "args": ["2"]}],
        "finalizers": ["x", "y"],
        "ports": [{"port": 1}],
        "other": [1],
    }
    assert strategic(value, {"ports": None}) == {key: value[key] for key in ("containers", "finalizers")}


@pytest.mark.parametrize(
    ("patch", "env"),
    [
        ({"env": [{"name": "a", "$patch": "delete"}]}, [TWO]),
        ({"env": [{"name": "c", "$patch": "delete"}]}, [ONE, TWO]),
        ({"env": [{"$patch": "replace"}, THREE]}, [THREE]),
        ({"$patch": "replace", "env": [THREE]}, [THREE]),
        ({"$setElementOrder/env": [TWO, ONE]}, [TWO, ONE]),
        ({"env": [THREE], "$setElementOrder/env": [ONE, THREE, TWO]}, [ONE, THREE, TWO]),
        ({"env": [THREE], "$setElementOrder/env": [THREE, TWO]}, [THREE, ONE, TWO]),
        ({"$deleteFromPrimitiveList/args": ["x"]}, [ONE, TWO]),
    ],
)
def test_a_strategic_patch_says_how_a_list_is_merged(patch: Any, env: Any) -> None:
    merged = strategic({"env": [ONE, TWO], "args": ["x", "y"]}, patch)
    assert merged["env"] == env
    if "$deleteFromPrimitiveList/args" in patch:
        assert merged["args"] == ["y"]


def test_the_keys_that_a_patch_does_not_retain_are_gone() -> None:
    assert strategic({"name": "v", "emptyDir": {}}, {"$retainKeys": ["name", "secret"], "secret": {}}) == {
        "name": "v",
        "secret": {},
    }


def test_a_directive_that_there_is_not_is_an_error() -> None:
    with pytest.raises(DirectiveError, match=r"unknown patch type: nope in map: map\[\$patch:nope name:a\]"):
        strategic({}, {"name": "a", "$patch": "nope"})


def test_the_steps_of_a_patch_change_a_copy_one_after_the_other() -> None:
    value = {"data": {"a": "1"}}
    steps = b'[{"op": "add", "path": "/data/b", "value": "2"}, {"op": "move", "from": "/data/b", "path": "/data/c"}]'
    assert patched(value, steps) == {"data": {"a": "1", "c": "2"}}
    assert value == {"data": {"a": "1"}}


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (b"{nope", 400),
        (b"{}", 400),
        (b"[7]", 422),
        (b"[{}]", 422),
        (b'[{"op": "remove", "path": "/data/nope"}]', 422),
        (b'[{"op": "replace", "path": "nope", "value": 1}]', 422),
        (b'[{"op": "add", "path": "/data/a/b/c", "value": 1}]', 422),
    ],
)
def test_steps_that_cannot_be_taken_are_refused(steps: bytes, code: int) -> None:
    with pytest.raises(Refused) as caught:
        patched({"data": {"a": "1"}}, steps)
    assert caught.value.code == code
