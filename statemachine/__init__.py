"""The Step Functions state machine: plan, render the chunks, assemble the video."""

from statemachine.announcement import announcement
from statemachine.definition import definition

__all__ = ["announcement", "definition"]
