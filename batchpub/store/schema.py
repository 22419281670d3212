"""The tables are made by whoever comes first; a state of an older version is brought forward, a newer one refused."""

from sqlalchemy import func, insert, inspect, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from batchpub.errors import SettingsWrong
from batchpub.store.tables import SCHEMA_VERSION, meta, metadata

OLDEST = 3
"""The version that the first release wrote."""

STEPS: dict[int, tuple[str, ...]] = {
    4: (
        "ALTER TABLE courses ADD COLUMN known BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE courses ADD COLUMN lost BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE courses ADD COLUMN again_id VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN again_id VARCHAR NOT NULL DEFAULT ''",
        "UPDATE courses SET lost = TRUE WHERE status IN ('sending', 'unclear')",
        "UPDATE courses SET known = TRUE WHERE published_on <> '' OR (portal, course_id, batch_id) IN"
        # the meanings of answers that are about the course, and not about the access or the limit
        " (SELECT portal, course_id, batch_id FROM calls"
        " WHERE meaning IN ('published', 'saidpublished', 'refused', 'stateread') AND coalesce(http_status, 0) <> 403)",
    ),
}
"""Version to the statements that lead to it from the one before. Both databases understand them; none is ever changed
once it is released, and each leaves processes of the version before able to write."""


MAKERS_LOCK = 0x62617463687075
"""Any number that others do not take: whoever makes the tables holds this advisory lock."""


async def check_schema(connection: AsyncConnection, name: str) -> str | None:
    """Make the tables where there are none, or bring them forward, inside the caller's transaction.

    Gives the version that was found, None where this process made the tables.

    Raises:
        SettingsWrong: a newer version of batchpub made them, or one from before the first release.

    """
    found = await _read_version(connection)
    if found != str(SCHEMA_VERSION):
        if connection.dialect.name == "postgresql":  # two could begin at the same time
            await connection.execute(select(func.pg_advisory_xact_lock(MAKERS_LOCK)))
        found = await _read_version(connection)  # another process may have been first
    if found is None:
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
        return None
    if not (found.isdigit() and OLDEST <= int(found) <= SCHEMA_VERSION):
        raise SettingsWrong(
            f"The state {name} has schema version {found}; this batchpub works with {OLDEST} to {SCHEMA_VERSION}. "
            "Use the batchpub that wrote it, or name another state with the setting state."
        )
    for version in range(int(found) + 1, SCHEMA_VERSION + 1):
        for statement in STEPS[version]:
            await connection.execute(text(statement))
    if found != str(SCHEMA_VERSION):
        this = meta.c.key == "schema_version"
        await connection.execute(update(meta).where(this).values(value=str(SCHEMA_VERSION)))
    return found


async def _read_version(connection: AsyncConnection) -> str | None:
    if not await connection.run_sync(lambda made: inspect(made).has_table(meta.name)):
        return None
    return (await connection.execute(select(meta.c.value).where(meta.c.key == "schema_version"))).scalar()
