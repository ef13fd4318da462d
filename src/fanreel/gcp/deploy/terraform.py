"""
Terraform run on the module that comes along (`terraform/gcp`).

Its state lies in a bucket of its own, which the service has no rights in: whoever may deploy finds
it there, on any machine. Both buckets are made before; that of renders is handed to Terraform by an
import.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fanreel.errors import InvalidConfig, UnexpectedError

_STDERR = 2  # of the process, whatever `sys.stderr` is
PROGRAMS = ("terraform", "tofu")
MODULE = Path("terraform") / "gcp"
STATE_PREFIX = "terraform"
_BUCKET = "module.fanreel.google_storage_bucket.renders"
_IMAGES = "module.fanreel.google_artifact_registry_repository.images"
_MISSING = (
    "deploying to Google Cloud needs Terraform: install it (https://developer.hashicorp.com/"
    "terraform/install) or OpenTofu (https://opentofu.org/docs/intro/install), so that "
    "`terraform` or `tofu` is on the PATH"
)


def find_program() -> str:
    """Return Terraform's program, or OpenTofu's. Raises `InvalidConfig` where there is neither."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise InvalidConfig(_MISSING)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A folder with the root module of one deployment."""

    folder: Path
    module: Path
    """Of `terraform/gcp`, in a checkout or as the wheel carries it."""
    bucket: str
    state_bucket: str
    variables: Mapping[str, Any]
    """Of the module: project, region, name, image_uri and what else differs from its defaults."""
    program: str = field(default_factory=find_program)

    def text(self) -> str:
        """Return the root module."""
        given = {"source": str(self.module), "bucket_name": self.bucket, **self.variables}
        lines = "\n".join(f"  {name} = {_literal(value)}" for name, value in given.items())
        return f"""\
terraform {{
  backend "gcs" {{
    bucket = {_literal(self.state_bucket)}
    prefix = {_literal(STATE_PREFIX)}
  }}
}}

import {{
  to = {_BUCKET}
  id = {_literal(self.bucket)}
}}

module "fanreel" {{
{lines}
}}
"""

    def prepare(self) -> None:
        """Write the root module, and have Terraform fetch what it needs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "main.tf").write_text(self.text())
        self.run("init", "-input=false", "-reconfigure")

    def apply_registry(self) -> None:
        """Make the registry, into which the image is pushed before the rest can be."""
        self.run("apply", "-input=false", "-auto-approve", f"-target={_IMAGES}")

    def plan(self) -> None:
        """Show what would change."""
        self.run("plan", "-input=false")

    def apply(self) -> None:
        """Deploy."""
        self.run("apply", "-input=false", "-auto-approve")

    def destroy(self) -> None:
        """Remove all but the bucket of renders."""
        # Without it Terraform would stop at a bucket that is not empty, having removed the rest.
        main = self.folder / "main.tf"
        self.run("state", "rm", _BUCKET, may_fail=True)
        main.write_text(_without_import(main.read_text()))
        self.run("destroy", "-input=false", "-auto-approve")

    def run(self, *arguments: str, may_fail: bool = False) -> None:
        """
        Run Terraform; what it says goes to standard error.

        Raises:
            UnexpectedError: It failed, as it has said. Terminal.
        """
        command = [self.program, f"-chdir={self.folder}", *arguments]
        done = subprocess.run(command, stdout=_STDERR, check=False)
        if done.returncode != 0 and not may_fail:
            raise UnexpectedError(
                f"{' '.join(command)} ended with {done.returncode}; what it says above tells why"
            )


def _literal(value: Any) -> str:
    """Return a value as HCL writes it; `$` and `%` before a brace would begin an expression."""
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def _without_import(text: str) -> str:
    head, _, rest = text.partition("import {")
    return head + rest.partition("}\n\n")[2]
