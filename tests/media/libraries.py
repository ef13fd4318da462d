"""The libraries that compositions of the tests use, from npm."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

LIBRARIES = (
    "gsap@3.15",
    "animejs@4.5",
    "d3@7.9",
    "lottie-web@5.13",
    "leaflet@1.9",
    "three@0.187",
    "@lottiefiles/dotlottie-web@0.80",
    "@fontsource-variable/martian-mono@5.3",
    "@fontsource/inter@5.3",
    "@hyperframes/shader-transitions@0.8",
)


def install_libraries() -> Path:
    """Install them once per machine; give their `node_modules`."""
    name = hashlib.sha256(" ".join(LIBRARIES).encode()).hexdigest()[:12]
    target = Path(tempfile.gettempdir()) / f"fanreel-test-libraries-{name}"
    if not target.is_dir():
        aside = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
        command = ["npm", "install", "--prefix", str(aside), "--no-audit", "--no-fund", *LIBRARIES]
        subprocess.run([*command, "--silent", "--ignore-scripts"], check=True, timeout=120)
        try:
            aside.rename(target)
        except OSError:  # another run was quicker
            shutil.rmtree(aside)
    return target / "node_modules"
