"""`fanreel cloudrun …`: the commands that render on Google Cloud, most of them those of AWS."""

import typer

from fanreel.cli import lambda_render, lambda_sites, lambda_watch
from fanreel.cli.cloudrun_stack import stack_app
from fanreel.cli.cloudrun_target import deployment_command

cloudrun_app = typer.Typer(
    name="cloudrun",
    help="Render on Google Cloud: deploy, start renders, watch them, fetch videos.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_shared = typer.Typer()
_SHARED = {
    "render": lambda_render.render,
    "still": lambda_render.still,
    "render-batch": lambda_render.render_batch,
    "estimate": lambda_render.estimate,
    "progress": lambda_watch.progress,
    "cancel": lambda_watch.cancel,
    "redrive": lambda_watch.redrive,
    "logs": lambda_watch.logs,
    "ls": lambda_watch.ls,
    "rm": lambda_watch.rm,
    "report": lambda_watch.report,
    "download": lambda_watch.download,
    "url": lambda_watch.url,
}
_SITES = {
    "create": lambda_sites.create,
    "ls": lambda_sites.ls,
    "rm": lambda_sites.rm,
}

for _name, _command in _SHARED.items():
    deployment_command(_shared, _name)(_command)
sites_app = typer.Typer(help="Upload projects, list and delete them.", no_args_is_help=True)
for _name, _command in _SITES.items():
    deployment_command(sites_app, _name)(_command)
for _part in (stack_app, _shared):
    cloudrun_app.add_typer(_part)
cloudrun_app.add_typer(sites_app, name="sites")
