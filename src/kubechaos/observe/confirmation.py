"""The check that the streams have shown everything: what they have shown is compared with a fresh listing."""

from collections.abc import Mapping
from typing import Any

from ..kube import decode
from ..kube.objects import Observed, precedes
from ..records import Gone, Listed, Record, Seen


class Received:
    """Notes on the records that have arrived, as far as a comparison needs them.

    `last` is, of each kind, when the stream was last known to be complete: the time of a record, or of a comparison.
    """

    def __init__(self) -> None:
        self.last: dict[str, float] = {}
        self._ended: set[str] = set()

    def add(self, record: Record) -> None:
        """Take in a record, of our own or of a stream."""
        if isinstance(record, Listed):
            self.last[record.kind] = record.at
        elif isinstance(record, Seen):
            self.last[record.object.kind] = record.at
        elif isinstance(record, Gone):
            self.last[record.object.kind] = record.at
            self._ended.add(record.object.uid)

    def begin_comparison(self) -> None:
        """Note from now on which objects end, while the fresh listings are on their way."""
        self._ended.clear()

    def missing(self, known: Mapping[str, Observed], page: decode.Page[Any]) -> str:
        """Name what a fresh listing shows and the stream has not; "" if there is nothing.

        `known` are the objects of the same kind that the stream has shown, by uid. The stream may be ahead of the
        listing, by an object that is newer, or that has ended since. Where two versions cannot be compared, nobody
        knows which of the two is ahead; the stream is taken to be behind, which is a gap.
        """
        listed = {each.uid: each for each in page.objects}
        for uid, each in listed.items():
            if uid in self._ended:
                continue
            if uid not in known or precedes(known[uid].resource_version, each.resource_version) is not False:
                return f"{each.name} at version {each.resource_version}"
        for uid, each in known.items():
            created_since = precedes(page.resource_version, each.resource_version) is True
            if uid not in listed and not created_since:
                return f"the end of {each.name}"
        return ""
