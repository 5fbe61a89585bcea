"""The built-in texts in the words in which a tenant writes its own: where somebody who wants another text begins.

A built-in text uses more of Jinja2 than a tenant may: blocks, macros, conditions inside expressions. It is run with each
variable standing for itself, and with each condition written out, so what comes out is the same text in the smaller language.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from tenantry.domain.mail_templates.model import Medium, TemplateKind, Texts
from tenantry.domain.notices.looks import PLAIN, shown
from tenantry.domain.notices.rendering import TEMPLATES
from tenantry.kernel import lazy


@cache
def starter(kind: TemplateKind) -> Texts:
    """The built-in texts of a kind, as a tenant could have written them."""
    if kind.medium is Medium.SMS:
        return Texts(_spelled_out(f"{kind.name}.sms.txt", kind).strip())
    return Texts(
        _spelled_out(f"{kind.name}.txt", kind).strip() + "\n",
        _spelled_out(f"{kind.name}.subject.txt", kind).strip(),
        _spelled_out(f"{kind.name}.html", kind).strip() + "\n",
    )


def _spelled_out(name: str, kind: TemplateKind) -> str:
    library: Any = lazy.jinja2()
    environment = library.Environment(
        loader=library.FileSystemLoader(TEMPLATES),
        autoescape=name.endswith(".html"),
        undefined=library.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source, _, _ = environment.loader.get_source(environment, name)
    tree = _Conditions(library).written_out(environment.parse(source))
    tree.set_environment(environment)
    # The names are our own, and what is made here is a text that is checked before it is ever filled in.
    values = {v.name: library.runtime.Markup("{{ " + v.name + " }}") for v in kind.variables}
    text: str = environment.from_string(tree).render({**values, **shown(environment, PLAIN)})
    return text


class _Conditions:
    """Puts `{% if %}` and its kin into the text in place of the statements and expressions that decide."""

    def __init__(self, library: Any) -> None:
        nodes = self._nodes = library.nodes

        class Walk(library.visitor.NodeTransformer):  # type: ignore[misc]
            def visit_If(walk, node: Any) -> Any:  # noqa: N802, N805
                if node.elif_:
                    first, *others = node.elif_
                    node.else_ = [nodes.If(first.test, first.body, others, node.else_)]
                    node.elif_ = []
                walk.generic_visit(node)
                return self._decided(node.test, node.body, node.else_, self._as_statement)

            def visit_CondExpr(walk, node: Any) -> Any:  # noqa: N802, N805
                walk.generic_visit(node)
                # An empty text is no branch at all.
                yes, no = (
                    [] if isinstance(part, nodes.Const) and not part.value else [part]
                    for part in (node.expr1, node.expr2 or nodes.Const(""))
                )
                return nodes.Concat(self._decided(node.test, yes, no, self._as_expression))

        self._walk = Walk()

    def written_out(self, tree: Any) -> Any:
        return self._walk.visit(tree)

    def _decided(self, test: Any, yes: list[Any], no: list[Any], put: Callable[[str], Any]) -> list[Any]:
        """Both branches with what decides between them around; `not`, `and` and `or` become conditions in one another."""
        nodes = self._nodes
        if isinstance(test, nodes.Not):
            return self._decided(test.node, no, yes, put)
        if isinstance(test, nodes.And):
            return self._decided(test.left, self._decided(test.right, yes, no, put), no, put)
        if isinstance(test, nodes.Or):
            return self._decided(test.left, yes, self._decided(test.right, yes, no, put), put)
        otherwise = [put("{% else %}"), *no] if no else []
        return [put("{% if " + test.name + " %}"), *yes, *otherwise, put("{% endif %}")]

    def _as_statement(self, text: str) -> Any:
        return self._nodes.Output([self._nodes.TemplateData(text)], lineno=1)

    def _as_expression(self, text: str) -> Any:
        return self._nodes.MarkSafe(self._nodes.Const(text))
