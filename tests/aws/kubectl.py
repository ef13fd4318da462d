"""As much of kubectl as docs/kubernetes/render.sh calls: Jobs are run here, pod by pod."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def run_pod(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a container; give its exit status and its log."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    return done.returncode, done.stdout


def apply(folder: Path) -> int:
    """Run a Job's container once for each index, again while it says that this may help."""
    job = yaml.safe_load(sys.stdin.read())
    spec, name = job["spec"], job["metadata"]["name"]
    (container,) = spec["template"]["spec"]["containers"]
    (rule,) = spec["podFailurePolicy"]["rules"]
    given = {one["name"]: one["value"] for one in container["env"]}
    command = [sys.executable, *container["command"][1:], *container["args"]]
    final = rule["onExitCodes"]["values"]
    state, last = "complete", ""
    for index in range(spec["completions"]):
        environment = os.environ | given | {"JOB_COMPLETION_INDEX": str(index)}
        status, last = run_pod(command, environment)
        retries = spec["backoffLimitPerIndex"]
        while status not in (0, *final) and retries > 0:
            status, last = run_pod(command, environment)
            retries -= 1
        if status != 0:
            state = "failed"
            break
    (folder / name).write_text(json.dumps({"state": state, "log": last}))
    return 0


def main() -> int:
    """Do what the arguments say."""
    folder = Path(os.environ["KUBECTL_FOLDER"])
    verb = sys.argv[1]
    if verb == "delete":
        return 0
    if verb == "apply":
        return apply(folder)
    (job,) = (one.removeprefix("job/") for one in sys.argv if one.startswith("job/"))
    told = json.loads((folder / job).read_text())
    if verb == "wait":
        return 0 if f"--for=condition={told['state']}" in sys.argv else 1
    sys.stdout.write(told["log"].splitlines()[-1] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
