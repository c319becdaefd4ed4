"""A reply as OpenAI's and as Anthropic's streams write it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANTHROPIC_FINISHES = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the fake provider does with one request."""

    text: str = "Hello there, you."
    finish: str = "stop"  # in OpenAI's words, for both
    refusal: str = ""
    reasoning: str = ""
    model: str = ""  # the id it answers with; the one asked for where ""
    usage: tuple[int, int] | None = (12, 5)
    status: int = 200
    error: object = field(default_factory=dict)  # the body, where status is no 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # before anything
    first_token_delay: float = 0.0  # between the first frame and the second
    drop_after: int | None = None  # frames after which the connection is cut
    stream_error: Mapping[str, Any] | None = None  # sent instead of the ending
    raw: bytes = b""  # sent before the text, as it is

    @property
    def is_paced(self) -> bool:
        """Whether the frames have to be sent one by one."""
        return self.first_token_delay > 0 or self.drop_after is not None

    def split(self) -> list[str]:
        """Return the text in pieces of eight characters."""
        return [self.text[i : i + 8] for i in range(0, len(self.text), 8)]


def frame_openai(reply: Reply, body: Mapping[str, Any]) -> list[bytes]:
    """Return the frames of a chat completion's stream."""
    shell = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": reply.model or body.get("model", ""),
    }

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _data({**shell, "choices": [choice]})

    frames = [chunk({"role": "assistant", "content": ""})]
    if reply.raw:
        frames.append(reply.raw)
    if reply.reasoning:
        frames.append(chunk({"reasoning_content": reply.reasoning}))
    frames += [chunk({"content": piece}) for piece in reply.split()]
    if reply.refusal:
        frames.append(chunk({"refusal": reply.refusal}))
    if reply.stream_error is not None:
        return [*frames, _data({"error": reply.stream_error})]
    if reply.finish:
        frames.append(chunk({}, reply.finish))
    wanted = (body.get("stream_options") or {}).get("include_usage")
    if reply.usage is not None and wanted:
        prompt, completion = reply.usage
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }
        frames.append(_data({**shell, "choices": [], "usage": usage}))
    return [*frames, b"data: [DONE]\n\n"]


def frame_anthropic(reply: Reply, body: Mapping[str, Any]) -> list[bytes]:
    """Return the events of a message's stream."""
    prompt, completion = reply.usage or (0, 0)
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": reply.model or body.get("model", ""),
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": prompt, "output_tokens": 1},
    }
    block = {"type": "text", "text": ""}
    frames = [
        _event("message_start", message=message),
        _event("content_block_start", index=0, content_block=block),
        _event("ping"),
    ]
    if reply.raw:
        frames.append(reply.raw)
    frames += [
        _event("content_block_delta", index=0, delta={"type": "text_delta", "text": t})
        for t in reply.split()
    ]
    frames.append(_event("content_block_stop", index=0))
    if reply.stream_error is not None:
        return [*frames, _event("error", error=reply.stream_error)]
    if not reply.finish:
        return frames
    delta: dict[str, Any] = {
        "stop_reason": _ANTHROPIC_FINISHES.get(reply.finish, reply.finish),
        "stop_sequence": None,
    }
    if reply.refusal:
        delta["stop_details"] = {
            "type": "refusal",
            "category": "cyber",
            "explanation": reply.refusal,
        }
    usage = {"output_tokens": completion}
    return [
        *frames,
        _event("message_delta", delta=delta, usage=usage),
        _event("message_stop"),
    ]


def _data(content: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def _event(name: str, **content: Any) -> bytes:
    document = json.dumps({"type": name, **content})
    return f"event: {name}\ndata: {document}\n\n".encode()
