"""Dropping a scratch database, also while an import into it is being put back."""

from __future__ import annotations

import asyncio
import time

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.context import Connect
from kwtui.server.catalogue import survey as catalogue
from kwtui.sql import statements

DROP_SECONDS = 30.0
"""How long a database may refuse to be dropped: a cancelled import is put back first (row 25)."""


async def drop_scratch(connect: Connect, database: str) -> None:
    """Over a connection of its own. Raises KwtuiError: STATEMENT_REFUSED once it is refused for
    `DROP_SECONDS`."""
    deadline = time.monotonic() + DROP_SECONDS
    server = await connect()
    try:
        while True:
            try:
                if database in {d.name for d in await catalogue.databases(server)}:
                    await server.execute(statements.drop_database(database))
                return
            except KwtuiError as error:
                late = time.monotonic() > deadline
                if late or error.exit_code is not ExitCode.STATEMENT_REFUSED:
                    raise
            await asyncio.sleep(1)
    finally:
        await server.close()
