"""One line of `policy eval`: an expression with its declarations and bindings to its value."""

from collections.abc import Mapping
from typing import Any, Final

from edge_rules.cel.dialect import Dialect
from edge_rules.cel.encoded_types import read_overload, read_type, write_type
from edge_rules.cel.encoded_values import ValueWriter, read_value
from edge_rules.cel.environment import Checked, Environment
from edge_rules.cel.errors import EvaluationError, ExpressionRefusedError
from edge_rules.cel.evaluation import check_expression, compile_expression, parse_leniently
from edge_rules.cel.extensions import DOTTED
from edge_rules.cel.functions import Overload
from edge_rules.cel.types import Type
from edge_rules.cel.values import Value

_FLAGS: Final = ("disable_check", "disable_macros", "check_only")


def evaluate_line(line: Any) -> dict[str, Any]:  # noqa: ANN401 - judged here
    """Return the value, and the type where it was checked; or one error."""
    try:
        return _evaluate(_Line(line))
    except ExpressionRefusedError as error:
        return {"error": str(error)}
    except EvaluationError as error:
        return {"error": str(error)}
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return {"error": f"this line is not understood: {_said(error)}"}
    except (RecursionError, MemoryError, OverflowError):
        return {"error": "too deep or too large to evaluate"}


class _Line:
    """The parts of a line, each judged."""

    def __init__(self, line: Any) -> None:  # noqa: ANN401 - judged here
        if not isinstance(line, Mapping) or not isinstance(line.get("expr"), str):
            msg = 'a line is {"expr": "…"} with what else it needs'
            raise ValueError(msg)  # noqa: TRY004 - one kind of error for a bad line
        self.text: str = line["expr"]
        self.unchecked, self.plain, self.check_only = (bool(line.get(flag)) for flag in _FLAGS)
        bindings = line.get("bindings") or {}
        self.bindings: dict[str, Value] = {
            name: read_value(value) for name, value in bindings.items()
        }
        self.environment = self._environment(line)

    def _environment(self, line: Mapping[str, Any]) -> Environment:
        variables: dict[str, Type] = {}
        functions: dict[str, list[Overload]] = {}
        for each in line.get("type_env") or ():
            if "function" in each:
                ways = [read_overload(way) for way in each["function"].get("overloads", ())]
                functions.setdefault(each["name"], []).extend(ways)
            elif "type" in each.get("ident", {}):
                variables[each["name"]] = read_type(each["ident"]["type"])
        dotted = frozenset(name for name in functions if "." in name)
        return Environment(
            variables,
            container=line.get("container") or "",
            dialect=Dialect(extended=True, macros=not self.plain, functions=DOTTED | dotted),
            functions=functions,
        )


def _evaluate(line: _Line) -> dict[str, Any]:
    checked = _checked(line)
    said = {} if line.unchecked else {"deduced_type": write_type(checked.type)}
    if line.check_only:
        return said
    try:
        value = compile_expression(checked)(line.bindings)
        return {"value": ValueWriter().write(value), **said}
    except EvaluationError as error:
        return {"error": str(error), **said}
    except TypeError:  # what was not checked may call a function with too few or too many values
        return {"error": "no such overload: a function has no form with that many values"}


def _checked(line: _Line) -> Checked:
    if line.unchecked:
        return parse_leniently(line.text, line.environment, line.bindings)
    return check_expression(line.text, line.environment)


def _said(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
