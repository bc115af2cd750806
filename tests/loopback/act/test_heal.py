"""A heal on the wire: what each answer is taken for, and which writes a server sees."""

from collections.abc import Iterator
from typing import Any

import pytest

from kubechaos.act.heal import DEADLINE, REFUSED, heal
from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.changes import Change, Created, Edit, Patched
from kubechaos.clock import WallTime
from kubechaos.errors import NotHealedError
from kubechaos.kube.objects import Ref
from kubechaos.records import Record, Undone
from tests.loopback.rawserver import Answer, Exchange, RawServer, cut, failure, reply

WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
QUOTA = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/none"
SCALED = Patched(Ref("Deployment", "shop", "web", "u"), (Edit(("spec", "replicas"), 3, 1),), "7")
BUDGET = Created(Ref("PodDisruptionBudget", "shop", "none"), "run")
PAGE = reply(b"<html>no such page</html>", 404, {"Content-Type": "text/html"})


def live(replicas: int, version: str = "8") -> Answer:
    """The Deployment as it is now."""
    meta = {"uid": "u", "resourceVersion": version, "generation": 2}
    return reply({"kind": "Deployment", "metadata": meta, "spec": {"replicas": replicas}})


def lands(server: RawServer) -> Answer:
    """The answer to the undo, which is in force from then on."""

    def answer(exchange: Exchange) -> None:
        server.on("GET", WEB, live(3, "9"))
        live(3, "9")(exchange)

    return answer


def budget(**meta: Any) -> Answer:
    """The budget that we created."""
    ours = {"uid": "b", "resourceVersion": "1", "labels": {"kubechaos/run": "run"}, **meta}
    return reply({"kind": "PodDisruptionBudget", "metadata": ours})


class Healer:
    """Heals one change at a server; its wall time passes by sleeping alone."""

    def __init__(self, server: RawServer) -> None:
        self.client = Client(PinnedContext(Connection(context="raw", namespace="shop", server=server.url)))
        self.server = server
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def heal(self, change: Change) -> str:
        """Return what became of it."""
        found: list[Record] = []
        wall = WallTime(monotonic=lambda: self.now, epoch=lambda: self.now, sleep=self.sleep)
        heal([change], self.client, found.append, wall=wall)
        return next(record.outcome for record in found if isinstance(record, Undone))

    @property
    def writes(self) -> list[str]:
        """The methods of the writes that the server has seen."""
        return [request.method for request in self.server.requests if request.method != "GET"]


@pytest.fixture
def healer(server: RawServer) -> Iterator[Healer]:
    """A healer at the raw server."""
    healer = Healer(server)
    yield healer
    healer.client.close()


def test_what_is_still_ours_is_written_once_and_compared(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, live(1))
    server.on("PATCH", WEB, lands(server))
    assert (healer.heal(SCALED), healer.writes) == ("done", ["PATCH"])


def test_a_page_of_a_proxy_is_not_taken_for_gone(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, PAGE, PAGE, live(1))
    server.on("PATCH", WEB, lands(server))
    assert (healer.heal(SCALED), healer.writes) == ("done", ["PATCH"])


def test_a_status_that_says_not_found_is(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, failure(404, "not found", "NotFound"))
    assert (healer.heal(SCALED), healer.writes) == ("gone", [])


def test_a_200_that_shows_the_old_value_is_tried_again(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, live(1))
    server.on("PATCH", WEB, live(1, "9"), lands(server))
    assert (healer.heal(SCALED), healer.writes) == ("done", ["PATCH", "PATCH"])


def test_a_200_that_never_shows_it_is_not_healed_and_names_the_command(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, live(1))
    server.on("PATCH", WEB, live(1, "9"))
    with pytest.raises(NotHealedError, match="kubectl scale deployment/web -n shop --replicas=3"):
        healer.heal(SCALED)
    assert healer.now >= 30


def test_an_answer_of_somebody_who_has_sent_nothing_on_is_not_healed(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, live(1))
    server.on("PATCH", WEB, live(3, "9"))
    with pytest.raises(NotHealedError, match=r"accepted it, but has not done it; put it back: kubectl scale"):
        healer.heal(SCALED)


def test_a_write_of_ours_that_may_still_land_is_waited_for(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, live(3, "7"), live(3, "7"), live(1, "8"))
    server.on("PATCH", WEB, lands(server))
    assert (healer.heal(SCALED), healer.writes) == ("done", ["PATCH"])


def test_an_undo_whose_answer_is_lost_is_looked_for_and_not_repeated(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, live(1), live(3, "9"))
    server.on("PATCH", WEB, cut)
    assert (healer.heal(SCALED), healer.writes) == ("done", ["PATCH"])


@pytest.mark.parametrize("code", [403, 409, 410, 422, 429, 503])
def test_one_refusal_of_the_undo_is_tried_again(server: RawServer, healer: Healer, code: int) -> None:
    server.on("GET", WEB, live(1))
    server.on("PATCH", WEB, failure(code, "not now"), lands(server))
    assert (healer.heal(SCALED), len(healer.writes)) == ("done", 2)


NOT_ANSWERS = [
    PAGE,
    reply(b"{nope"),
    reply(b"[]"),
    reply({"kind": "Odd"}),
    reply({"kind": "Deployment", "metadata": 7}),
]


@pytest.mark.parametrize("odd", NOT_ANSWERS)
def test_one_answer_to_the_undo_that_is_none_is_tried_again(server: RawServer, healer: Healer, odd: Answer) -> None:
    server.on("GET", WEB, odd, live(1))
    server.on("PATCH", WEB, odd, lands(server))
    assert healer.heal(SCALED) == "done"


def test_what_no_waiting_is_known_to_cure_is_tried_for_a_shorter_time(server: RawServer, healer: Healer) -> None:
    server.on("GET", WEB, live(1))
    server.on("PATCH", WEB, failure(403, "not yours", "Forbidden"))
    with pytest.raises(NotHealedError, match="not yours"):
        healer.heal(SCALED)
    assert REFUSED <= healer.now < DEADLINE


def test_what_we_created_is_gone_only_when_the_server_says_so(server: RawServer, healer: Healer) -> None:
    server.on("GET", QUOTA, budget(), budget(deletionTimestamp="now"), PAGE, failure(404, "gone", "NotFound"))
    server.on("DELETE", QUOTA, reply({"kind": "Status", "status": "Success"}))
    assert (healer.heal(BUDGET), healer.writes) == ("done", ["DELETE"])


def test_an_object_of_somebody_else_is_left_alone(server: RawServer, healer: Healer) -> None:
    server.on("GET", QUOTA, budget(labels={}))
    assert (healer.heal(BUDGET), healer.writes) == ("superseded", [])
