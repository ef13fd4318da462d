"""
Runs workflows as Google Cloud's Workflows does, as far as fanreel's needs it, and counts.

Limits of the real engine end an execution here too: steps, memory of variables (by the documented
sizes), depth of calls, iterations at once. Waits before retries are shortened.
Source: Workflows' reference: "Variables" (memory, scope), "Parallel steps", "Errors", "Retry
steps"; "Quotas and limits".
"""

import contextlib
import copy
import http.client
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.gcp.workflow_expressions import WorkflowError, fail
from tests.gcp.workflow_functions import functions
from tests.gcp.workflow_syntax import Routine, Step, Steps, read_workflow

MOST_STEPS = 100_000
MOST_BYTES = 512 * 1024
MOST_DEPTH = 20
MOST_AT_ONCE = 20
MOST_ARGUMENT_BYTES = 32 * 1024
WAIT_SCALE = 0.001


class CancelledExecution(Exception):
    """The execution was cancelled: no step begins any more."""


@dataclass(frozen=True, slots=True)
class _Jump:
    target: str


@dataclass(frozen=True, slots=True)
class _Return:
    value: Any


_Outcome = _Jump | _Return | None


def size_bytes(value: Any) -> int:
    """Return the memory of *value*, as documented."""
    if isinstance(value, str):
        return 8 + len(value.encode())
    if isinstance(value, list):
        return 8 + sum(map(size_bytes, value))
    if isinstance(value, dict):
        return 8 + sum(size_bytes(key) + size_bytes(part) for key, part in value.items())
    return 8


@dataclass(slots=True)
class _Scope:
    """Variables; those of the scopes around it can be read, and written unless it is parallel."""

    around: "_Scope | None" = None
    shared: set[str] | None = None
    """Of a parallel iteration: what it may write outside."""
    variables: dict[str, Any] = field(default_factory=dict)

    def read(self, name: str) -> Any:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.around
        raise fail("KeyError", f"variable not found: {name}")

    def home(self, name: str) -> "_Scope":
        """Return the scope in which *name* is written."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope
            if scope.shared is not None and name not in scope.shared and scope._outside(name):
                raise fail("ValueError", f"{name} is not shared")
            scope = scope.around
        return self

    def _outside(self, name: str) -> bool:
        scope = self.around
        while scope is not None and name not in scope.variables:
            scope = scope.around
        return scope is not None


@dataclass
class Execution:
    """One execution: started by `start()`, over when `wait()` returns."""

    routines: Mapping[str, Routine]
    argument: Any
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "ACTIVE"
    result: Any = None
    error: Any = None
    steps: int = 0
    most_bytes: int = 0
    waits_s: list[float] = field(default_factory=list)
    started_s: float = field(default_factory=time.time)
    ended_s: float | None = None

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._bytes = 0
        self._calls: set[http.client.HTTPConnection] = set()
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Execution":
        """Begin, in a thread."""
        self._thread.start()
        return self

    def wait(self, timeout_s: float = 60) -> "Execution":
        """Wait for the end."""
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), f"{self.identifier} still runs"
        return self

    def cancel(self) -> None:
        """Let no further step begin; calls under way are given up."""
        self._cancelled.set()
        with self._lock:
            for call in self._calls:
                _break(call)

    def _run(self) -> None:
        try:
            self.result = self.call("main", {self.routines["main"].params[0]: self.argument})
            self.state = "SUCCEEDED"
        except CancelledExecution:
            self.state = "CANCELLED"
        except WorkflowError as exc:
            self.error = exc.value
            self.state = "CANCELLED" if self._cancelled.is_set() else "FAILED"
        finally:
            self.ended_s = time.time()

    def call(self, routine: str, args: dict[str, Any], depth: int = 0) -> Any:
        """Call `main` or a subworkflow."""
        if depth > MOST_DEPTH:
            raise fail("RecursionError", "maximum call stack depth exceeded")
        with self._opened(_Scope()) as scope:
            for name, value in args.items():
                self._put(scope, name, value)
            outcome = self._steps(self.routines[routine].steps, scope, depth)
            return outcome.value if isinstance(outcome, _Return) else None

    @contextlib.contextmanager
    def _opened(self, scope: _Scope) -> Iterator[_Scope]:
        try:
            yield scope
        finally:
            with self._lock:
                self._bytes -= sum(map(size_bytes, scope.variables.values()))

    def _set(self, scope: _Scope, name: str, value: Any) -> None:
        with self._lock:
            self._put(scope.home(name), name, value)

    def _put(self, scope: _Scope, name: str, value: Any) -> None:
        """Keep a variable in *scope* itself."""
        with self._lock:
            before = size_bytes(scope.variables[name]) if name in scope.variables else 0
            scope.variables[name] = copy.deepcopy(value)
            self._bytes += size_bytes(value) - before
            self.most_bytes = max(self.most_bytes, self._bytes)
            if self._bytes > MOST_BYTES:
                raise fail("ResourceLimitError", "memory usage limit exceeded")

    def _steps(self, steps: Steps, scope: _Scope, depth: int) -> _Outcome:
        places = {step.name: number for number, step in enumerate(steps)}
        number = 0
        while number < len(steps):
            outcome = self._step(steps[number], scope, depth)
            if isinstance(outcome, _Return):
                return outcome
            target = outcome.target if isinstance(outcome, _Jump) else steps[number].next
            number = number + 1 if target is None else places[target]
        return None

    def _step(self, step: Step, scope: _Scope, depth: int) -> _Outcome:
        if self._cancelled.is_set():
            raise CancelledExecution
        with self._lock:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise fail("ResourceLimitError", "step limit exceeded")
        run = {
            "assign": self._assign, "call": self._call_step, "switch": self._switch,
            "for": self._for, "parallel": self._parallel, "try": self._try,
            "raise": self._raise, "return": self._return,
        }  # fmt: skip
        return run[step.kind](step.body, scope, depth)

    def _assign(self, body: Mapping[str, Any], scope: _Scope, _: int) -> None:
        for name, value in body["pairs"]:
            with self._lock:  # an assignment is atomic
                self._set(scope, name, value(scope.read))

    def _raise(self, body: Mapping[str, Any], scope: _Scope, _: int) -> None:
        raise WorkflowError(body["value"](scope.read))

    def _return(self, body: Mapping[str, Any], scope: _Scope, _: int) -> _Return:
        return _Return(body["value"](scope.read))

    def _call_step(self, body: Mapping[str, Any], scope: _Scope, depth: int) -> None:
        args = {name: value(scope.read) for name, value in body["args"].items()}
        called = body["called"]
        answer = self._post(**args) if called == "http.post" else self.call(called, args, depth + 1)
        if body["result"] is not None:
            self._set(scope, body["result"], answer)

    def _switch(self, body: Mapping[str, Any], scope: _Scope, depth: int) -> _Outcome:
        for condition, word, then in body["entries"]:
            holds = condition(scope.read)
            if not isinstance(holds, bool):
                raise fail("TypeError", f"a condition is {holds!r}")
            if not holds:
                continue
            if word == "steps":
                return self._steps(then, scope, depth)
            if word == "next":
                return _Jump(then)
            value = then(scope.read)
            if word == "raise":
                raise WorkflowError(value)
            return _Return(value)
        return None

    def _items(self, body: Mapping[str, Any], scope: _Scope) -> list[Any]:
        if "in" in body:
            return list(body["in"](scope.read))
        first, last = body["range"](scope.read)
        return list(range(first, last + 1))

    def _for(self, body: Mapping[str, Any], scope: _Scope, depth: int) -> _Outcome:
        for item in self._items(body, scope):
            with self._opened(_Scope(scope)) as inner:
                self._put(inner, body["variable"], item)
                outcome = self._steps(body["steps"], inner, depth)
            if outcome is not None:
                return outcome
        return None

    def _parallel(self, body: Mapping[str, Any], scope: _Scope, depth: int) -> None:
        limit = body["limit"](scope.read)
        if type(limit) is not int or limit < 1:
            raise fail("ValueError", f"concurrency_limit {limit!r}")

        def iterate(item: Any) -> None:
            with self._opened(_Scope(scope, shared=body["shared"])) as inner:
                self._put(inner, body["variable"], item)
                self._steps(body["steps"], inner, depth)

        with ThreadPoolExecutor(min(limit, MOST_AT_ONCE)) as pool:
            runs = [pool.submit(iterate, item) for item in self._items(body, scope)]
        errors = [error for run in runs if (error := run.exception()) is not None]
        for error in errors:
            if not isinstance(error, WorkflowError):
                raise error
        if errors:
            raise fail("UnhandledBranchError", f"{len(errors)} branches failed: {errors[0]}")

    def _try(self, body: Mapping[str, Any], scope: _Scope, depth: int) -> _Outcome:
        retry = body["retry"]
        retried = 0
        while True:
            try:
                return self._steps(body["steps"], scope, depth)
            except WorkflowError as exc:
                if retry and retried < retry["most"] and self._call_predicate(retry, exc, depth):
                    self._sleep(retry, retried)
                    retried += 1
                    continue
                if body["except"] is None:
                    raise
                variable, steps = body["except"]
                with self._opened(_Scope(scope)) as inner:
                    self._put(inner, variable, exc.value)
                    return self._steps(steps, inner, depth)

    def _call_predicate(self, retry: Mapping[str, Any], exc: WorkflowError, depth: int) -> bool:
        (param,) = self.routines[retry["predicate"]].params
        return self.call(retry["predicate"], {param: exc.value}, depth + 1) is True

    def _sleep(self, retry: Mapping[str, Any], retried: int) -> None:
        wait_s = min(retry["initial_delay"] * retry["multiplier"] ** retried, retry["max_delay"])
        self.waits_s.append(wait_s)
        if self._cancelled.wait(wait_s * WAIT_SCALE):
            raise CancelledExecution

    def _post(self, *, url: str, timeout: float, auth: dict[str, str], body: Any) -> Any:
        if auth != {"type": "OIDC", "audience": url}:
            raise fail("AuthError", f"no token for {url}: {auth}")
        parts = urlsplit(url)
        call = http.client.HTTPConnection(parts.netloc, timeout=timeout)
        try:
            with self._lock:
                self._calls.add(call)
            return _answer(call, parts.path or "/", json.dumps(body), f"token-for-{url}")
        except WorkflowError:
            raise
        except TimeoutError as exc:
            raise fail("TimeoutError", "request timed out") from exc
        except (ConnectionRefusedError, socket.gaierror) as exc:
            raise fail("ConnectionFailedError", str(exc)) from exc
        except (http.client.HTTPException, OSError) as exc:
            if self._cancelled.is_set():
                raise CancelledExecution from exc
            raise fail("ConnectionError", str(exc)) from exc
        finally:
            with self._lock:
                self._calls.discard(call)
            call.close()


def _answer(call: http.client.HTTPConnection, path: str, body: str, token: str) -> Any:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Authorization": f"Bearer {token}",
    }
    call.request("POST", path, body=body.encode(), headers=headers)
    response = call.getresponse()
    text = response.read().decode()
    found = {name.title(): value for name, value in response.getheaders()}
    is_json = found.get("Content-Type", "").startswith("application/json")
    told = {
        "code": response.status,
        "headers": found,
        "body": json.loads(text) if is_json else text,
    }
    if response.status >= 400:
        message = f"HTTP server responded with error code {response.status}"
        raise WorkflowError({"tags": ["HttpError"], "message": message} | told)
    return told


def _break(call: http.client.HTTPConnection) -> None:
    if call.sock is not None:
        with contextlib.suppress(OSError):
            call.sock.shutdown(socket.SHUT_RDWR)


class Workflow:
    """A workflow that is deployed; `execute()` as often as one likes."""

    def __init__(self, text: str, environment: Mapping[str, str]) -> None:
        self._text = text
        self._environment = environment
        read_workflow(text, functions(environment, time.time))

    def execute(self, argument: Any) -> Execution:
        """Start an execution."""
        text = json.dumps(argument)
        assert len(text.encode()) <= MOST_ARGUMENT_BYTES, "Workflows takes 32 KiB of argument"
        execution = Execution({}, json.loads(text))
        own = {"GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": execution.identifier}
        execution.routines = read_workflow(
            self._text, functions({**self._environment, **own}, time.time)
        )
        return execution.start()
