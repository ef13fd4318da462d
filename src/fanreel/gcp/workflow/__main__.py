"""Print the workflow: `python -m fanreel.gcp.workflow > terraform/gcp/render.workflow.yaml`."""

import json
import sys

import yaml

from fanreel.gcp.workflow.definition import definition

_HEAD = "# Made by `python -m fanreel.gcp.workflow`; change src/fanreel/gcp/workflow instead.\n"


def printed() -> str:
    """Return the workflow as the text that is deployed."""
    # Through JSON, so that no list is the same object in two places: YAML would write an alias.
    apart = json.loads(json.dumps(definition()))
    text: str = yaml.safe_dump(apart, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + text


if __name__ == "__main__":
    sys.stdout.write(printed())
