"""Calls from several threads at once, and what other threads do meanwhile."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from native import barcode
from tests.native.symbols import EXAMPLES, framed

SHARE_OF_A_CALL = 0.5
"""Longest time another thread may stand still; with the lock held it would stand for the whole call."""


def test_threads_at_once_read_what_one_reads() -> None:
    images = [framed(example) for example in EXAMPLES] * 4
    alone = [barcode.read(image) for image in images]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(barcode.read, images))

    assert together == alone
    assert all(alone)


def test_sizes_may_differ_between_threads() -> None:
    """A workspace that another thread left is too small for some and too large for others."""
    images = [framed(example, 640 + 160 * i, 300 + 200 * (i % 4)) for i, example in enumerate(EXAMPLES)] * 3
    wanted = [example.text for example in EXAMPLES] * 3

    with ThreadPoolExecutor(3) as pool:
        read = list(pool.map(lambda image: [symbol.text for symbol in barcode.read(image)], images))

    assert read == [[text] for text in wanted]


def test_memory_follows_the_calls_at_once_not_the_threads() -> None:
    image = framed(EXAMPLES[0])
    for _ in range(20):
        thread = threading.Thread(target=barcode.read, args=(image,))
        thread.start()
        thread.join()

    assert len(barcode._idle) <= barcode._KEPT_CALLS


def test_other_threads_run_while_c_does() -> None:
    """A clerk notes the time again and again; its longest pause is a part of one long call."""
    noise = np.random.default_rng(1).integers(0, 256, (1500, 2000), dtype=np.uint8)
    barcode.read(noise)  # its workspace is there from now on
    notes: list[float] = []
    done = threading.Event()

    def note() -> None:
        while not done.wait(0.001):
            notes.append(time.perf_counter())

    clerk = threading.Thread(target=note)
    clerk.start()
    pauses: list[float] = []
    try:
        for _ in range(5):  # a busy machine may let the clerk wait by itself
            begun = time.perf_counter()
            barcode.read(noise, effort="thorough")
            ended = time.perf_counter()
            times = [begun, *(t for t in notes if begun < t < ended), ended]
            pauses.append(max(b - a for a, b in pairwise(times)) / (ended - begun))
            if pauses[-1] < SHARE_OF_A_CALL:
                break
    finally:
        done.set()
        clerk.join()
    assert min(pauses) < SHARE_OF_A_CALL
