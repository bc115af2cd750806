"""LIST: the selected objects, in pages that all show the same revision."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..store.objects import Stored, decode, encode, is_decimal, is_integer
from ..store.refusals import Refused, bad_request, cause, expired, invalid_options, too_large
from ..store.selectors import Selector, parse_fields, parse_labels
from ..store.store import Store
from .request_info import RequestInfo, is_watch

OLD_PAGE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
OLD_LIST = "The resourceVersion for the provided list is too old."


class Chosen:
    """The objects that labelSelector and fieldSelector choose; raises Refused if one cannot be parsed."""

    def __init__(self, info: RequestInfo, query: Mapping[str, str]) -> None:
        self.info = info
        try:
            self.labels: Selector = parse_labels(query.get("labelSelector", ""))
            fields = query.get("fieldSelector", "")
            self.fields = parse_fields(info.kind.name, fields)
        except ValueError as error:
            raise bad_request(str(error)) from None
        self.everything = not self.labels.requirements and self.fields is None

    def holds(self, obj: Stored) -> bool:
        """Return whether an object is chosen."""
        return (
            (not self.info.namespace or obj.namespace == self.info.namespace)
            and (self.fields is None or self.fields(obj))
            and self.labels.holds(obj.labels)
        )

    def now(self, store: Store) -> list[Stored]:
        """Return the chosen objects as they are now."""
        found = store.select(self.info.kind, self.info.namespace, self.labels)
        if self.fields is not None:
            found = [each for each in found if self.fields(each)]
        return found

    def at(self, store: Store, revision: int) -> list[Stored]:
        """Return the chosen objects as they were."""
        return [each for each in store.at(self.info.kind, revision) if self.holds(each)]


@dataclass(frozen=True, slots=True)
class _Page:
    revision: int
    after: tuple[str, str]

    def token(self) -> str:
        """Return it as what the client hands back."""
        # URL-safe and without padding, as clients put it into a query without encoding it.
        return base64.urlsafe_b64encode(encode({"v": self.revision, "after": self.after})).decode().rstrip("=")

    @classmethod
    def of(cls, token: str) -> "_Page":
        try:
            fields = decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            return cls(int(fields["v"]), (str(fields["after"][0]), str(fields["after"][1])))
        except (ValueError, KeyError, TypeError, IndexError):
            raise bad_request("invalid continue token: continue key is not valid: invalid character") from None


def version(query: Mapping[str, str]) -> int:
    """Return the version that is asked for, 0 for none; raises Refused."""
    text = query.get("resourceVersion", "")
    if text and not is_decimal(text):
        message = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        if is_watch(query):
            raise Refused(500, "", message)
        raise bad_request(f"invalid resource version: {message}")
    return int(text or 0)


def number(query: Mapping[str, str], name: str) -> int:
    """Return a number of the query, 0 for none; raises Refused."""
    text = query.get(name, "")
    if text and not is_integer(text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text or 0)


def listing(store: Store, info: RequestInfo, query: Mapping[str, str]) -> bytes:
    """Return a page as JSON; raises Refused."""
    chosen, limit, asked = Chosen(info, query), number(query, "limit"), version(query)
    found, revision, after = _found(store, chosen, query, asked)
    # Version 0 is answered from the watch cache, which ignores limits.
    if query.get("resourceVersion") == "0":
        limit = 0
    left = [each for each in found if after is None or (each.namespace, each.name) > after]
    page = left
    if limit > 0:
        page = left[:limit]
    meta: dict[str, object] = {"resourceVersion": str(revision)}
    if len(page) < len(left):
        meta["continue"] = _Page(revision, (page[-1].namespace, page[-1].name)).token()
        if chosen.everything:
            meta["remainingItemCount"] = len(left) - len(page)
    return _shown(info, meta, page)


def listed(info: RequestInfo, objects: Iterable[Stored], revision: int) -> bytes:
    """Return objects as a list."""
    return _shown(info, {"resourceVersion": str(revision)}, objects)


def _shown(info: RequestInfo, meta: Mapping[str, object], objects: Iterable[Stored]) -> bytes:
    kind = info.kind
    head = f'{{"kind":"{kind.name}List","apiVersion":"{kind.api_version}","metadata":'.encode()
    return head + encode(meta) + b',"items":[' + b",".join(each.item for each in objects) + b"]}"


def _found(
    store: Store, chosen: Chosen, query: Mapping[str, str], asked: int
) -> tuple[list[Stored], int, tuple[str, str] | None]:
    """Return what there is to choose pages from, its revision, and the key after which the page begins."""
    token = query.get("continue", "")
    if token:
        # Every page shows the revision of the first one; it is read from history, so it can have been compacted.
        page = _Page.of(token)
        if page.revision < store.oldest:
            raise expired(OLD_PAGE)
        return chosen.at(store, page.revision), page.revision, page.after
    match = query.get("resourceVersionMatch", "")
    if match and "resourceVersion" not in query:
        raise bad_match("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if asked > store.revision:
        raise too_large(asked, store.revision)
    if match == "Exact" and asked:
        if asked < store.oldest:
            raise expired(OLD_LIST)
        return chosen.at(store, asked), asked, None
    return chosen.now(store), store.revision, None


def bad_match(why: str, match: str = "") -> Refused:
    """Return the 422 for a resourceVersionMatch where none is allowed."""
    causes = [cause("FieldValueForbidden", "resourceVersionMatch", f"Forbidden: {why}")]
    if match:
        message = f'Unsupported value: "{match}": supported values: "NotOlderThan"'
        causes.append(cause("FieldValueNotSupported", "resourceVersionMatch", message))
    return invalid_options("ListOptions", *causes)
