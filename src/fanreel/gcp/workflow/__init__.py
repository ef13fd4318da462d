"""The workflow on Google Cloud: plan, render the chunks, assemble the video."""

from fanreel.gcp.workflow.definition import definition

__all__ = ["definition"]
