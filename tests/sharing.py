"""
How tests are shared out among the processors: whole modules, whose servers start once each; what a lost process had
still to do goes to another.
"""

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

DEAR: Final = [
    "tests/test_fuzz.py",
    "tests/test_erasure.py",
    "tests/test_protocol_property.py",
    "tests/test_erasure_killed.py",
    "tests/test_restore.py",
    "tests/test_training_runs.py",
    "tests/test_versions_exact.py",
    "tests/test_residue.py",
    "tests/test_mutants.py",
    "tests/test_growth.py",
    "tests/test_deleting_agents.py",
    "tests/test_database_alone.py",
    "tests/test_permissions.py",
    "tests/test_factors.py",
    "tests/test_declared.py",
    "tests/test_api_tokens.py",
    "tests/test_parameters.py",
    "tests/advisories/test_adv_78_files.py",
    "tests/advisories/test_adv_84_limits.py",
    "tests/test_commands.py",
    "tests/test_networks.py",
    "tests/test_due.py",
    "tests/test_sessions.py",
    "tests/test_retention.py",
    "tests/test_spam_commands.py",
    "tests/test_passkeys.py",
    "tests/test_backup_commands.py",
    "tests/test_crash.py",
    "tests/test_export_killed.py",
    "tests/test_bus.py",
    "tests/test_bench.py",
    "tests/test_sharing.py",
    "tests/test_spoilt.py",
    "tests/test_isolation.py",
    "tests/test_sockets_closing.py",
    "tests/test_retention_killed.py",
    "tests/test_gate_entries.py",
    "tests/test_scope.py",
    "tests/test_looking.py",
    "tests/test_signin.py",
    "tests/test_several_processes.py",
    "tests/test_links.py",
    "tests/test_patience.py",
    "tests/test_modes.py",
    "tests/test_bench_spam.py",
    "tests/test_at_rest.py",
    "tests/test_bodies.py",
    "tests/walks/test_canary.py",
    "tests/walks/test_every_page.py",
    "tests/walks/test_accessible.py",
    "tests/walks/test_filter.py",
    "tests/walks/test_agreeing.py",
    "tests/walks/test_rights.py",
    "tests/walks/test_windows.py",
    "tests/walks/test_adv_01_stored_markup.py",
    "tests/walks/test_away.py",
    "tests/walks/test_pages_looks.py",
    "tests/walks/test_launcher.py",
    "tests/walks/test_widget_looks.py",
    "tests/walks/test_engines.py",
    "tests/walks/test_admin.py",
    "tests/walks/test_inbox_words.py",
    "tests/walks/test_lost_line.py",
    "tests/walks/test_widget_consent.py",
    "tests/walks/test_inbox_kept.py",
    "tests/walks/test_inbox.py",
    "tests/walks/test_inbox_narrow.py",
    "tests/walks/test_dead_line.py",
    "tests/walks/test_export.py",
    "tests/walks/test_writing.py",
    "tests/walks/test_widget_chat.py",
    "tests/walks/test_floor.py",
]
"""Modules that take long, the dearest first: else a run would end with one of them while nobody else works."""


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the dear modules first; the order of the rest stays."""
    turn = {path: place for place, path in enumerate(DEAR)}
    items.sort(key=lambda item: turn.get(item.nodeid.partition("::")[0], len(turn)))
