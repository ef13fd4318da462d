"""
Where everything lies in the bucket; nothing else spells a key. A bucket is any URI in it.

    sites/<site_id>/site.json            one uploaded project: its paths and digests, written last
    sites/files/ab/<sha256>              project files, shared by all sites
    blobs/sha256/ab/<sha256>             plan artifacts, shared by all renders
    renders/<id>/plan.json               the plan's manifest, written last
    renders/<id>/variables-<hash>.json   variables too big for the execution's input
    renders/<id>/cancelled               there: workers stop
    renders/<id>/started.json            who runs it, where an execution cannot have its name
    renders/<id>/progress/               see `invocations.py`
    renders/<id>/progress.json           the same in short, for those who may not list; if wanted
    renders/<id>/report.html             its report, if somebody kept it there
    segments/<plan_hash>/<start>-<end>.<ext>
    outputs/<id>.<ext>                   final videos

`INTERMEDIATE_PREFIXES` may expire: a render refreshes what it finds and still needs (see
`store.REFRESH_AFTER_S`). Sites and outputs are kept until somebody deletes them.
"""

import re

from fanreel.errors import InvalidConfig
from fanreel.formats import FORMATS
from fanreel.storage.uris import ObjectUri

SITES = "sites/"
SITE_FILES = "sites/files/"
SITE_MANIFEST = "site.json"
BLOBS = "blobs/sha256/"
RENDERS = "renders/"
PLAN_MANIFEST = "plan.json"
CANCELLED = "cancelled"
STARTED = "started.json"
PROGRESS = "progress/"
PROGRESS_DOCUMENT = "progress.json"
REPORT = "report.html"
SEGMENTS = "segments/"
OUTPUTS = "outputs/"
INTERMEDIATE_PREFIXES = ("blobs/", "renders/", "segments/")
"""What an expiry rule may clear; at least one day old, as clouds count in days."""

OUTPUT_EXTENSIONS = {name: spec.stored_extension for name, spec in FORMATS.items()}
"""A PNG sequence is stored as one archive; as single objects if the URI ends in `/`."""

# Also an execution name, a path component and a metric dimension.
_RENDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def require_render_id(render_id: str) -> str:
    """
    Return *render_id* back if it can name an execution and a folder.

    Raises:
        InvalidConfig: It cannot. Terminal.
    """
    if not _RENDER_ID.fullmatch(render_id):
        raise InvalidConfig(
            f"render id {render_id!r}: allowed: 1 to 80 of A-Z a-z 0-9 _ -, "
            "starting with a letter or digit"
        )
    return render_id


def site_manifest(bucket: ObjectUri, site_id: str) -> ObjectUri:
    """Return the object that names a site's files."""
    return bucket.at(f"{SITES}{site_id}/{SITE_MANIFEST}")


def site_file(bucket: ObjectUri, sha256: str) -> ObjectUri:
    """Return the object of a project file with this digest."""
    return bucket.at(f"{SITE_FILES}{sha256[:2]}/{sha256}")


def blob(bucket: ObjectUri, sha256: str) -> ObjectUri:
    """Return the object of a plan artifact with this digest."""
    return bucket.at(f"{BLOBS}{sha256[:2]}/{sha256}")


def render(bucket: ObjectUri, render_id: str) -> ObjectUri:
    """Return a render's folder."""
    return bucket.at(f"{RENDERS}{require_render_id(render_id)}/")


def plan_manifest(render_folder: ObjectUri) -> ObjectUri:
    """Return the plan's manifest in a render's folder."""
    return render_folder.joined(PLAN_MANIFEST)


def cancelled(render_folder: ObjectUri) -> ObjectUri:
    """Return the marker whose presence cancels a render."""
    return render_folder.joined(CANCELLED)


def started(render_folder: ObjectUri) -> ObjectUri:
    """Return what says which execution a render is."""
    return render_folder.joined(STARTED)


def progress(render_folder: ObjectUri) -> ObjectUri:
    """Return the folder of a render's live counters and records."""
    return render_folder.joined(PROGRESS)


def progress_document(render_folder: ObjectUri) -> ObjectUri:
    """Return the document that says how far a render is."""
    return render_folder.joined(PROGRESS_DOCUMENT)


def report(render_folder: ObjectUri) -> ObjectUri:
    """Return where a render's report is kept."""
    return render_folder.joined(REPORT)


def segments(bucket: ObjectUri, plan_hash: str) -> ObjectUri:
    """Return the folder of a plan's segments."""
    return bucket.at(f"{SEGMENTS}{plan_hash}/")


def output(bucket: ObjectUri, render_id: str, output_format: str) -> ObjectUri:
    """Return where a render's video goes when nobody says otherwise."""
    extension = OUTPUT_EXTENSIONS[output_format]
    return bucket.at(f"{OUTPUTS}{require_render_id(render_id)}{extension}")


def require_output(uri: ObjectUri, output_format: str) -> None:
    """
    Refuse a name that no video of this format may have; the one check of client and function.

    Where it may lie is another question: `OutputPlaces`.

    Raises:
        InvalidConfig: It has an extension that the format has not. Terminal.
    """
    allowed = [OUTPUT_EXTENSIONS[output_format]]
    if FORMATS[output_format].is_directory:
        allowed.append("/")
    if not uri.key.endswith(tuple(allowed)):
        raise InvalidConfig(
            f"OutputS3Uri {uri}: for format {output_format!r} it ends in {' or '.join(allowed)}"
        )


STILL_EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp")


def require_still(uri: ObjectUri) -> None:
    """
    Refuse a name that no picture may have; the one check of client and function.

    Raises:
        InvalidConfig: No kind of picture. Terminal.
    """
    if not uri.key.endswith(STILL_EXTENSIONS):
        raise InvalidConfig(f"OutputS3Uri {uri}: a still ends in {', '.join(STILL_EXTENSIONS)}")
