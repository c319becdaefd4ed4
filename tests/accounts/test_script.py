"""A script called over connections that stay open: no answer is lost or mixed up."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError, TimeoutError  # noqa: A004
from redis.retry import Retry

from apps.accounts.gateways.script import Script

ECHO = "return ARGV[1]"


@pytest.fixture
def server() -> Redis:
    return Redis.from_url(settings.GATE_URL, decode_responses=True)


@pytest.fixture
def script(server: Redis) -> Script:
    return Script(server.connection_pool, ECHO)


def call(script: Script, text: str) -> object:
    return script.send(0, text).read()


def test_calls_follow_one_another_over_one_connection(
    server: Redis, script: Script
) -> None:
    before = server.info("stats")["total_connections_received"]
    assert [call(script, text) for text in "abc"] == ["a", "b", "c"]
    assert server.info("stats")["total_connections_received"] == before + 1


def test_calls_of_many_threads_get_their_own_answers(script: Script) -> None:
    texts = [str(number) for number in range(400)]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda text: call(script, text), texts)) == texts


def test_a_call_may_be_answered_after_later_ones(script: Script) -> None:
    first, second = script.send(0, "first"), script.send(0, "second")
    assert (second.read(), first.read()) == ("second", "first")


def test_an_answer_that_nobody_wanted_is_given_to_nobody(script: Script) -> None:
    script.send(0, "unwanted").drop()
    assert call(script, "wanted") == "wanted"


def test_a_connection_that_the_server_closed_is_opened_again(
    server: Redis, script: Script
) -> None:
    assert call(script, "a") == "a"
    server.client_kill_filter(_type="normal", skipme=True)
    assert call(script, "b") == "b"


def test_a_connection_closed_before_its_answer_is_asked_again(
    server: Redis, script: Script
) -> None:
    call(script, "a")
    server.client_pause(2000, all=False)
    sent = script.send(0, "b")
    server.client_kill_filter(_type="normal", skipme=True)
    server.client_unpause()
    assert sent.read() == "b"


def test_a_server_that_forgot_the_script_is_given_it(
    server: Redis, script: Script
) -> None:
    assert call(script, "a") == "a"
    server.script_flush()
    assert call(script, "b") == "b"


def test_a_script_that_fails_says_so_and_goes_on(server: Redis) -> None:
    script = Script(server.connection_pool, "return redis.call(ARGV[1], 'no such key')")
    with pytest.raises(ResponseError, match="Unknown"):
        call(script, "NOTHING")
    assert call(script, "EXISTS") == 0


def test_a_call_without_an_answer_in_time_is_not_made_twice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked: list[bytes] = []
        threading.Thread(target=_listen, args=(listener, asked), daemon=True).start()
        port, once = listener.getsockname()[1], Retry(NoBackoff(), 0)
        client = Redis(port=port, protocol=2, socket_timeout=0.2, retry=once)
        with pytest.raises(TimeoutError):
            call(Script(client.connection_pool, ECHO), "a")
    assert [text.count(b"EVALSHA") for text in asked] == [1]


def _listen(listener: socket.socket, asked: list[bytes]) -> None:
    """Greet, and never answer a script."""
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        asked.append(b"")
        while text := connection.recv(4096):
            asked[-1] += text
            greetings = text.count(b"SETINFO")
            connection.sendall(b"+OK\r\n" * greetings)


def test_a_fork_opens_connections_of_its_own(server: Redis, script: Script) -> None:
    assert call(script, "parent") == "parent"
    child = os.fork()
    if child == 0:
        os._exit(0 if call(script, "child") == "child" else 1)
    answers = [call(script, str(number)) for number in range(50)]
    assert os.waitpid(child, 0)[1] == 0
    assert answers == [str(number) for number in range(50)]
