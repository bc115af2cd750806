"""`events.ndjson`: records as lines, and lines as records again."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import structs

from ..errors import RecordingError
from ..judge.alerts import Alert
from ..kube import decode
from ..kube.objects import KINDS, Observed
from ..records import Delay, Gap, Gone, Listed, Mark, Record, Sample, Seen

Json = dict[str, Any]
_PLAIN: dict[str, type[Gap | Delay | Mark | Sample]] = {each.type: each for each in (Gap, Delay, Mark, Sample)}


def line(record: Record, stream: str) -> Json:
    """Return one record of a target's stream as a line; what a replay needs is all in it."""
    head: Json = {"type": record.type, "at": record.at, "stream": stream}
    match record:
        case Listed(kind=kind, resource_version=version, objects=objects, server_time=server_time):
            listing = [_object(each) for each in objects]
            return {**head, "kind": kind, "resource_version": version, "server_time": server_time, "objects": listing}
        case Seen(object=value, inferred=inferred) | Gone(object=value, inferred=inferred):
            return {**head, **_object(value), "inferred": inferred}
        case Gap(kind=kind, since=since, why=why) | Delay(kind=kind, since=since, why=why):
            return {**head, "kind": kind, "since": since, "why": why}
        case Sample(name=name, passed=passed, took=took, why=why):
            return {**head, "name": name, "passed": passed, "took": took, "why": why}
        case Mark(name=name, facts=facts):
            return {**head, "name": name, "facts": dict(facts)}


def alert(raised: Alert, stream: str) -> Json:
    """Return an alert of a user's own rule as a line: a replay copies it, as it has no rule to compute it."""
    return {"type": "alert", **dataclasses.asdict(raised), "stream": stream}


def _object(value: Observed) -> Json:
    rest = structs.asdict(value)
    return {
        "kind": value.kind,
        "uid": rest.pop("uid"),
        "resource_version": rest.pop("resource_version"),
        "object": rest,
    }


def entries(lines: Iterable[bytes]) -> Iterator[tuple[str, Record | Alert]]:
    """Yield what was recorded, with its stream; a cut last line ends it. Raises RecordingError on any other."""
    for number, text in enumerate(lines, 1):
        if not text.endswith(b"\n"):
            return
        try:
            value = decode.mapping(text)
            if value["type"] != "header":
                yield value["stream"], _entry(value)
        except (ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"line {number} is no record of kubechaos: {error!r}") from error


def _entry(value: Json) -> Record | Alert:
    type_ = value.pop("type")
    value.pop("stream")
    match type_:
        case "alert":
            return Alert(**value)
        case "listed":
            objects = tuple(_observed(each) for each in value.pop("objects"))
            return Listed(objects=objects, **value)
        case "seen" | "gone":
            return (Seen if type_ == "seen" else Gone)(value["at"], _observed(value), value["inferred"])
    return _PLAIN[type_](**value)


def _observed(value: Json) -> Observed:
    whole = {**value["object"], "uid": value["uid"], "resource_version": value["resource_version"]}
    return decode.convert(whole, KINDS[value["kind"]])
