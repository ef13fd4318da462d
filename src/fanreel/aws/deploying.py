"""
Deploy and remove the stack: the CDK app of this package, run by the `cdk` command of npm.

The app needs the package's own checkout (Dockerfile, handler, state machine), so `cdk/` is looked
for there: in `FANREEL_CDK_DIR`, beside the installed package (a checkout installed in place, as
`uv sync` does), and in the working folder. A wheel alone renders, watches and prices; it does not
deploy.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fanreel.aws.templates import read_template
from fanreel.errors import InvalidConfig

CDK_DIR_VARIABLE = "FANREEL_CDK_DIR"
_APP = "app.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class CdkApp:
    """
    The CDK app and how to run it.

    Args:
        cdk_dir: The folder of `app.py`; the repository is the one above.
        stack_name: Which stack.
        context: Settings of the deployment (`src/fanreel/aws/stack_settings.py`), None left out.
        environment: Variables for the process besides this one's: credentials, region, endpoint.
    """

    cdk_dir: Path
    stack_name: str
    context: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def argv(self, action: str, *options: str) -> list[str]:
        """Give the command line of `cdk` *action*."""
        context = {"stack_name": self.stack_name, **self.context}
        given = [
            part
            for name, value in context.items()
            if value is not None
            for part in ("--context", f"{name}={_text(value)}")
        ]
        app = f"{sys.executable} -m cdk.app"
        return [*cdk_command(self.cdk_dir), action, "--app", app, *given, *options]

    def run(self, action: str, *options: str) -> None:
        """
        Run `cdk` *action*; its output goes to standard error.

        Raises:
            InvalidConfig: It cannot run here, or ended with an error, which it has printed.
                Terminal.
        """
        _require_aws_cdk()
        argv = self.argv(action, *options)
        python_path = os.pathsep.join([str(self.cdk_dir.parent), os.environ.get("PYTHONPATH", "")])
        environment = {
            **os.environ,
            **self.environment,
            "PYTHONPATH": python_path.rstrip(os.pathsep),
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            # Pages of banner about a Node.js that works.
            "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        }
        ended = subprocess.run(
            argv, cwd=self.cdk_dir, env=environment, stdout=sys.stderr, check=False
        )
        if ended.returncode:
            raise InvalidConfig(
                f"`cdk {action}` ended with status {ended.returncode}; its messages are above",
                argv=argv,
                status=ended.returncode,
            )

    def synthesise(self) -> dict[str, Any]:
        """Give the stack's template. Raises as `run()`."""
        with tempfile.TemporaryDirectory(prefix="fanreel-synth-") as folder:
            self.run("synth", "--quiet", "--no-version-reporting", "--output", folder)
            return read_template(Path(folder, f"{self.stack_name}.template.json"))


def find_cdk_dir(given: Path | None = None) -> Path:
    """
    Find the folder of the CDK app.

    Raises:
        InvalidConfig: There is none where it may be. Terminal.
    """
    variable = os.environ.get(CDK_DIR_VARIABLE)
    if given is None and variable:
        given = Path(variable)
    checkout = Path(__file__).resolve().parents[3]
    places = [given] if given is not None else [checkout / "cdk", Path.cwd() / "cdk"]
    for place in places:
        if (place / _APP).is_file() and (place.resolve().parent / "Dockerfile").is_file():
            return place.resolve()
    looked = ", ".join(str(place) for place in places)
    raise InvalidConfig(
        f"no fanreel CDK app in {looked}: deploying needs a checkout of fanreel; run it there, or "
        f"name its cdk folder with --cdk-dir or {CDK_DIR_VARIABLE}"
    )


def cdk_command(cdk_dir: Path) -> list[str]:
    """
    Give how to call `cdk`: as installed beside the app, as on PATH, else fetched by `npx`.

    Raises:
        InvalidConfig: There is no npm either. Terminal.
    """
    installed = cdk_dir / "node_modules" / ".bin" / "cdk"
    if installed.is_file():
        return [str(installed)]
    if found := shutil.which("cdk"):
        return [found]
    if shutil.which("npx") is None:
        raise InvalidConfig("deploying needs Node.js (npm): it runs the `cdk` command of aws-cdk")
    pinned = json.loads((cdk_dir / "package.json").read_text())["devDependencies"]["aws-cdk"]
    return ["npx", "--yes", f"aws-cdk@{pinned}"]


def session_environment(session: Any, endpoint_url: str | None) -> dict[str, str]:
    """Give the variables that make `cdk` act as a boto3 session does."""
    environment: dict[str, str] = {}
    if session.region_name:
        environment |= {
            "AWS_REGION": session.region_name,
            "CDK_DEFAULT_REGION": session.region_name,
        }
    if session.profile_name != "default":
        environment["AWS_PROFILE"] = session.profile_name
    if endpoint_url:
        environment["AWS_ENDPOINT_URL"] = endpoint_url
    return environment


def parse_context(settings: Sequence[str]) -> dict[str, str]:
    """
    Read `NAME=VALUE` settings.

    Raises:
        InvalidConfig: One has no `=`. Terminal.
    """
    context = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not (name and equals):
            raise InvalidConfig(f"--set {setting}: write it as NAME=VALUE")
        context[name] = value
    return context


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(value)
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _require_aws_cdk() -> None:
    if importlib.util.find_spec("aws_cdk") is None:
        raise InvalidConfig(
            "deploying needs the AWS CDK; install it with `pip install 'fanreel[aws,cdk]'`"
        )
