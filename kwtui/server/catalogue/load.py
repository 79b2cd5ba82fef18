"""When a database is written, as far as a node can tell: by the time columns of its series.

No statement that a node was seen to answer tells how busy it was an hour ago. The time of a reading
is that at which it was taken, which for most plants is when it is written.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kwtui.model.schema import Engine
from kwtui.server.catalogue.survey import read_schema
from kwtui.server.connection.results import to_int, to_time
from kwtui.server.connection.server import Server
from kwtui.sql import content

DAYS = 7


async def rows_by_hour(server: Server, database: str, now: datetime) -> tuple[int, ...] | None:
    """The rows of the last `DAYS` whole days (UTC) by the hour of their time, from 0 to 23; None
    for a relational database, whose rows do not tell when they were written.

    Grouped inside the time-series engine (recording 17), which takes a moment for millions of rows.
    Raises KwtuiError as `read_schema`.
    """
    schema = await read_schema(server, database)
    if schema.engine is not Engine.TIME_SERIES:
        return None
    before = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = before - timedelta(days=DAYS)
    hours = [0] * 24
    for table in schema.tables:
        if table.time_column is None:
            continue
        answer = await server.query(
            content.window_aggregates(
                database,
                table.name,
                (),
                time_column=table.time_column,
                width="1h",
                since=f"{since:%Y-%m-%d %H:%M:%S}+00:00",
                before=f"{before:%Y-%m-%d %H:%M:%S}+00:00",
            )
        )
        for bucket, count in answer.rows:
            at = to_time(bucket)
            if at is not None:
                hours[at.hour] += to_int(count) or 0
    return tuple(hours)
