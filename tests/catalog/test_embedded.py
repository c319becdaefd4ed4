"""The real embedded model, and the process that holds it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.catalog.domain.completions import (
    Completion,
    CompletionRequest,
    Message,
    Outcome,
)
from apps.catalog.gateways.embedded import EmbeddedGateway
from apps.catalog.gateways.embedded_process import (
    EmbeddedModel,
    ensure_embedded_llm,
    read_address,
)
from apps.core.http import open_http_client
from tests.catalog.asking import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from apps.catalog.gateways.embedded_process import Address

pytestmark = pytest.mark.llm
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llm")


@pytest.fixture(scope="module")
def model(run_dir: Path) -> Iterator[EmbeddedModel]:
    with ensure_embedded_llm(run_dir) as running:
        yield running


def open_gateway(locate: Callable[[], Address]) -> EmbeddedGateway:
    return EmbeddedGateway(
        locate=locate, open_http=lambda: open_http_client(is_local=True)
    )


async def ask(
    gateway: EmbeddedGateway,
    prompt: str,
    *,
    json_schema: Mapping[str, object] | None = None,
    name: str = "smollm2-135m",
    temperature: float = 0.0,
    seed: int = 1,
) -> Completion:
    return await gateway.complete(
        CompletionRequest(
            model=name,
            messages=(Message("user", prompt),),
            sampling={
                "temperature": temperature,
                "max_tokens": 64 if json_schema else 12,
            },
            json_schema=json_schema,
            seed=seed,
        )
    )


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def read_pid(run_dir: Path) -> int:
    return int(json.loads((run_dir / "llm.json").read_text())["pid"])


async def test_it_answers_and_counts(model: EmbeddedModel) -> None:
    gateway = open_gateway(model.locate)
    completion = await ask(gateway, "Write the word hello.")
    await gateway.aclose()
    assert completion.outcome in (Outcome.OK, Outcome.TRUNCATED)
    assert completion.provider_model == "smollm2-135m"
    assert completion.text
    assert completion.input_tokens is not None
    assert completion.input_tokens > 5
    assert completion.output_tokens is not None
    assert 1 <= completion.output_tokens <= 12
    assert completion.time_to_first_token_ms is not None


async def test_greedy_answers_repeat_whatever_was_asked_between(
    model: EmbeddedModel,
) -> None:
    gateway = open_gateway(model.locate)
    first = await ask(gateway, "Name a colour.", seed=1)
    await ask(gateway, "Name an animal.")
    second = await ask(gateway, "Name a colour.", seed=2)
    await gateway.aclose()
    assert first.text == second.text


async def test_a_seed_decides_an_answer_that_is_drawn(model: EmbeddedModel) -> None:
    gateway = open_gateway(model.locate)
    prompt = "Tell me a short story."
    texts = [
        (await ask(gateway, prompt, temperature=1.5, seed=seed)).text
        for seed in (1, 1, 2)
    ]
    await gateway.aclose()
    assert texts[0] == texts[1] != texts[2]


async def test_a_schema_is_enforced(model: EmbeddedModel) -> None:
    gateway = open_gateway(model.locate)
    completion = await ask(gateway, "Ada is 36 years old.", json_schema=PERSON)
    await gateway.aclose()
    assert completion.outcome is Outcome.OK
    assert isinstance(completion.structured, dict)
    assert set(completion.structured) == {"name", "age"}


async def test_another_models_name_is_unknown_and_a_long_prompt_too_long(
    model: EmbeddedModel,
) -> None:
    gateway = open_gateway(model.locate)
    unknown = await ask(gateway, "Hello", name="gpt-5")
    long = await ask(gateway, "hi " * 6000)
    await gateway.aclose()
    assert unknown.outcome is Outcome.UNKNOWN_MODEL
    assert long.outcome is Outcome.CONTEXT_EXCEEDED


async def test_no_path_of_this_machine_leaves_the_server(
    model: EmbeddedModel, run_dir: Path
) -> None:
    address = read_address(run_dir)
    assert address is not None
    headers = {"Authorization": f"Bearer {address.key}"}
    async with open_http_client(is_local=True) as client:
        root = address.url.removesuffix("/v1")
        for path in ("/v1/models", "/models", "/props", "/slots", "/", "/health"):
            answer = await client.get(f"{root}{path}", headers=headers)
            assert "site-packages" not in answer.text
            assert str(ROOT) not in answer.text
        without_key = await client.get(f"{root}/v1/models")
    assert without_key.status_code == 401
    assert (run_dir / "llm.json").stat().st_mode & 0o077 == 0


async def test_a_gateway_follows_the_model_to_its_next_start(tmp_path: Path) -> None:
    with ensure_embedded_llm(tmp_path) as model:
        gateway = open_gateway(model.locate)
        assert (await ask(gateway, "Hello")).text
        os.kill(read_pid(tmp_path), signal.SIGKILL)
        broken = await ask(gateway, "Hello")
        mended = await ask(gateway, "Hello")
        await gateway.aclose()
    assert (broken.outcome, broken.retryable) == (Outcome.UPSTREAM_FAILED, True)
    assert mended.text


def test_those_who_share_a_process_share_the_model_and_the_last_stops_it(
    tmp_path: Path,
) -> None:
    with ensure_embedded_llm(tmp_path):
        pid = read_pid(tmp_path)
        with ensure_embedded_llm(tmp_path):
            assert read_pid(tmp_path) == pid
        assert is_alive(pid)
    assert not is_alive(pid)
    assert read_address(tmp_path) is None


async def test_starters_at_the_same_moment_agree_on_one(tmp_path: Path) -> None:
    models = [EmbeddedModel(tmp_path) for _ in range(3)]
    addresses = await asyncio.gather(*(asyncio.to_thread(m.locate) for m in models))
    pid = read_pid(tmp_path)
    for model in models:
        model.stop()
    assert len(set(addresses)) == 1
    assert not is_alive(pid)


def test_the_model_leaves_with_whoever_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from apps.catalog.gateways.embedded_process import ensure_embedded_llm\n"
        f"with ensure_embedded_llm(Path({str(tmp_path)!r})): time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as starter:
        assert wait_until(lambda: read_address(tmp_path) is not None, 60)
        pid = read_pid(tmp_path)
        starter.kill()
    assert wait_until(lambda: not is_alive(pid))


def test_a_second_server_waits_its_turn_and_a_third_leaves(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "apps.catalog.gateways.embedded_server"]
    command += ["--run-dir", str(tmp_path)]
    with ensure_embedded_llm(tmp_path):
        first = read_pid(tmp_path)
        third = subprocess.run(command, cwd=ROOT, check=False)
        assert third.returncode == 3
        waiting = subprocess.Popen([*command, "--wait"], cwd=ROOT)
    try:
        assert wait_until(lambda: read_address(tmp_path) is not None, 60)
        assert read_pid(tmp_path) == waiting.pid != first
    finally:
        waiting.terminate()
        assert waiting.wait(30) == 0
    assert read_address(tmp_path) is None
