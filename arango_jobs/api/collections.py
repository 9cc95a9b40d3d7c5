"""The collections and graphs of a database: listed, made and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from arango_jobs.api.collection import StandardCollection
from arango_jobs.api.context import C
from arango_jobs.api.decode import a_list, reading
from arango_jobs.api.group import ApiGroup, given
from arango_jobs.api.method import api_method
from arango_jobs.api.properties import checked_schema
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    CollectionCreateError,
    CollectionDeleteError,
    CollectionKeyGeneratorsError,
    CollectionListError,
)
from arango_jobs.operations import Operation, Retry, quote_segment

__all__ = ["Collections"]

_COLLECTION_NOT_FOUND = 1203
_TYPES = {2: "document", 3: "edge"}


class Collections(ApiGroup[C]):
    """Calls about collections."""

    def collection(self, name: str) -> StandardCollection[C]:
        """Return a collection by name, whether it is there or not."""
        return StandardCollection(self._executor, name)

    def __getitem__(self, name: str) -> StandardCollection[C]:
        """Return a collection by name, whether it is there or not."""
        return self.collection(name)

    @api_method
    def has_collection(self, name: str) -> Operation[bool]:
        """Return whether there is a collection of this name."""
        return self._operation(
            "collection.has",
            "GET",
            "/_api/collection",
            reading(lambda body: any(each["name"] == name for each in a_list(body["result"]))),
            CollectionListError,
        )

    @api_method
    def collections(self) -> Operation[list[Json]]:
        """Return all collections, the system's too."""
        return self._operation(
            "collection.list",
            "GET",
            "/_api/collection",
            reading(lambda body: [_listed(each) for each in a_list(body["result"])]),
            CollectionListError,
        )

    @api_method
    def create_collection(
        self,
        name: str,
        sync: bool = False,
        system: bool = False,
        edge: bool = False,
        user_keys: bool = True,
        key_increment: int | None = None,
        key_offset: int | None = None,
        key_generator: str = "traditional",
        shard_fields: Sequence[str] | None = None,
        shard_count: int | None = None,
        replication_factor: int | str | None = None,
        shard_like: str | None = None,
        sync_replication: bool | None = None,
        enforce_replication_factor: bool | None = None,
        sharding_strategy: str | None = None,
        smart_join_attribute: str | None = None,
        write_concern: int | None = None,
        schema: Json | None = None,
        computedValues: list[Json] | None = None,  # noqa: N803  python-arango's name
    ) -> Operation[StandardCollection[C]]:
        """Make a collection, of edges if `edge`, and return it."""
        keys: Json = {"type": key_generator, "allowUserKeys": user_keys}
        if key_generator == "autoincrement":
            keys.update(given(increment=key_increment, offset=key_offset))
        body = given(
            name=name,
            waitForSync=sync,
            isSystem=system,
            keyOptions=keys,
            type=3 if edge else 2,
            numberOfShards=shard_count,
            shardKeys=None if shard_fields is None else list(shard_fields),
            replicationFactor=replication_factor,
            distributeShardsLike=shard_like,
            shardingStrategy=sharding_strategy,
            smartJoinAttribute=smart_join_attribute,
            writeConcern=write_concern,
            schema=checked_schema(schema),
            computedValues=computedValues,
        )
        return self._operation(
            "collection.create",
            "POST",
            "/_api/collection",
            reading(lambda _: self.collection(name)),
            CollectionCreateError,
            query={
                "waitForSyncReplication": sync_replication,
                "enforceReplicationFactor": enforce_replication_factor,
            },
            body=body,
        )

    @api_method
    def delete_collection(
        self, name: str, ignore_missing: bool = False, system: bool | None = None
    ) -> Operation[bool]:
        """Drop a collection; return `False` where it is not there and `ignore_missing`."""
        return self._operation(
            "collection.delete",
            "DELETE",
            f"/_api/collection/{quote_segment(name)}",
            reading(lambda _: True, false_on=(_COLLECTION_NOT_FOUND,) if ignore_missing else ()),
            CollectionDeleteError,
            query={"isSystem": system},
            retry=Retry.IDEMPOTENT if ignore_missing else Retry.NEVER,
        )

    @api_method
    def key_generators(self) -> Operation[list[str]]:
        """Return the kinds of key generators that the server has."""
        return self._operation(
            "collection.key_generators",
            "GET",
            "/_api/key-generators",
            reading(lambda body: a_list(body["keyGenerators"])),
            CollectionKeyGeneratorsError,
        )

    def __contains__(self, name: str) -> bool:
        return bool(self._now("`in` a database", "has_collection()").has_collection(name))

    def __iter__(self) -> Iterator[str]:
        found = self._now("iterating over a database", "collections()").collections()
        return iter([each["name"] for each in found])

    def __len__(self) -> int:
        return len(self._now("len(database)", "collections()").collections())

    def __bool__(self) -> bool:
        # Else `if db:` would ask the server how many collections there are.
        return True

    def _now(self, what: str, instead: str) -> Any:
        self._answer_at_once(what, f"db.{instead}")
        return self


def _listed(body: Any) -> Json:
    return {
        "id": body["id"],
        "name": body["name"],
        "system": body["isSystem"],
        "type": _TYPES[body["type"]],
    }
