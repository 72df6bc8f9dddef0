"""Threads that ask another one to do something: nothing is lost, and nobody waits for ever."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import HANG
from tetra_es.errors import Refused, TetraEsError
from tetra_es.usecases.deploy.relay import Relay


def raising(error: BaseException) -> None:
    raise error


def test_what_is_asked_for_is_done_by_the_thread_that_serves() -> None:
    mine = threading.get_ident()
    with ThreadPoolExecutor(3) as pool, Relay() as relay:
        asked = [pool.submit(relay.call, threading.get_ident) for _ in range(20)]
        relay.serve(asked)
    assert {each.result() for each in asked} == {mine}


def test_an_error_is_for_the_one_that_asked() -> None:
    with ThreadPoolExecutor(2) as pool, Relay() as relay:
        bad = pool.submit(relay.call, lambda: raising(Refused("no")))
        good = pool.submit(relay.call, lambda: 7)
        relay.serve([bad, good])
    assert isinstance(bad.exception(), Refused)
    assert good.result() == 7


def test_an_interrupt_stops_the_serving_and_loses_nothing() -> None:
    done: list[int] = []

    def work(relay: Relay) -> str:
        try:
            relay.call(lambda: raising(KeyboardInterrupt()))
        except KeyboardInterrupt:
            relay.call(lambda: done.append(1))  # as a deployment records how it ended
            return "put back"
        return "not interrupted"

    with ThreadPoolExecutor(2) as pool, Relay() as relay:
        first = pool.submit(work, relay)
        workers: list[Future[Any]] = [first, pool.submit(relay.call, lambda: done.append(2))]
        with pytest.raises(KeyboardInterrupt):
            relay.serve(workers)
        relay.serve(workers)
        assert first.result() == "put back"
    assert sorted(done) == [1, 2]


def test_nobody_waits_when_nobody_serves_any_more() -> None:
    with ThreadPoolExecutor(2) as pool:
        with Relay() as relay:
            early = pool.submit(relay.call, lambda: 1)
        late = pool.submit(relay.call, lambda: 1)
        for each in (early, late):
            with pytest.raises(TetraEsError, match="interrupted"):
                each.result(HANG)
