"""The tables are made by whoever comes first; every other process checks that it means the same ones."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.errors import SettingsWrong
from batchpub.state.tables import SCHEMA_VERSION, meta, metadata


async def check_schema(connection: AsyncConnection, *, name: str) -> bool:
    """Make the tables where there are none, inside the caller's transaction; tell whether that was needed.

    Raises:
        SettingsWrong: another version of batchpub made them.

    """
    await connection.run_sync(metadata.create_all)
    found = (await connection.execute(select(meta.c.value).where(meta.c.key == "schema_version"))).scalar()
    if found is None:
        await connection.execute(insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
        return True
    if found != str(SCHEMA_VERSION):
        raise SettingsWrong(
            f"The state {name} has schema version {found}; this batchpub works with {SCHEMA_VERSION}. "
            "Use the batchpub that wrote it, or name another state with --state."
        )
    return False
