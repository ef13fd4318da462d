"""Print the state machine: `python -m statemachine > statemachine/render.asl.json`."""

import json
import sys

from statemachine.definition import definition

if __name__ == "__main__":
    sys.stdout.write(json.dumps(definition(), indent=2, ensure_ascii=False) + "\n")
