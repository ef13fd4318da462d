"""Before a render starts: everything about it checked, its project uploaded, its cost foretold."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig
from fanreel.files.budget import within_cap
from fanreel.files.project import within_root
from fanreel.remote.batches import BatchLine, batch_requests
from fanreel.remote.cloud import Cloud
from fanreel.remote.estimates import (
    DEFAULT_PROBE_FRAMES,
    Cost,
    Estimate,
    require_affordable,
    require_affordable_batch,
)
from fanreel.remote.inputs import RenderRequest, build_request, parse_config
from fanreel.storage import layout
from fanreel.storage.fetching import borrowed_project
from fanreel.storage.projects import HTTPS, parse_project
from fanreel.storage.sites import Site, site_of, upload_site

Config = RenderConfig | Mapping[str, Any] | None
Project = Path | str | Site
Folder = Path | str | None


def _is_uri(project: Project) -> bool:
    return isinstance(project, str) and project.startswith(("s3://", "gs://", HTTPS))


def _require_page(project_dir: Path, entry_file: str) -> None:
    if not (project_dir / entry_file).is_file():
        raise InvalidConfig(
            f"{project_dir} holds no {entry_file}; name the folder of the composition, or its "
            "page as the entry file",
            project=str(project_dir),
        )


class Preparation:
    """What one deployment takes, and what it would cost."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def request(
        self, project: Project, config: Config, root_dir: Folder, **given: Any
    ) -> RenderRequest:
        """Check a render, then upload its project. Raises as `RenderClient.request()`."""
        checked = self.check(project, config, **given)
        if _is_uri(project):
            return checked
        site = project if isinstance(project, Site) else self.upload(project, root_dir)
        return dataclasses.replace(checked, project_uri=site.uri)

    def upload(self, project_dir: Path | str, root_dir: Folder, name: str | None = None) -> Site:
        """Upload a project. Raises as `RenderClient.deploy_site()`."""
        root = None if root_dir is None else Path(root_dir)
        bucket = self._cloud.deployment.root
        return upload_site(Path(project_dir), bucket, self._cloud.store, root, name)

    def check(self, project: Project, config: Config, **given: Any) -> RenderRequest:
        """
        Check what `build_request()` can, and that a folder has its page.

        Raises:
            InvalidConfig, S3UriNotAllowed: As `build_request()`. Terminal.
        """
        deployment = self._cloud.deployment
        stand_in = str(layout.site_manifest(deployment.root, "unknown"))
        checked = build_request(
            project_uri=str(project) if _is_uri(project) else stand_in,
            config=config,
            **self._allowed(),
            **given,
        )
        if not _is_uri(project) and not isinstance(project, Site):
            _require_page(Path(project), checked.config.entry_file)
        return checked

    def batch(
        self, lines: Sequence[BatchLine], config: Config, uri: str, **given: Any
    ) -> list[RenderRequest]:
        """Check every line of a batch. Raises as `batch_requests()`."""
        return batch_requests(lines, project_uri=uri, config=config, **self._allowed(), **given)

    def _allowed(self) -> dict[str, Any]:
        deployment = self._cloud.deployment
        return {
            "bucket": deployment.root,
            "output_buckets": deployment.output_buckets,
            "project_sources": deployment.project_sources,
            "functions": deployment.function_names,
            "max_input_bytes": self._cloud.max_input_bytes,
        }

    def uri_of(self, project: Project, root_dir: Folder) -> str:
        """Return where *project* is, or will be once it is uploaded."""
        if _is_uri(project):
            return str(project)
        if isinstance(project, Site):
            return project.uri
        root = None if root_dir is None else Path(root_dir)
        return site_of(Path(project), self._cloud.deployment.root, root).uri

    def require_affordable(
        self,
        project: Project,
        requests: Sequence[RenderRequest],
        max_cost_usd: float,
        root_dir: Folder,
    ) -> None:
        """
        Refuse renders of *project* that are estimated to cost more together.

        Raises:
            InvalidConfig: They are. Terminal.
        """
        with self._local(project, requests[0].config.entry_file, root_dir) as (folder, root):

            def estimate(config: RenderConfig) -> Estimate[Cost]:
                first = requests[0]
                return self.estimate(
                    folder,
                    config,
                    root_dir=root,
                    max_concurrency=first.max_concurrency,
                    function=first.function,
                )

            if len(requests) == 1:
                require_affordable(estimate(requests[0].config), max_cost_usd)
            else:
                configs = [request.config for request in requests]
                require_affordable_batch(configs, max_cost_usd, estimate)

    def estimate(
        self,
        project_dir: Path | str,
        config: Config,
        *,
        probe_frames: int = DEFAULT_PROBE_FRAMES,
        root_dir: Folder = None,
        max_concurrency: int | None = None,
        function: str | None = None,
    ) -> Estimate[Cost]:
        """Foretell time and cost. Raises as `RenderClient.estimate()`."""
        folder, checked = within_root(Path(project_dir), parse_config(config), root_dir)
        cap = self._cloud.deployment.settings.get("plan_dir_size_limit_bytes")
        if cap is not None:
            checked = within_cap(checked, cap)
        return self._cloud.estimate(
            folder,
            checked,
            probe_frames=probe_frames,
            max_concurrency=max_concurrency,
            function=function,
        )

    @contextlib.contextmanager
    def _local(
        self, project: Project, entry_file: str, root_dir: Folder
    ) -> Iterator[tuple[Path, Path | None]]:
        """Yield *project* as a folder on this machine, and the one around it that it may use."""
        if not _is_uri(project) and not isinstance(project, Site):
            yield Path(project), None if root_dir is None else Path(root_dir)
            return
        uri = parse_project(project.uri if isinstance(project, Site) else str(project))
        sources = self._cloud.deployment.project_sources
        with borrowed_project(self._cloud.store, uri, entry_file, sources) as folders:
            yield folders
