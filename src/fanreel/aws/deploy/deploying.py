"""
Deploy and remove the stack: the CDK app of this package, run by the `cdk` command of npm.

The app needs what the image is built from (Dockerfile, handler, state machine): the folder named by
`FANREEL_CDK_DIR`, the checkout that the package runs from, else what the wheel carries.
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

from fanreel.aws.deploy.templates import read_template
from fanreel.errors import InvalidConfig
from fanreel.files.checkout import carried_files, source_checkout, unpacked_checkout

CDK_DIR_VARIABLE = "FANREEL_CDK_DIR"
_APP = "app.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class CdkApp:
    """
    The CDK app and how to run it.

    Args:
        cdk_dir: The folder of `app.py`; the repository is the one above.
        stack_name: Which stack.
        context: Settings of the deployment (`stack_settings.py`), None left out.
        environment: Variables for the process besides this one's: credentials, region, endpoint.
    """

    cdk_dir: Path
    stack_name: str
    context: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def argv(self, action: str, *options: str) -> list[str]:
        """Return the command line of `cdk` *action*."""
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
            "PATH": search_path(),
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
        """Return the stack's template. Raises as `run()`."""
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
    place = given if given is not None else source_checkout() / "cdk"
    if (place / _APP).is_file() and (place.resolve().parent / "Dockerfile").is_file():
        return place.resolve()
    carried = carried_files() if given is None else None
    if carried is not None:
        return unpacked_checkout(carried) / "cdk"
    raise InvalidConfig(
        f"no fanreel CDK app in {place}: name the cdk folder of a checkout with --cdk-dir or "
        f"{CDK_DIR_VARIABLE}, or install fanreel's wheel, which carries it"
    )


def search_path() -> str:
    """Return PATH, and behind it where the `cdk` extra puts Node.js: beside this interpreter."""
    return os.pathsep.join(filter(None, [os.environ.get("PATH"), str(Path(sys.executable).parent)]))


def cdk_command(cdk_dir: Path) -> list[str]:
    """
    Return how to call `cdk`: as installed beside the app, as on PATH, else fetched by `npx`.

    Raises:
        InvalidConfig: There is no npm either. Terminal.
    """
    installed = cdk_dir / "node_modules" / ".bin" / "cdk"
    if installed.is_file():
        return [str(installed)]
    path = search_path()
    if found := shutil.which("cdk", path=path):
        return [found]
    if shutil.which("npx", path=path) is None:
        raise InvalidConfig(
            "deploying needs Node.js (npm), which runs the `cdk` command; install it, or "
            "`pip install 'fanreel[aws,cdk]'`, which brings it"
        )
    pinned = json.loads((cdk_dir / "package.json").read_text())["devDependencies"]["aws-cdk"]
    return ["npx", "--yes", f"aws-cdk@{pinned}"]


def session_environment(session: Any, endpoint_url: str | None) -> dict[str, str]:
    """Return the variables that make `cdk` act as a boto3 session does."""
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
