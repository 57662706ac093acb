"""A client made of an OpenAPI document: each operation by its id, the answer held against what is declared."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import jsonschema_rs

Send = Callable[..., Awaitable[httpx2.Response]]


class Undeclared(AssertionError):
    """An answer is not as its operation declares it."""


@dataclass
class GeneratedClient:
    """Asks by `operationId`: `await client("get_api_v1_tickets", status="open")`. `held` counts by operation."""

    document: dict[str, Any]
    send: Send
    token: str
    held: Counter[str] = field(default_factory=Counter)

    async def __call__(self, operation: str, body: Any = None, **given: Any) -> Any:
        """Ask; parameters are given by their names. Return the body of the answer. Raises Undeclared."""
        path, verb, said = self._found(operation)
        places = {each["name"]: each["in"] for each in said["parameters"]}
        for name in [each for each in given if places[each] == "path"]:
            path = path.replace(f"{{{name}}}", str(given.pop(name)))
        answer = await self.send(verb, path, params=given, json=body, headers={"authorization": f"Bearer {self.token}"})
        return self._checked(operation, said, answer)

    def _found(self, operation: str) -> tuple[str, str, dict[str, Any]]:
        (found,) = (
            (path, verb.upper(), said)
            for path, verbs in self.document["paths"].items()
            for verb, said in verbs.items()
            if said["operationId"] == operation
        )
        return found

    def _checked(self, operation: str, said: dict[str, Any], answer: httpx2.Response) -> Any:
        declared = said["responses"].get(str(answer.status_code))
        if declared is None or answer.status_code >= 400:
            raise Undeclared(f"{operation}: {answer.status_code} {answer.text[:200]}")
        content = declared.get("content", {}).get("application/json")
        made = answer.json() if answer.content else None
        if content is not None:
            schema = {**content["schema"], "components": self.document["components"]}
            try:
                jsonschema_rs.validate(schema, made)
            except jsonschema_rs.ValidationError as error:
                raise Undeclared(f"{operation}: {error.message}") from None
            self.held[operation] += 1
        return made
