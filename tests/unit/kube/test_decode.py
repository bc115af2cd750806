"""Pages of a listing, lines of a watch, bodies of errors, and JSON that is written."""

import json
from typing import Any

import pytest

from kubechaos.errors import MalformedError
from kubechaos.kube import schema
from kubechaos.kube.decode import Status, encode, mapping, status
from kubechaos.kube.kinds import KINDS
from kubechaos.kube.objects import Pod
from tests.unit.hostile import HOSTILE, harmless, of_type, plain, texts

ENDPOINT_SLICES = KINDS["EndpointSlice"].codec
EVENTS = KINDS["Event"].codec
PODS = KINDS["Pod"].codec

POD = {"metadata": {"name": "web-a", "namespace": "shop", "uid": "a", "resourceVersion": "7"}}


def line(type_: str, value: object) -> bytes:
    return json.dumps({"type": type_, "object": value}).encode()


def test_a_page_has_its_objects_and_its_version() -> None:
    page = PODS.page(json.dumps({"metadata": {"resourceVersion": "42"}, "items": [POD, POD]}).encode())
    assert [each.uid for each in page.objects] == ["a", "a"]
    assert (page.resource_version, page.next) == ("42", "")


def test_a_page_has_the_token_of_the_next_page() -> None:
    page = PODS.page(b'{"metadata":{"resourceVersion":"42","continue":"token","remainingItemCount":7},"items":[]}')
    assert (page.objects, page.resource_version, page.next) == ((), "42", "token")


@pytest.mark.parametrize(
    "body",
    [b'{"metadata":{"resourceVersion":"1"},"items":null}', b'{"metadata":{"resourceVersion":"1","continue":null}}'],
)
def test_a_page_may_be_empty(body: bytes) -> None:
    assert (PODS.page(body).objects, PODS.page(body).next) == ((), "")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"items":[]}', b'{"metadata":{},"items":[7]}', b'{"metadata"']
)
def test_bytes_that_are_no_page_raise_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the words are msgspec's
        PODS.page(body)


@pytest.mark.parametrize("type_", ["ADDED", "MODIFIED", "DELETED"])
def test_a_line_of_a_watch_has_a_type_and_an_object(type_: str) -> None:
    found, value = PODS.event(line(type_, POD))
    assert isinstance(value, Pod)
    assert (found, value.uid, value.resource_version) == (type_, "a", "7")


def test_an_error_in_the_stream_is_a_status() -> None:
    body = {"kind": "Status", "status": "Failure", "message": "too old", "reason": "Expired", "code": 410}
    assert PODS.event(line("ERROR", body)) == ("ERROR", Status("Status", message="too old", reason="Expired", code=410))


def test_an_error_in_the_stream_is_a_status_even_if_it_looks_like_a_pod() -> None:
    body = {"metadata": {}, "message": "too old", "code": 410}
    assert PODS.event(line("ERROR", body)) == ("ERROR", Status(message="too old", code=410))


def test_a_changed_container_status_is_not_taken_from_the_cache() -> None:
    def decoded(**status: object) -> Pod:
        pod = {**POD, "status": {"containerStatuses": [{"name": "web", "ready": True, **status}]}}
        value = PODS.event(line("MODIFIED", pod))[1]
        assert isinstance(value, Pod)
        return value

    assert [each.containers[0].restarts for each in (decoded(), decoded(restartCount=1), decoded())] == [0, 1, 0]
    assert [each.containers[0].exit_code for each in (decoded(state={"terminated": {"exitCode": 1}}), decoded())] == [
        1,
        None,
    ]


@pytest.mark.parametrize(
    ("codec", "stub"),
    [
        (PODS, {"kind": "Pod", "spec": {"containers": None}, "status": {}}),
        (EVENTS, {"kind": "Event", "involvedObject": {}, "source": {}, "firstTimestamp": None, "eventTime": None}),
        (ENDPOINT_SLICES, {"kind": "EndpointSlice", "addressType": "", "endpoints": None, "ports": None}),
    ],
)
def test_a_bookmark_is_a_stub_with_a_version(codec: Any, stub: dict[str, Any]) -> None:
    metadata = {"resourceVersion": "42", "creationTimestamp": None}
    type_, value = codec.event(line("BOOKMARK", {**stub, "metadata": metadata}))
    assert (type_, value.resource_version, value.uid, value.name) == ("BOOKMARK", "42", "", "")


def test_a_bookmark_may_end_the_initial_events() -> None:
    metadata = {"resourceVersion": "42", "annotations": {"k8s.io/initial-events-end": "true"}}
    assert PODS.event(line("BOOKMARK", {"metadata": metadata}))[1] == PODS.object(
        json.dumps({"metadata": metadata}).encode()
    )


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x00", b"{}", b'{"type":"ADDED"}', b'{"type":"ADDED","object":7}', b'{"type":"ADDED","object":{"metad'],
)
def test_bytes_that_are_no_line_of_a_watch_raise_a_value_error(garbage: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the words are msgspec's
        PODS.event(garbage)


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"null", b"[]", b'{"code":"410"}', b'{"message":null}'])
def test_an_error_body_that_is_no_status_becomes_an_empty_status(body: bytes) -> None:
    assert status(body) == Status()


def test_an_error_body_is_a_status() -> None:
    assert status(b'{"kind":"Status","code":403,"reason":"Forbidden","message":"no"}') == Status(
        "Status", "no", "Forbidden", 403
    )


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_infinity_and_nan_are_null_in_json(value: float) -> None:
    assert encode({"at": value, "list": [value, 1.5]}) == b'{"at":null,"list":[null,1.5]}'


@pytest.mark.parametrize("separator", ["\n", "\r", "\x85", "\u2028", "\u2029"])
def test_encoded_json_is_one_line(separator: str) -> None:
    data = encode({"message": f"a{separator}b"})
    assert b"\n" not in data
    assert mapping(data) == {"message": f"a{separator}b"}


def test_bytes_that_are_no_json_raise_a_value_error() -> None:
    for garbage in (b"", b"<html>", b'{"a":NaN}', b"{"):
        with pytest.raises(ValueError):  # noqa: PT011  # the words are msgspec's
            mapping(garbage)


WIRE = {
    "Deployment": schema.Workload,
    "StatefulSet": schema.Workload,
    "DaemonSet": schema.Workload,
    "ReplicaSet": schema.Workload,
    "ControllerRevision": schema.ControllerRevision,
    "Pod": schema.Pod,
    "Event": schema.Event,
    "EndpointSlice": schema.EndpointSlice,
}


@pytest.mark.parametrize("kind", WIRE)
def test_no_text_of_an_object_can_control_a_terminal_or_a_ci_runner(kind: str) -> None:
    body, codec = of_type(WIRE[kind]), KINDS[kind].codec
    assert HOSTILE in texts(body)
    found = [
        codec.object(json.dumps(body).encode()),
        codec.object(json.dumps(body, ensure_ascii=False).encode()),
        *codec.page(json.dumps({"metadata": {"resourceVersion": "1"}, "items": [body]}).encode()).objects,
        codec.event(line("ADDED", body))[1],
    ]
    for each in found:
        assert each == found[0]
        assert all(harmless(text) for text in texts(plain(each)))


def test_no_text_of_a_status_can_control_a_terminal_or_a_ci_runner() -> None:
    body = of_type(Status)
    found = [status(json.dumps(body).encode()), PODS.event(line("ERROR", body))[1]]
    assert found[0].causes[0].message
    assert all(harmless(text) for each in found for text in texts(plain(each)))


@pytest.mark.parametrize(
    "body",
    [
        b'{"metadata":{"name":"\xff"}}',
        b"[" * 100_000,
        json.dumps(
            {**POD, "status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "²"}]}}
        ).encode(),
        json.dumps({**POD, "spec": {"terminationGracePeriodSeconds": 10**400}}).encode(),
    ],
    ids=["no UTF-8", "deep", "no time", "a number without end"],
)
def test_bytes_that_are_no_object_raise_an_error_of_ours(body: bytes) -> None:
    for decoded in (PODS.object, lambda data: PODS.event(b'{"type":"ADDED","object":%b}' % data), mapping):
        if decoded is mapping and body.startswith(b"{") and body.isascii():
            continue
        with pytest.raises(MalformedError):
            decoded(body)
    assert status(body) == Status()


@pytest.mark.parametrize("value", ["x", None, {"code": "x"}, {"message": 7}])
def test_an_error_in_the_stream_that_is_no_status_is_malformed(value: object) -> None:
    with pytest.raises(MalformedError):
        PODS.event(line("ERROR", value))
