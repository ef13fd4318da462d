"""The npm registry that packages are fetched from, by fanreel's setting or npm's."""

import re
from collections.abc import Mapping

from fanreel.files.kept_dirs import home_dir

REGISTRY_VARIABLE = "FANREEL_NPM_REGISTRY"
DEFAULT_REGISTRY = "https://registry.npmjs.org"
_REGISTRY_LINE = re.compile(r"^\s*registry\s*=\s*(\S+)\s*$", re.MULTILINE)


def npm_registry(environ: Mapping[str, str]) -> str:
    """Return the npm registry that fanreel, or else npm, is told to use."""
    for name in (REGISTRY_VARIABLE, "npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if environ.get(name, "").strip():
            return environ[name].strip().rstrip("/")
    try:
        settings = (home_dir(environ) / ".npmrc").read_text(encoding="utf-8")
    except (OSError, ValueError):
        settings = ""
    lines = _REGISTRY_LINE.findall(settings)
    return (lines[-1] if lines else DEFAULT_REGISTRY).rstrip("/")
