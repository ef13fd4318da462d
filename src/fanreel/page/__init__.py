"""
What runs inside the page: real `.js` files, joined into one script.

Chromium runs the script in every frame, before any script of the page. Each file is a function
over one shared object, `globalThis.__fanreel`, called F in the sources; the head of each file
says what it adds to F.
"""

import functools
import importlib.resources
import json
from typing import Any

ORDER = (
    "real",
    "clock",
    "page_time",
    "random",
    "motion",
    "animations",
    "animation_api",
    "wallclock",
    "edges",
    "letters",
    "families",
    "generics",
    "ramps",
    "timing",
    "root_box",
    "host_boxes",
    "stacking",
    "clips",
    "timelines",
    "runtimes",
    "workers",
    "resources",
    "media_elements",
    "layers",
    "media",
    "variables",
    "bindings",
    "assets",
    "selectors",
    "scope_css",
    "sheets",
    "unique_ids",
    "declarations",
    "lookups",
    "scoped_gsap",
    "scoped_realm",
    "modules",
    "scripts",
    "composition_file",
    "nesting",
    "media_list",
    "style_images",
    "svg_stills",
    "svg_images",
    "sound_desk",
    "fonts",
    "grading_values",
    "grading_curves",
    "grading_colour",
    "grading_cube",
    "grading_table",
    "grading_blur",
    "grading_grain",
    "grading_dither",
    "grading_mono",
    "grading_tube",
    "grading_bleed",
    "grading_effects",
    "grading_finish",
    "grading_images",
    "grading",
    "vfx_values",
    "vfx_noise",
    "vfx_warp",
    "vfx",
    "describe",
    "readiness",
    "remote_frames",
    "compositing",
    "seek",
)
"""Files in the order they run: each uses only what the earlier ones added to F."""


def page_script(config: dict[str, Any]) -> str:
    """
    Give the script that makes a page's only clock the frame's time.

    Args:
        config: Facts for the page, JSON: `fpsNum`, `fpsDen`, `seed`, `variables`, `width`,
            `height`, `files`, `media`, and what single files name at their head.
    """
    # U+2028 and U+2029 are line ends in old JavaScript; `</` and `<!--` need no care here.
    told = config | {"workerScript": worker_script()}
    data = json.dumps(told, sort_keys=True).replace("\u2028", "\\u2028")
    return f"""\
// Once per document; and the shell around the composition keeps the real clock.
if (globalThis.__fanreel?.document !== document
  && !location.pathname.startsWith("/__fanreel__/")) {{
Object.defineProperty(globalThis, "__fanreelConfig", {{ value: {data}, configurable: true }});
{_source()}
}}
"""


@functools.cache
def worker_script() -> str:
    """Give the script that runs first in a dedicated worker: it goes by the page's clock."""
    file = importlib.resources.files(__name__).joinpath("worker_clock.js")
    return file.read_text(encoding="utf-8")


@functools.cache
def _source() -> str:
    folder = importlib.resources.files(__name__)
    files = (folder.joinpath(f"{name}.js") for name in ORDER)
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
