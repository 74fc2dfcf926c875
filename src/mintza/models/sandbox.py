"""Jinja as chat templates expect it: the dialect that transformers renders, in a sandbox, because templates are strangers' code."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mintza.errors import TemplateError

if TYPE_CHECKING:
    from jinja2.parser import Parser

Render = Callable[[dict[str, Any]], str]


def renderer(source: str, clock: Callable[[], datetime]) -> Render:
    """A function from the template's variables to text. `strftime_now` in the template reads `clock`.

    Raises TemplateError: when the source is not a template; and at rendering, when the template refuses what it is given.
    """
    from jinja2 import TemplateError as JinjaError
    from jinja2 import TemplateSyntaxError

    try:
        compiled = _compiled(source)
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"the chat template is not valid: {error.message} (line {error.lineno})",
            remedy="take the template from the model's own folder, or give another one in the study",
        ) from error

    def render(variables: dict[str, Any]) -> str:
        try:
            return str(compiled.render(variables, strftime_now=lambda pattern: clock().strftime(pattern)))
        except JinjaError as error:
            raise TemplateError(f"the chat template refuses: {error}") from error
        except (TypeError, ValueError, KeyError, ArithmeticError, RecursionError) as error:
            raise TemplateError(f"the chat template fails: {error}") from error

    return render


@lru_cache(maxsize=64)
def _compiled(source: str) -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _generation_tag()]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _refuse
    environment.globals["dict"] = _plain_dict
    environment.globals["namespace"] = _guarded_namespace()
    return environment.from_string(source)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as it is: Jinja's own filter would escape it for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse(message: str) -> None:
    from jinja2 import TemplateError as JinjaError

    raise JinjaError(message)


def _plain_dict(*pairs: Any, **named: Any) -> dict[Any, Any]:
    return dict(*pairs, **named)


@lru_cache(maxsize=1)
def _guarded_namespace() -> Any:
    from jinja2.exceptions import SecurityError
    from jinja2.utils import Namespace

    class Guarded(Namespace):
        """Jinja's namespace, without a way to names that Python keeps for itself."""

        def __setitem__(self, name: str, value: Any) -> None:
            if name.startswith("_"):
                raise SecurityError(f"a template cannot set {name!r} on a namespace")
            super().__setitem__(name, value)

    return Guarded


@lru_cache(maxsize=1)
def _generation_tag() -> Any:
    from jinja2 import nodes
    from jinja2.ext import Extension

    class Generation(Extension):
        """`{% generation %} ... {% endgeneration %}` renders what is in it: the marks are for other trainers."""

        tags = {"generation"}  # noqa: RUF012

        def parse(self, parser: Parser) -> nodes.Node:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body).set_lineno(line)

    return Generation
