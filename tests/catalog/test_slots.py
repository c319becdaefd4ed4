from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

from apps.catalog.gateways.embedded_slots import ServerSlots

if TYPE_CHECKING:
    from pathlib import Path


async def test_no_more_hold_a_slot_than_there_are(tmp_path: Path) -> None:
    most = holding = 0

    async def work(slots: ServerSlots) -> None:
        nonlocal most, holding
        async with slots.hold():
            holding += 1
            most = max(most, holding)
            await asyncio.sleep(0.02)
            holding -= 1

    one, other = ServerSlots(tmp_path, 2), ServerSlots(tmp_path, 2)
    await asyncio.gather(*(work(slots) for slots in (one, other) * 4))
    assert (most, holding) == (2, 0)


async def test_who_is_cancelled_while_waiting_holds_nothing(tmp_path: Path) -> None:
    slots = ServerSlots(tmp_path, 1)

    async def wait() -> None:
        async with slots.hold():
            raise AssertionError

    async with slots.hold():
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.03)
        waiting.cancel()
    async with asyncio.timeout(30), slots.hold():
        assert waiting.cancelled() or waiting.cancelling()


async def test_another_process_counts_and_frees_its_slot_when_it_dies(
    tmp_path: Path,
) -> None:
    code = (
        "import fcntl, sys, time\n"
        f"lock = open({str(tmp_path / 'llm.slot0')!r}, 'a')\n"
        "fcntl.flock(lock, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)\n"
    )
    slots = ServerSlots(tmp_path, 1)
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    waiting = asyncio.create_task(slots.hold().__aenter__())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    holder.kill()
    await asyncio.wait_for(waiting, 30)
    await holder.wait()
