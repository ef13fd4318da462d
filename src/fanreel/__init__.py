"""Plan a composition, render its chunks, assemble the video."""
