"""Commands that are loaded when they are called, so that `tenantry serve` never pays for what only `tenantry migrate` needs."""

from importlib import import_module
from typing import Any, cast

import click

from tenantry.app.refusals import REFUSALS, StartRefused


class Refused(click.ClickException):
    """What the operator can put right, on one line; the process ends with code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"tenantry: {self.format_message()}", file=file, err=True)


class LazyGroup(click.Group):
    """A group whose commands are given as `module:attribute` and imported on first use."""

    def __init__(self, *args: Any, lazy: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._lazy:
            return cast("click.Command", load(self._lazy[cmd_name]))
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except REFUSALS as refusal:
            raise Refused(str(refusal)) from refusal


def load(dotted: str) -> Any:
    """The attribute of a module named `package.module:attribute`, imported now."""
    module, _, attribute = dotted.partition(":")
    if not attribute:
        raise StartRefused(f"{dotted} names no attribute")
    return getattr(import_module(module), attribute)
