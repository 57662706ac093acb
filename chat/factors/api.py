"""Second factors over REST: taking them away from who lost them."""

from __future__ import annotations

from chat.factors.actions import resetting
from chat.web.endpoint import Ask, endpoint


@endpoint(
    "DELETE /agents/{id}/second-factor", permission="agent.manage", audited={"factor.reset"}, status=204, step_up=True
)
async def reset_factor(ask: Ask[None]) -> None:
    """Take another agent's second factors away, passkeys too, and sign them out everywhere."""
    await resetting.reset(ask.services, ask.actor, ask.path["id"])
