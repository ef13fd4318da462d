"""A deployment: its bucket, its settings, its image, and Terraform for the rest."""

import difflib
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.cloud.storage import Client

from fanreel.errors import InvalidConfig, UnexpectedError
from fanreel.files.checkout import carried_files, source_checkout, unpacked_checkout
from fanreel.gcp.deploy.terraform import MODULE, Root
from fanreel.gcp.storage.failures import gcs_failures
from fanreel.gcp.storage.gcs_client import gs_uri
from fanreel.gcp.storage.gcs_store import GcsObjectStore

_STDERR = 2  # of the process, whatever `sys.stderr` is
_SETTINGS = "settings.json"
_PLACE = ("project", "region", "name", "image_uri", "bucket_name")
"""Variables of the module that have options of their own."""


def find_checkout() -> Path:
    """Return a folder with Dockerfile and module: the checkout, or what the wheel carries of it."""
    place = source_checkout()
    if (place / MODULE / "main.tf").is_file() and (place / "Dockerfile").is_file():
        return place
    carried = carried_files()
    if carried is None:
        raise InvalidConfig("no module of fanreel's for Terraform: install fanreel's wheel")
    return unpacked_checkout(carried)


def known_settings(module: Path) -> list[str]:
    """Return what the module lets a deployment choose."""
    names = re.findall(r'^variable "(\w+)"', (module / "variables.tf").read_text(), re.MULTILINE)
    return [name for name in names if name not in _PLACE]


def parse_settings(texts: list[str], known: list[str]) -> dict[str, Any]:
    """
    Read `NAME=VALUE`, the value as JSON where it is some; an empty one is None, for the default.

    Raises:
        InvalidConfig: There is no such setting, and the nearest one is named. Terminal.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InvalidConfig(
                f"--set {text}: allowed: NAME=VALUE{hint} Known: {', '.join(sorted(known))}"
            )
        try:
            found[name] = json.loads(value) if value else None
        except ValueError:
            found[name] = value
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a deployment is."""

    project: str
    region: str
    name: str

    @property
    def bucket(self) -> str:
        """Its bucket."""
        return f"{self.project}-{self.name}"

    @property
    def state_bucket(self) -> str:
        """
        Where Terraform's state and the settings are.

        Whoever may write them decides what the next deployment does: the service may not.
        """
        return f"{self.bucket}-state"

    @property
    def registry(self) -> str:
        """Where its images go."""
        return f"{self.region}-docker.pkg.dev/{self.project}/{self.name}"


def ensure_buckets(place: Place, client: Client) -> None:
    """Make both buckets, closed to the public, unless they are there; Terraform does the rest."""
    for name in (place.state_bucket, place.bucket):
        with gcs_failures(gs_uri(name)):
            if client.lookup_bucket(name) is not None:
                continue
            bucket = client.bucket(name)
            bucket.iam_configuration.uniform_bucket_level_access_enabled = True
            bucket.iam_configuration.public_access_prevention = "enforced"
            client.create_bucket(bucket, project=place.project, location=place.region)


def require_buckets(place: Place, client: Client) -> None:
    """
    Refuse a deployment that was never begun: all that is known of one is in its buckets.

    Raises:
        InvalidConfig: One of them is not there. Terminal.
    """
    for name in (place.bucket, place.state_bucket):
        with gcs_failures(gs_uri(name)):
            if client.lookup_bucket(name) is None:
                raise InvalidConfig(
                    f"there is no deployment {place.name} in {place.project}: no bucket {name}; "
                    "`deploy` makes it, or correct --project and --name"
                )


def chosen_settings(
    place: Place, store: GcsObjectStore, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what was deployed with, *given* over it; None goes back to the default."""
    found = store.read_version(gs_uri(place.state_bucket, _SETTINGS))
    merged = {**(json.loads(found[0]) if found else {}), **given}
    return {name: value for name, value in merged.items() if value is not None}


def keep_settings(place: Place, store: GcsObjectStore, settings: Mapping[str, Any]) -> None:
    """Keep what is deployed with, for the next deployment."""
    store.write_bytes(gs_uri(place.state_bucket, _SETTINGS), json.dumps(settings).encode())


def root_of(place: Place, folder: Path, image_uri: str, settings: Mapping[str, Any]) -> Root:
    """Return Terraform's root module of a deployment."""
    where = {"project": place.project, "region": place.region, "name": place.name}
    return Root(
        folder=folder,
        module=find_checkout() / MODULE,
        bucket=place.bucket,
        state_bucket=place.state_bucket,
        variables={**where, "image_uri": image_uri, **settings},
    )


def push_image(image_uri: str) -> None:
    """Build the image and push it. Raises `UnexpectedError` where Docker fails."""
    folder = find_checkout()
    for command in (
        ["docker", "build", "--platform", "linux/amd64", "--tag", image_uri, str(folder)],
        ["docker", "push", image_uri],
    ):
        done = subprocess.run(command, stdout=_STDERR, check=False)
        if done.returncode != 0:
            raise UnexpectedError(
                f"{' '.join(command)} ended with {done.returncode}; to push, Docker needs "
                f"`gcloud auth configure-docker {image_uri.partition('/')[0]}`"
            )


def delete_buckets(place: Place, store: GcsObjectStore) -> int:
    """Delete both buckets with everything in them; gives how many objects renders had left."""
    _delete(place.state_bucket, store)
    return _delete(place.bucket, store)


def _delete(name: str, store: GcsObjectStore) -> int:
    uri = gs_uri(name)
    deleted = store.delete_objects(found.uri for found in store.list_objects(uri))
    with gcs_failures(uri):
        store.client.bucket(name).delete()
    return deleted
