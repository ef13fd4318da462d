"""What an execution may take, and what a deployment tells the workflow by its environment."""

AT_ONCE = 20
"""An execution runs at most 20 iterations at once; more of them wait for their turn."""
CHUNK_LIMIT = 1000
"""Of eleven rounds each, they take 93,000 of the 100,000 steps that an execution may take."""
CALL_TIMEOUT_S = 1800
"""The longest that a step may wait for an answer; the service answers before, see `Done`."""

SERVICE_URL = "FANREEL_SERVICE_URL"
BUCKET = "FANREEL_RENDER_BUCKET"
MAX_CONCURRENCY = "FANREEL_MAX_CONCURRENCY"
CONCURRENCY_LIMIT = "FANREEL_CONCURRENCY_LIMIT"
MAX_RENDER_COST = "FANREEL_MAX_RENDER_COST_USD"
RENDER_TIMEOUT = "FANREEL_RENDER_TIMEOUT_S"
ENVIRONMENT = {
    SERVICE_URL: None,
    BUCKET: None,
    MAX_CONCURRENCY: str(AT_ONCE),
    CONCURRENCY_LIMIT: "0",
    MAX_RENDER_COST: "0",
    RENDER_TIMEOUT: str(24 * 3600),
}
"""Environment variables of the workflow, and what each is unless it is set; 0 is no limit."""
DEPLOYED = "FANREEL_DEPLOYED"
"""One more, which clients read: what was deployed, as JSON."""
