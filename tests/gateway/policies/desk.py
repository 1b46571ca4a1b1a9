"""A policy keeper over a site on paper: what it offers is taken by the real reducer."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_rules.inputs import Input, Noted
from gateway.policies.explanations import Explanations
from gateway.policies.keeper import PolicyKeeper
from gateway.policies.shadow import Shadow
from gateway.policies.shelf import Shelf
from tests.edge_rules.scene import Scene


def referring(name: str) -> str:
    """A policy that refers everybody for a reason of its own."""
    rule = f"{{id: {name}, when: 'credential.kind != \"none\"', then: refer, reason: {name}}}"
    return f"policy: {name}\nfacts: checkpoint/1\nrules:\n  - {rule}\n"


class AtOnce(Executor):
    """Does it here and now."""

    def submit(self, do: Callable[..., Any], /, *args: Any, **rest: Any) -> "Future[Any]":  # noqa: ANN401
        done: Future[Any] = Future()
        try:
            done.set_result(do(*args, **rest))
        except Exception as error:
            done.set_exception(error)
        return done


class SceneClock:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def now(self) -> Any:  # noqa: ANN401
        return self._scene.now


@dataclass
class Desk:
    """The keeper, the site it serves, and what was on the shelf whenever something was taken."""

    folder: Path
    scene: Scene = field(default_factory=Scene)
    kept_when_taken: list[set[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        shelf, worker = Shelf(self.folder), AtOnce()
        shadow = Shadow(
            lambda: self.scene.state.policies.current.policy,
            lambda type_, body: self.take(Noted(type_, body), None),
            SceneClock(self.scene),
        )
        self.keeper = PolicyKeeper(
            lambda: self.scene.state.policies, self.take, shelf, worker, shadow,
            Explanations(shelf, worker, {}),
        )  # fmt: skip

    def take(self, given: Input, recorded: Callable[[], None] | None) -> None:
        self.kept_when_taken.append({path.stem for path in self.folder.glob("policies/*.yaml")})
        self.scene.take(given)
        if recorded:
            recorded()

    @property
    def judging(self) -> str:
        return self.scene.state.policies.current.policy.name
