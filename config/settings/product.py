"""What is Assay's own: providers, sandbox, the supervisor's steps and children."""

from __future__ import annotations

from config import env

SENTRY_DSN = env.read_str("SENTRY_DSN")
SANDBOX_TIER = env.read_str("ASSAY_SANDBOX_TIER")  # "", "A", "B" or "none"
SHARD_LEASE_SECONDS = env.read_int("ASSAY_SHARD_LEASE_SECONDS", 60, minimum=5)

ANTHROPIC_API_KEY = env.read_str("ANTHROPIC_API_KEY")
OPENAI_API_KEY = env.read_str("OPENAI_API_KEY")
OPENROUTER_API_KEY = env.read_str("OPENROUTER_API_KEY")
GOOGLE_API_KEY = env.read_str("GOOGLE_API_KEY")
OLLAMA_BASE_URL = env.read_str("OLLAMA_BASE_URL")
