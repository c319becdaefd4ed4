"""The providers and models that every installation knows from the start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class BuiltinProvider:
    """A provider and how it is reached."""

    name: str
    display_name: str
    gateway: str
    base_url: str = ""
    key_variable: str = ""
    website_url: str = ""
    documentation_url: str = ""
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class BuiltinModel:
    """A model of a built-in provider, at one sampling setting."""

    provider: str
    name: str
    upstream_name: str
    display_name: str
    sampling: Mapping[str, object]
    context_window: int
    release_date: date | None = None


PROVIDERS = (
    BuiltinProvider(
        name="embedded",
        display_name="Embedded",
        gateway="embedded",
        is_local=True,
        website_url="https://github.com/huggingface/smollm",
    ),
    BuiltinProvider(
        name="anthropic",
        display_name="Anthropic",
        gateway="anthropic",
        base_url="https://api.anthropic.com",
        key_variable="ANTHROPIC_API_KEY",
        website_url="https://www.anthropic.com",
        documentation_url="https://docs.anthropic.com",
    ),
    BuiltinProvider(
        name="openai",
        display_name="OpenAI",
        gateway="openai_compatible",
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        website_url="https://openai.com",
        documentation_url="https://platform.openai.com/docs",
    ),
    BuiltinProvider(
        name="openrouter",
        display_name="OpenRouter",
        gateway="openai_compatible",
        base_url="https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        website_url="https://openrouter.ai",
        documentation_url="https://openrouter.ai/docs",
    ),
    BuiltinProvider(
        name="google",
        display_name="Google",
        gateway="openai_compatible",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai/",
        key_variable="GOOGLE_API_KEY",
        website_url="https://ai.google.dev",
        documentation_url="https://ai.google.dev/gemini-api/docs/openai",
    ),
    BuiltinProvider(
        name="ollama",
        display_name="Ollama",
        gateway="openai_compatible",
        is_local=True,
        website_url="https://ollama.com",
        documentation_url="https://docs.ollama.com",
    ),
)

_SMOLLM2 = "SmolLM2 135M Instruct"
_SMOLLM2_RELEASE = date(2024, 11, 1)
_CONTEXT = 4096  # what one of the server's slots holds
_LONGEST_ANSWER = 400  # tokens

# One model at two settings, so that the first comparison is of two things that differ.
# What the second leaves to llama.cpp is written out, since a default may change.
MODELS = (
    BuiltinModel(
        provider="embedded",
        name="smollm2-135m",
        upstream_name="smollm2-135m",
        display_name=f"{_SMOLLM2}, greedy",
        sampling={"temperature": 0.0, "max_tokens": _LONGEST_ANSWER},
        context_window=_CONTEXT,
        release_date=_SMOLLM2_RELEASE,
    ),
    BuiltinModel(
        provider="embedded",
        name="smollm2-135m-t0.5",
        upstream_name="smollm2-135m",
        display_name=f"{_SMOLLM2}, temperature 0.5",
        sampling={
            "temperature": 0.5,
            "top_k": 40,
            "top_p": 0.95,
            "min_p": 0.05,
            "max_tokens": _LONGEST_ANSWER,
        },
        context_window=_CONTEXT,
        release_date=_SMOLLM2_RELEASE,
    ),
)
