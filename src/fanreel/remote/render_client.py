"""`RenderClient`: start renders on what is deployed, watch them, fetch their videos."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from fanreel.errors import InvalidConfig, RenderCancelled
from fanreel.remote import executions, finished
from fanreel.remote.batches import (
    DEFAULT_MAX_CONCURRENT,
    check_lines,
    checked_item,
    read_batch,
    run_batch,
)
from fanreel.remote.cloud import Cloud
from fanreel.remote.estimates import DEFAULT_PROBE_FRAMES, Cost, Estimate
from fanreel.remote.inputs import RenderRequest, new_render_id
from fanreel.remote.preparing import Config, Preparation
from fanreel.remote.reporting import write_report
from fanreel.remote.results import (
    BatchItem,
    Download,
    Progress,
    RenderSummary,
    StartedRender,
    Status,
)
from fanreel.remote.stills import RemoteStill, still_uri, take_still
from fanreel.remote.watching import Watcher
from fanreel.storage import layout
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.sites import Site, delete_site, list_sites
from fanreel.storage.uris import ObjectUri

_FIRST_POLL_S = 0.25


class RenderClient:
    """
    Renders on one deployment, whatever cloud it is in. Thread-safe.

    Args:
        cloud: The deployment, and how to reach it.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._watcher = Watcher(cloud)
        self._preparation = Preparation(cloud)

    @property
    def command(self) -> str:
        """What the commands of its cloud begin with."""
        return self._cloud.command

    @property
    def root(self) -> ObjectUri:
        """Its bucket."""
        return self._cloud.deployment.root

    @property
    def outputs(self) -> OutputStores:
        """What holds outputs, wherever they lie."""
        return self._cloud.outputs

    def deploy_site(
        self,
        project_dir: Path | str,
        *,
        root_dir: Path | str | None = None,
        name: str | None = None,
    ) -> Site:
        """
        Upload a project; files the bucket has already are not sent again.

        Args:
            project_dir: Uploaded whole, but for what is never part of a project.
            root_dir: A folder around it, of which goes along what the project uses.
            name: Leads to this project from now on: `sites/<name>/site.json` stays, and renders
                that are planned later take what it then holds.
        Raises:
            AssetNotFound: There is no such folder. Terminal.
            InvalidComposition: A link leaves it. Terminal.
            StorageUnavailable: The store did not answer. Retryable.
        """
        return self._preparation.upload(project_dir, root_dir, name)

    def list_sites(self) -> tuple[Site, ...]:
        """Return every deployed project, newest first."""
        return tuple(list_sites(self._cloud.deployment.root, self._cloud.store))

    def delete_site(self, site_id: str) -> int:
        """
        Delete a deployed project; gives how many objects that were.

        Raises:
            AssetNotFound: There is no such site. Terminal.
        """
        return delete_site(site_id, self._cloud.deployment.root, self._cloud.store)

    def request(  # noqa: PLR0913 (each is an option)
        self,
        project: Path | str | Site,
        config: Config = None,
        *,
        render_id: str | None = None,
        output_uri: str | None = None,
        max_concurrency: int | None = None,
        root_dir: Path | str | None = None,
        output_options: OutputOptions | Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
        cost_limit_usd: float | None = None,
        function: str | None = None,
    ) -> RenderRequest:
        """
        Check a render and upload its project, without starting it.

        Everything that can be known here is checked before the first byte is sent.
        """
        return self._preparation.request(
            project,
            config,
            root_dir,
            render_id=render_id,
            output_uri=output_uri,
            max_concurrency=max_concurrency,
            output=output_options,
            timeout_s=timeout_s,
            cost_limit_usd=cost_limit_usd,
            function=function,
        )

    def start_render(  # noqa: PLR0913 (each is an option)
        self,
        project: Path | str | Site,
        config: Config = None,
        *,
        render_id: str | None = None,
        output_uri: str | None = None,
        max_concurrency: int | None = None,
        max_cost_usd: float | None = None,
        root_dir: Path | str | None = None,
        output_options: OutputOptions | Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
        cost_limit_usd: float | None = None,
        function: str | None = None,
    ) -> StartedRender:
        """
        Start a render; the same *render_id* and input again is the same render.

        Args:
            project: A folder (uploaded first), a `Site`, the URI of a site or archive, or the
                https URL of an archive on one of the deployment's `project_hosts`.
            config: What to render: `RenderConfig`, or its camelCase JSON object.
            render_id: Names the render, for ever; None makes one up.
            output_uri: Where the video goes; None is `outputs/<render_id>` in the bucket.
            max_concurrency: Chunks at once; None leaves it to the deployment.
            max_cost_usd: Refuse to start what is estimated to cost more; see `estimate()`.
            root_dir: See `deploy_site()`.
            output_options: Storage class, download name, tags, expiry, and whether to overwrite.
            timeout_s: Its workers end the render after so long (`RENDER_TIMED_OUT`).
            cost_limit_usd: They end it once it has cost more (`RENDER_COST_LIMIT`).
            function: Which of the deployment's `functions` renders it; None is its default.
        Returns:
            Where the render is. `already_started` tells whether it had been started before.
        Raises:
            InvalidConfig: Something about it is not allowed, or the id is taken by a render with
                other input. Terminal.
            S3UriNotAllowed: A URI lies outside the deployment's bucket, and is no output to one of
                its `output_buckets`. Terminal.
            StorageUnavailable: The cloud did not answer. Retryable.
        """
        asked: dict[str, Any] = {
            "render_id": render_id,
            "output_uri": output_uri,
            "max_concurrency": max_concurrency,
            "timeout_s": timeout_s,
            "cost_limit_usd": cost_limit_usd,
            "function": function,
        }
        if max_cost_usd is not None:
            checked = self._preparation.check(project, config, output=output_options, **asked)
            self._preparation.require_affordable(project, [checked], max_cost_usd, root_dir)
        return self.start(
            self.request(project, config, root_dir=root_dir, output_options=output_options, **asked)
        )

    def start(self, request: RenderRequest) -> StartedRender:
        """Start what `request()` checked. Raises as `start_render()`."""
        return executions.start(self._cloud, request)

    def still(
        self,
        project: Path | str | Site,
        at_s: float | str | Fraction,
        config: Config = None,
        *,
        output_uri: str | None = None,
        render_id: str | None = None,
        root_dir: Path | str | None = None,
        function: str | None = None,
    ) -> RemoteStill:
        """
        Save the frame that a project shows at one moment as a picture in the bucket; wait for it.

        Args:
            project: As for `start_render()`.
            at_s: Time on the timeline in seconds.
            config: As for `start_render()`; size, variables and entry file count.
            output_uri: Below `outputs/`, ending in .png, .jpg or .webp; None is
                `outputs/<render_id>.png`.
            render_id: Names the picture; None makes one up.
            root_dir: See `deploy_site()`.
            function: As for `start_render()`.
        Raises:
            RenderError: As `start_render()`, and what the function raises.
        """
        try:
            moment = Fraction(str(at_s))
        except (ValueError, ZeroDivisionError):
            moment = Fraction(-1)
        if moment < 0:
            raise InvalidConfig(f"at_s = {at_s!r}: allowed: seconds from 0, such as 2.5")
        render_id = layout.require_render_id(render_id or new_render_id())
        uri = still_uri(
            self._cloud.deployment.root,
            render_id,
            output_uri,
            self._cloud.deployment.output_buckets,
        )
        request = self.request(
            project, config, render_id=render_id, root_dir=root_dir, function=function
        )
        return take_still(self._cloud, request, moment, uri)

    def render_batch(  # noqa: PLR0913 (each is an option)
        self,
        project: Path | str | Site,
        lines: Path | Iterable[Mapping[str, Any]],
        config: Config = None,
        *,
        max_concurrent: int = DEFAULT_MAX_CONCURRENT,
        max_cost_usd: float | None = None,
        dry_run: bool = False,
        poll_s: float = 2.0,
        root_dir: Path | str | None = None,
        output_options: OutputOptions | Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
        cost_limit_usd: float | None = None,
        function: str | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Iterator[BatchItem]:
        """
        Render one project once per line, a few at once; give each as it ends.

        Args:
            project: As for `start_render()`; uploaded once.
            lines: A JSON Lines file, or its objects.
            config: What the renders have in common.
            max_concurrent: Renders at once.
            max_cost_usd: Refuse to start any if all are estimated to cost more; see `estimate()`.
                Renders that differ in nothing but their variables are measured once.
            dry_run: Check all lines and give them as `CHECKED`, nothing sent.
            poll_s: Seconds between looks.
            root_dir: See `deploy_site()`.
            output_options: As for `start_render()`; those of a line are laid over them.
            timeout_s: Of each render, as for `start_render()`.
            cost_limit_usd: Of each render, as for `start_render()`.
            function: Of each render, as for `start_render()`.
            on_progress: Called with what each look at a render found.
        Raises:
            InvalidConfig: A line is wrong, or all cost more; every wrong line is named, none
                started. Terminal.
        """
        parsed = read_batch(lines) if isinstance(lines, Path) else check_lines(enumerate(lines, 1))
        prepared, options = self._preparation, OutputOptions.of(output_options)

        def requests(uri: str) -> list[RenderRequest]:
            return prepared.batch(
                parsed,
                config,
                uri,
                output=options,
                timeout_s=timeout_s,
                cost_limit_usd=cost_limit_usd,
                function=function,
            )

        # Checked before anything is sent, so that a bad line uploads nothing; the site is named by
        # its content, so ids and places are those that the renders will have.
        prepared.check(project, config)
        uri = prepared.uri_of(project, root_dir)
        checked = requests(uri)
        if max_cost_usd is not None:
            prepared.require_affordable(project, checked, max_cost_usd, root_dir)
        if dry_run:
            return iter([checked_item(index, request) for index, request in enumerate(checked)])
        sent = self.request(project, config, root_dir=root_dir).project_uri
        if sent != uri:  # it was edited meanwhile
            checked = requests(sent)
        return run_batch(
            checked,
            start=self.start,
            progress=self.progress,
            max_concurrent=max_concurrent,
            poll_s=poll_s,
            on_progress=on_progress,
        )

    def progress(self, render_id: str) -> Progress:
        """
        Tell where a render stands: one look at its execution and one LIST.

        Raises:
            InvalidConfig: There is no such render. Terminal.
            StorageUnavailable: The cloud did not answer. Retryable.
        """
        return self._watcher.progress(render_id)

    def wait(
        self,
        render_id: str,
        *,
        timeout_s: float | None = None,
        poll_s: float = 2.0,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Progress:
        """
        Wait until a render has ended well.

        Args:
            render_id: A render, running or ended.
            timeout_s: Longest wait; None waits as long as it takes.
            poll_s: Longest pause between looks; the first ones are shorter.
            on_progress: Called with what each look found.
        Raises:
            RenderError: It failed: of the class of its code, `render_id` and `aws_code` as facts.
            RenderCancelled: It was cancelled. Terminal.
            TimeoutError: It is still running after *timeout_s*; it goes on.
        """
        deadline = math.inf if timeout_s is None else time.monotonic() + timeout_s
        pause_s = min(_FIRST_POLL_S, poll_s)
        while not (now := self.progress(render_id)).finished:
            if on_progress is not None:
                on_progress(now)
            if time.monotonic() + pause_s > deadline:
                raise TimeoutError(f"render {render_id} still runs after {timeout_s:g} s")
            time.sleep(pause_s)
            pause_s = min(1.5 * pause_s, poll_s)
        if on_progress is not None:
            on_progress(now)
        if now.status == "SUCCEEDED":
            return now
        if now.failure is None:
            raise RenderCancelled(f"render {render_id} was stopped", render_id=render_id)
        raise now.failure.to_error(render_id)

    def cancel(self, render_id: str, reason: str = "cancelled by the caller") -> Progress:
        """
        Stop a render: its execution at once, its workers within about two seconds.

        They plan, render, assemble or transfer no further, and their browsers are ended. What a
        request to the store that is under way takes comes on top.

        Raises:
            InvalidConfig: There is no such render. Terminal.
            StorageUnavailable: The cloud did not answer. Retryable.
        """
        executions.cancel(self._cloud, render_id, reason)
        return self.progress(render_id)

    def redrive(self, render_id: str) -> StartedRender:
        """
        Go on with a render that failed or was cancelled, from where it stopped.

        Finished segments are found, not rendered again.

        Raises:
            InvalidConfig: There is no such render, or it did not fail. Terminal.
        """
        return executions.redrive(self._cloud, render_id)

    def download(self, render_id: str, path: Path | str) -> Download:
        """
        Fetch a finished video; the file appears whole or not at all.

        Args:
            render_id: A render that succeeded.
            path: A file to write, or a folder, into which it goes under its own name.
        Raises:
            InvalidConfig: The render has not succeeded. Terminal.
            AssetNotFound: Its video is gone. Terminal.
            StorageUnavailable: The store did not answer. Retryable.
        """
        return finished.download(self._cloud, render_id, Path(path))

    def presigned_url(
        self, render_id: str, *, expires_s: int = 3600, download_name: str | None = None
    ) -> str:
        """
        Return a link to a finished video that anyone may open for *expires_s* seconds.

        Args:
            render_id: A render that succeeded.
            expires_s: From 1 s to 7 days; a link ends with the session that signed it.
            download_name: Browsers save the video under this name; None lets them play it.
        Raises:
            InvalidConfig: The render has not succeeded, or a value is not allowed. Terminal.
            AssetNotFound: The video is gone. Terminal.
        """
        return finished.presign(self._cloud, render_id, expires_s, download_name)

    def progress_url(self, render_id: str, *, expires_s: int = 3600) -> str:
        """
        Return a link to a render's `progress.json`, which a browser may ask again and again.

        Of deployments with the setting `progress_document`; until a worker has begun it gives 404.

        Args:
            render_id: A render, also one that is about to be started.
            expires_s: From 1 s to 7 days; a link ends with the session that signed it.
        Raises:
            InvalidConfig: A value is not allowed. Terminal.
        """
        return finished.presign_progress(self._cloud, render_id, expires_s)

    def estimate(
        self,
        project_dir: Path | str,
        config: Config = None,
        *,
        probe_frames: int = DEFAULT_PROBE_FRAMES,
        root_dir: Path | str | None = None,
        max_concurrency: int | None = None,
        function: str | None = None,
    ) -> Estimate[Cost]:
        """
        Foretell time and cost by planning the project here and rendering a few frames of it.

        Needs Chromium on this machine, as `fanreel.render()` does. Where others keep the machine
        busy, CPU time is what counts. How many chunks run at once is asked of the account, where
        that can be.
        """
        return self._preparation.estimate(
            project_dir,
            config,
            probe_frames=probe_frames,
            root_dir=root_dir,
            max_concurrency=max_concurrency,
            function=function,
        )

    def report(
        self, render_id: str, path: Path | str, *, pictures: bool = True, keep: bool = False
    ) -> str:
        """
        Write the page of how a render went: who did what when, its slowest frames, memory, cost.

        Args:
            render_id: A render that was started; of one that runs the page tells as much as it can.
            path: The page, `.html`.
            pictures: Fetch the finished video, and show pictures of it; needs what renders need.
            keep: Put the page into the render's folder in the bucket too.
        Returns:
            Where the page is: *path*, or its URI if it was kept there.
        Raises:
            InvalidConfig: There is no such render. Terminal.
            StorageUnavailable: The store did not answer. Retryable.
        """
        path = Path(path)
        write_report(self._cloud, self._watcher, render_id, path, pictures=pictures)
        return str(finished.keep_report(self._cloud, render_id, path)) if keep else str(path)

    def cost(self, render_id: str) -> Cost:
        """
        Tell what a render has cost so far, from what its invocations were billed.

        Raises:
            InvalidConfig: There is no such render. Terminal.
        """
        return self._watcher.cost(render_id)

    def list_renders(
        self, *, status: Status | None = None, limit: int = 100
    ) -> tuple[RenderSummary, ...]:
        """Return the newest renders first; clouds remember them for 90 days."""
        return self._cloud.list_renders(status, limit)

    def delete_render(self, render_id: str, *, keep_video: bool = False) -> int:
        """
        Delete what a finished render keeps in the bucket; gives how many objects that were.

        Segments and plan artifacts are shared between renders, and expire by themselves.

        Raises:
            InvalidConfig: There is no such render, or it is still running. Terminal.
            StorageUnavailable: The store did not answer. Retryable.
        """
        return finished.delete(self._cloud, render_id, keep_video=keep_video)

    def logs(self, render_id: str, *, limit: int = 1000) -> Iterator[dict[str, Any]]:
        """
        Return the workers' log lines of a render, oldest first, as decoded JSON.

        Raises:
            InvalidConfig: There are no logs to read, or no such render. Terminal.
        """
        return self._watcher.logs(render_id, limit=limit)


__all__ = ["RenderClient"]
