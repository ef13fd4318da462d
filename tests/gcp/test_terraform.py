"""Terraform's module for Google Cloud: it fits workflow and image, and gives no more rights."""

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from fanreel.gcp.workflow.settings import AT_ONCE, CALL_TIMEOUT_S, DEPLOYED, ENVIRONMENT
from fanreel.storage.layout import INTERMEDIATE_PREFIXES

MODULES = Path(__file__).parents[2] / "terraform"
Blocks = dict[str, list[dict[str, Any]]]


def read_module(folder: Path) -> Blocks:
    """Return a module's blocks by their kind."""
    merged: Blocks = {}
    for path in sorted(folder.glob("*.tf")):
        with path.open() as file:
            for kind, blocks in hcl2.load(file).items():
                merged.setdefault(kind, []).extend(blocks)
    return merged


@pytest.fixture(scope="module")
def module() -> Blocks:
    """The module for Google Cloud."""
    return read_module(MODULES / "gcp")


def resources(module: Blocks, kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of one kind by name."""
    found = [block[f'"{kind}"'] for block in module["resource"] if f'"{kind}"' in block]
    return {name.strip('"'): body for one in found for name, body in one.items()}


def only(module: Blocks, kind: str) -> dict[str, Any]:
    """Return the one resource of its kind."""
    (body,) = resources(module, kind).values()
    return body


@pytest.mark.parametrize("name", ["aws", "gcp"])
def test_every_provider_has_a_bound(name: str) -> None:
    """So that a later one, which may read a module otherwise, is somebody's decision."""
    (settings,) = read_module(MODULES / name)["terraform"]
    (providers,) = settings["required_providers"]
    versions = [one["version"] for one in providers.values() if isinstance(one, dict)]
    assert versions
    assert all("~>" in version or "<" in version for version in versions)


def test_every_variable_is_declared_and_used(module: Blocks) -> None:
    """And no other is read."""
    declared = {name.strip('"') for block in module["variable"] for name in block}
    assert set(re.findall(r"var\.(\w+)", str(module))) == declared


def test_videos_outlive_the_deployment(module: Blocks) -> None:
    """A bucket that holds anything stops a destroy, unless it is said otherwise."""
    bucket = only(module, "google_storage_bucket")
    assert bucket["force_destroy"] == "${!var.keep_bucket}"
    (keep,) = (block['"keep_bucket"'] for block in module["variable"] if '"keep_bucket"' in block)
    assert keep["default"] is True


def test_what_expires_is_what_may(module: Blocks) -> None:
    """Plans, segments and progress as on AWS; of the rest only what has a custom time."""
    rules = only(module, "google_storage_bucket")["lifecycle_rule"]
    deleting = [rule for rule in rules if "Delete" in rule["action"][0]["type"]]
    condition, by_custom_time = (rule["condition"][0] for rule in deleting)
    assert by_custom_time == {"__is_block__": True, "days_since_custom_time": 1}
    expiring = [prefix.strip('"') for prefix in condition["matches_prefix"]]
    assert sorted(expiring) == sorted(INTERMEDIATE_PREFIXES)
    assert condition["age"] == "${var.expiry_days}"


def test_nobody_has_more_rights_than_it_needs(module: Blocks) -> None:
    """The service: objects of buckets; the workflow: to call it. No right is a project's."""
    members = {
        (kind.strip('"'), name.strip('"')): body
        for block in module["resource"]
        for kind, found in block.items()
        for name, body in found.items()
        if "_iam_" in kind
    }
    given = {(body["member"], body["role"].strip('"'), kind) for (kind, _), body in members.items()}
    service, workflow = (
        f"${{google_service_account.{one}.member}}" for one in ("service", "workflow")
    )
    bucket = "google_storage_bucket_iam_member"
    assert given == {
        (service, "roles/storage.objectUser", bucket),
        (service, "roles/storage.objectViewer", bucket),
        (workflow, "roles/run.invoker", "google_cloud_run_v2_service_iam_member"),
    }
    (invoked,) = (body for (_, name), body in members.items() if name == "workflow")
    assert invoked["name"] == "${google_cloud_run_v2_service.render.name}"
    assert "allUsers" not in str(module)


def test_the_workflow_gets_its_environment(module: Blocks) -> None:
    """Each variable that it reads, the text that the generator made, and its own account."""
    workflow = only(module, "google_workflows_workflow")
    given = {name.strip('"') for name in workflow["user_env_vars"] if not name.startswith("__")}
    assert given == {*ENVIRONMENT, DEPLOYED}
    assert "render.workflow.yaml" in workflow["source_contents"]
    assert workflow["service_account"] == "${google_service_account.workflow.id}"


def test_a_request_is_answered_before_the_workflow_gives_up(module: Blocks) -> None:
    """With a minute to store what was begun, one request an instance, as long as may be."""
    assert CALL_TIMEOUT_S == 1800
    (found,) = (
        block["answer_within_s"] for block in module["locals"] if "answer_within_s" in block
    )
    assert re.sub(r"\s", "", found) == "${min(var.request_timeout_s,1800)-60}"
    (template,) = only(module, "google_cloud_run_v2_service")["template"]
    assert template["max_instance_request_concurrency"] == 1
    assert "request_timeout_s" in template["timeout"]
    defaults = {
        name.strip('"'): body.get("default")
        for block in module["variable"]
        for name, body in block.items()
    }
    assert defaults["request_timeout_s"] == 3600
    assert defaults["max_concurrency"] == AT_ONCE


def test_a_machine_that_there_is_not_is_refused_by_the_plan(module: Blocks) -> None:
    """Memory for its processors, `/tmp` in its memory: said before anything is changed."""
    (lifecycle,) = only(module, "google_cloud_run_v2_service")["lifecycle"]
    conditions = [one["condition"] for one in lifecycle["precondition"]]
    assert conditions == [
        "${var.memory_mb <= var.cpu * 4096}",
        "${local.tmp_mb <= var.memory_mb * 0.75}",
    ]


def test_every_service_that_is_asked_is_switched_on(module: Blocks) -> None:
    """In a new project: accounts, signed links and logs have APIs of their own."""
    (apis,) = (block["apis"] for block in module["locals"] if "apis" in block)
    needed = {f'"{name}.googleapis.com"' for name in ("iam", "iamcredentials", "logging")}
    assert needed <= set(apis)


def test_failed_renders_and_runaway_requests_raise_alarms(module: Blocks) -> None:
    """By the metrics that Workflows and Cloud Run count."""
    policies = resources(module, "google_monitoring_alert_policy")
    assert set(policies) == {"renders_failed", "runaway_requests"}
    for policy in policies.values():
        assert "email" in policy["notification_channels"]
    assert "finished_execution_count" in str(policies["renders_failed"])
    assert "max_requests_per_hour" in str(policies["runaway_requests"])
