"""Time series computed in blocks, each from the state the block before it ended in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

BLOCK_HOURS = 256
# Hours before the world's start that exist, so that lists have a past.
PAST_BLOCKS = 1
BLOCKS_MAX = 1024
BLOCKS_CACHED_MAX = 16

Block = TypeVar("Block")
State = TypeVar("State")


class BlockChain(Generic[Block, State]):
    """Blocks of a model, pure functions of their number, kept while they are used.

    Args:
        initial: the state before block ``-PAST_BLOCKS``.
        step: from a block's number and the state before it, the block and the state after it.
    """

    def __init__(self, initial: State, step: Callable[[int, State], tuple[Block, State]]) -> None:
        self._step = step
        self._states: list[State] = [initial]
        self._cached: OrderedDict[int, Block] = OrderedDict()

    def block(self, number: int) -> Block:
        """Return a block; ``number`` is the hour divided by ``BLOCK_HOURS``, from ``-PAST_BLOCKS`` on."""
        if number in self._cached:
            self._cached.move_to_end(number)
            return self._cached[number]
        index = number + PAST_BLOCKS
        if not 0 <= index < BLOCKS_MAX:
            raise IndexError(f"block {number} is outside of the world's time")
        while len(self._states) <= index:
            _, state = self._step(len(self._states) - 1 - PAST_BLOCKS, self._states[-1])
            self._states.append(state)
        block, state = self._step(number, self._states[index])
        if len(self._states) == index + 1:
            self._states.append(state)
        self._cached[number] = block
        if len(self._cached) > BLOCKS_CACHED_MAX:
            self._cached.popitem(last=False)
        return block


def place_of(hour: int) -> tuple[int, int]:
    """Return the block of an hour of the lattice and the row in it."""
    return divmod(hour, BLOCK_HOURS)


def generator(seed: int, stream: int, number: int) -> np.random.Generator:
    """Return the random numbers of one block of one stream: always the same ones."""
    # a lag reaches into the block before the first, and seeds must not be negative
    words = [seed, stream, number + PAST_BLOCKS + 1]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
