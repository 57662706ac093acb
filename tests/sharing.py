"""
How tests are shared out among the processors: whole modules, whose servers start once each; what a lost process had
still to do goes to another.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class Modules(LoadScopeScheduling):  # type: ignore[misc]  # it publishes no types
    """
    pytest-xdist's own sharing out, but for two things when a process is lost. The test that it was lost in has failed
    and is not begun again. And units that were already done are let go: handed to another process, as pytest-xdist
    does, they leave it waiting for a test to end, and the run never ends (pytest-xdist 3.8).
    """

    def remove_node(self, node: Any) -> str | None:
        """The test that was under way, None where none was."""
        units = self.assigned_work[node]
        lost = next((test for unit in units.values() for test, done in unit.items() if not done), None)
        if lost is not None:
            next(unit for unit in units.values() if lost in unit)[lost] = True
        for scope in [scope for scope, unit in units.items() if all(unit.values())]:
            del units[scope]
        super().remove_node(node)
        return lost


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Modules:
    """Takes the place of `--dist=loadscope`."""
    return Modules(config, log)
