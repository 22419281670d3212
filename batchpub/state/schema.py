"""The tables are made by whoever comes first; every other process checks that it means the same ones."""

from sqlalchemy import insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.errors import SettingsWrong
from batchpub.state.store import Store
from batchpub.state.tables import SCHEMA_VERSION, meta, metadata


async def check_schema(connection: AsyncConnection, store: Store) -> bool:
    """Make the tables where there are none, inside the caller's transaction; tell whether that was needed.

    Raises:
        SettingsWrong: another version of batchpub made them.

    """
    found = await _read_version(connection)
    if found is None:
        await store.prepare(connection)
        await connection.run_sync(metadata.create_all)
        found = await _read_version(connection)  # another process may have been first
    if found is None:
        await connection.execute(insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
        return True
    if found != str(SCHEMA_VERSION):
        raise SettingsWrong(
            f"The state {store.name} has schema version {found}; this batchpub works with {SCHEMA_VERSION}. "
            "Use the batchpub that wrote it, or name another state with --state."
        )
    return False


async def _read_version(connection: AsyncConnection) -> str | None:
    if not await connection.run_sync(lambda made: inspect(made).has_table(meta.name)):
        return None
    return (await connection.execute(select(meta.c.value).where(meta.c.key == "schema_version"))).scalar()
