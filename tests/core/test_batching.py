from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from apps.core.batching import Batcher

if TYPE_CHECKING:
    from collections.abc import Sequence


class Store:
    """Keeps what it is given, and refuses while it is down."""

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.batches: list[int] = []
        self.is_down = False

    def __call__(self, rows: Sequence[int]) -> None:
        if self.is_down:
            raise OSError("the store is down")
        self.kept += rows
        self.batches.append(len(rows))


def fill(batcher: Batcher[int], *numbers: int) -> None:
    for number in numbers:
        batcher.add(number)


def test_rows_are_stored_in_order_and_in_batches() -> None:
    store = Store()
    batcher = Batcher(store, batch=4, runs=False)
    fill(batcher, *range(10))
    assert (store.kept, batcher.waiting) == ([], 10)
    assert batcher.flush() == 10
    assert (store.kept, store.batches) == (list(range(10)), [4, 4, 2])


def test_a_thread_stores_without_being_asked() -> None:
    store = Store()
    batcher = Batcher(store, pause=0.01)
    fill(batcher, 1, 2)
    deadline = time.monotonic() + 5
    while len(store.kept) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    batcher.close()
    assert store.kept == [1, 2]


def test_nothing_is_lost_when_it_closes_in_order() -> None:
    store = Store()
    batcher = Batcher(store, pause=60)
    fill(batcher, *range(1234))
    batcher.close()
    batcher.close()
    assert sorted(store.kept) == list(range(1234))


def test_rows_wait_in_order_while_the_store_is_down() -> None:
    store = Store()
    batcher = Batcher(store, batch=2, runs=False)
    store.is_down = True
    fill(batcher, 1, 2, 3)
    with pytest.raises(OSError, match="down"):
        batcher.flush()
    fill(batcher, 4)
    store.is_down = False
    batcher.flush()
    assert store.kept == [1, 2, 3, 4]


def test_what_waits_is_bounded_and_the_oldest_goes_first() -> None:
    store = Store()
    batcher = Batcher(store, most=5, runs=False)
    store.is_down = True
    fill(batcher, *range(4))
    with pytest.raises(OSError, match="down"):
        batcher.flush()
    fill(batcher, *range(4, 8))
    assert (batcher.waiting, batcher.lost) == (5, 3)
    store.is_down = False
    batcher.flush()
    assert store.kept == [3, 4, 5, 6, 7]


def test_many_threads_lose_and_double_nothing() -> None:
    store = Store()
    batcher = Batcher(store, batch=7, most=100_000, pause=0.001)
    threads = [
        threading.Thread(target=fill, args=(batcher, *range(n * 100, n * 100 + 100)))
        for n in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batcher.close()
    assert sorted(store.kept) == list(range(5000))
