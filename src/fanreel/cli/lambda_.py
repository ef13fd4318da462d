"""`fanreel lambda …`: the commands that render on AWS. boto3 is loaded by those that need it."""

import typer

from fanreel.cli.lambda_policies import policies_app
from fanreel.cli.lambda_render import render_app
from fanreel.cli.lambda_sites import sites_app
from fanreel.cli.lambda_stack import stack_app
from fanreel.cli.lambda_watch import watch_app

lambda_app = typer.Typer(
    name="lambda",
    help="Render on AWS Lambda: deploy a stack, start renders on it, watch them, fetch videos.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for part in (stack_app, render_app, watch_app):
    lambda_app.add_typer(part)
lambda_app.add_typer(sites_app, name="sites")
lambda_app.add_typer(policies_app, name="policies")
