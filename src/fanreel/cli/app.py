"""The commands by name; those of a cloud are loaded when one of them is asked for."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from fanreel.cli.compare import diff, info
from fanreel.cli.doctor import doctor
from fanreel.cli.errors import errors
from fanreel.cli.fonts import fonts_app
from fanreel.cli.init import init
from fanreel.cli.lint import lint
from fanreel.cli.look import compositions, still
from fanreel.cli.preview import preview
from fanreel.cli.render import render
from fanreel.cli.setup import setup
from fanreel.cli.steps import assemble, chunk, plan
from fanreel.cli.watch import watch
from fanreel.errors import InvalidConfig


class _CloudCommand(TyperCommand):
    """Stands for the commands of a cloud, which need its library, until one of them is called."""

    def __init__(self, name: str, text: str, extra: str) -> None:
        super().__init__(name=name, help=text)
        self._extra = extra

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        try:
            command = typer.main.get_command(_cloud_app(str(self.name)))
        except ModuleNotFoundError as exc:
            if (exc.name or "").startswith("fanreel"):
                raise
            raise InvalidConfig(
                f"`fanreel {self.name}` needs {exc.name}: pip install 'fanreel[{self._extra}]'"
            ) from exc
        return command.make_context(info_name, args, parent=parent, **extra)


def _cloud_app(name: str) -> typer.Typer:
    if name == "lambda":
        from fanreel.cli.lambda_ import lambda_app  # noqa: PLC0415 (the point of the class above)

        return lambda_app
    from fanreel.cli.cloudrun import cloudrun_app  # noqa: PLC0415

    return cloudrun_app


_CLOUDS = {
    "lambda": ("Deploy to AWS Lambda and render there.", "aws"),
    "cloudrun": ("Deploy to Google Cloud Run and render there.", "gcp"),
}
"""Commands by name: what they are for, and the extra that they need."""


class _Root(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_CLOUDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in _CLOUDS:
            return _CloudCommand(cmd_name, *_CLOUDS[cmd_name])
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    name="fanreel",
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (typer's callback)
    if wanted:
        import fanreel  # noqa: PLC0415

        typer.echo(f"fanreel {fanreel.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Turn an HTML composition into a video, on this machine or in a cloud."""


app.command()(render)
app.command()(preview)
app.command()(watch)
app.command()(still)
app.command()(init)
app.command()(diff)
app.command()(info)
app.command()(compositions)
app.command()(lint)
app.command()(doctor)
app.command()(setup)
app.add_typer(fonts_app)
app.command()(plan)
app.command()(chunk)
app.command()(assemble)
app.command()(errors)
