"""The command `load` as click has it, with a hint for those who know arangoimport's options."""

from __future__ import annotations

import click

from arango_jobs.loader.arangoimport import RENAMED, in_words

__all__ = ["LoadCommand"]

# Where the library has no option, since the target is handed in, and the command has one.
_OF_COMMAND = {
    "file": "the argument FILE",
    "server.endpoint": "--url",
    "server.database": "--db",
    "server.username": "--user",
    "server.password": "--password",
    "server.connection-timeout": "--patience",
    "server.request-timeout": "--patience",
    "progress": "on, and off with --quiet",
}


class LoadCommand(click.Command):
    """Says what arangoimport's options are called here."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse them, or say which option was meant."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            hint = self._hint(error.option_name.lstrip("-"))
            if hint is None:
                raise
            raise click.UsageError(hint, ctx) from None

    def _hint(self, name: str) -> str | None:
        if name not in RENAMED:
            return None
        ours, remark = RENAMED[name]
        if name in _OF_COMMAND:
            return in_words(f"--{name}", _OF_COMMAND[name], "")
        flags = {param.name: param.opts[0] for param in self.params}
        return in_words(f"--{name}", None if ours is None else flags[ours], remark)
