"""
Statements that are compiled once in a process of tests. Each test opens engines of its own, each of which would compile
anew all that the test says to its database: a tenth of a second of a processor, of half a second.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event


class Compiled(dict[Any, Any]):
    """What was compiled, by what a statement says and for which kind of database, whichever engine it is for."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        """What was compiled for an engine of the kind."""
        return super().get(_alike(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_alike(key), compiled)


COMPILED = Compiled()


def share() -> None:
    """Let all engines of this process share what they compile."""
    if not event.contains(Engine, "engine_connect", _share):
        event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)


def _alike(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *said = key
    return (dialect.name, dialect.driver, dialect.paramstyle, *said)
