"""`menshen policy prove`: what holds of all facts, or facts on which it does not."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devices.errors import Fault, SetupError
from gateway.cli.policy.policy_path import PolicyPath, read_policy_at

if TYPE_CHECKING:
    from edge_rules.policy.proving.answers import Answer
    from edge_rules.policy.rules import Policy, Property

Texts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROPERTY]…", help="What to prove; without, the file's own properties."
    ),
]
Seconds = Annotated[
    float, typer.Option("--seconds", min=0.1, max=3600, help="The time one property may take.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a property.")]


def prove(
    policy: PolicyPath,
    properties: Texts = None,
    *,
    seconds: Seconds = 30.0,
    as_json: AsJson = False,
) -> None:
    """Prove properties of a policy; exit code 0 when all are proved, else 1.

    A property is CEL over the facts, `decision`, `reasons` and `rules`; an arrow (→ or ->) means
    that wherever the left holds, the right must. The answer is that it is proved, or facts on which
    it does not hold, written as `menshen policy explain` reads them, or why it can't be said.

    Example: menshen policy prove policy.yaml 'temperature.celsius >= temperature.limit ->
    decision != "admit"'
    """
    from edge_rules.policy.proving.properties import prove as proof  # noqa: PLC0415 - when needed

    loaded = read_policy_at(policy)
    wanted = list(_given(properties, loaded)) if properties else list(loaded.properties)
    if not wanted:
        what = "has no properties: write `properties:` into it, or one behind the file's name"
        raise SetupError([Fault(str(policy), 1, 1, what)])
    proved = 0
    for each in wanted:
        answer = proof(loaded, each, timeout_s=seconds)
        proved += answer.holds is True
        found = _told(each, answer, loaded)
        typer.echo(json.dumps(found, ensure_ascii=False) if as_json else _line(found))
    if not as_json:
        typer.echo(f"{policy}: {proved} of {len(wanted)} properties proved")
    if proved < len(wanted):
        raise typer.Exit(1)


def _given(texts: list[str], policy: "Policy") -> Iterator["Property"]:
    """Check the properties of the command line; SetupError lists the faults of all."""
    from edge_rules.cel.errors import ExpressionRefusedError  # noqa: PLC0415 - when needed
    from edge_rules.policy.property_text import check_property, vocabulary_of  # noqa: PLC0415
    from edge_rules.policy.rules import Property  # noqa: PLC0415

    vocabulary = vocabulary_of(policy.rules, policy.constants)
    found, faults = [], []
    for number, text in enumerate(texts, 1):
        try:
            found.append(Property(text, check_property(text, vocabulary)))
        except ExpressionRefusedError as error:
            faults += [
                Fault(f"property {number}", *_place(text, each.at), each.what)
                for each in error.faults
            ]
    if faults:
        raise SetupError(faults)
    yield from found


def _place(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n") + 1, at - before.rfind("\n")


def _told(wanted: "Property", answer: "Answer", policy: "Policy") -> dict[str, Any]:
    """Lay out an answer, with what the policy decides on the facts that are against it."""
    told: dict[str, Any] = {"property": " ".join(wanted.text.split())}
    if wanted.id:
        told["id"] = wanted.id
    if answer.holds:
        return told | {"answer": "proved", "vacuous": answer.vacuous}
    if answer.facts is None:
        return told | {"answer": "cannot-say", "why": answer.why}
    from edge_rules.facts import clean_facts  # noqa: PLC0415 - when needed
    from edge_rules.policy.compiler import compile_policy  # noqa: PLC0415
    from edge_rules.policy.written_facts import read_facts  # noqa: PLC0415

    decision = compile_policy(policy).decide(clean_facts(read_facts(answer.facts)))
    return told | {
        "answer": "counterexample",
        "decision": decision.outcome.value,
        "reasons": list(decision.reasons),
        "rules": list(decision.rules),
        "facts": answer.facts,
    }


def _line(told: dict[str, Any]) -> str:
    name = f"{told['id']}: {told['property']}" if "id" in told else told["property"]
    if told["answer"] == "proved":
        vacuous = ", but only because its premise can never be met" if told["vacuous"] else ""
        return f"proved{vacuous}: {name}"
    if told["answer"] == "cannot-say":
        return f"cannot say: {name}: {told['why']}"
    reasons = ", ".join(told["reasons"])
    facts = json.dumps(told["facts"], ensure_ascii=False)
    return f"counterexample: {name}: {told['decision']} ({reasons}) on {facts}"
