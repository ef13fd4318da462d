"""Coroutines run on a thread of their own, whatever loop the caller has."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from fanreel.browser.loop import AsyncThread


async def answer() -> int:
    """Take a turn of the loop."""
    await asyncio.sleep(0)
    return 42


def test_a_caller_with_a_running_loop_can_use_it_to_the_end() -> None:
    """As in a notebook, or beside Playwright's own blocking interface."""

    async def caller() -> int:
        with AsyncThread("test") as thread:
            return thread.run(answer(), 10)

    # On a fresh thread: another test may have left this one with a running loop of its own.
    with ThreadPoolExecutor(1) as fresh:
        assert fresh.submit(lambda: asyncio.run(caller())).result() == 42


def test_what_takes_too_long_ends() -> None:
    """The coroutine is cancelled, and the thread is free for the next."""
    with AsyncThread("test") as thread:
        with pytest.raises(TimeoutError):
            thread.run(asyncio.sleep(30), 0.05)
        assert thread.run(answer(), 10) == 42
