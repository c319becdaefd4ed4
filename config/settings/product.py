"""What is Assay's own: providers, sandbox, metrics and crash reports."""

from __future__ import annotations

from config import env
from config.settings.paths import VAR_DIR

SENTRY_DSN = env.read_str(
    "SENTRY_DSN",
    about="Where crashes are reported. Nothing is reported while it is empty; what is "
    "reported names no user and holds no request body, cookie, prompt or answer.",
)
SENTRY_ENVIRONMENT = env.read_str(
    "SENTRY_ENVIRONMENT",
    "production",
    about="The name of this installation in crash reports.",
)
METRICS_TOKEN = env.read_str(
    "METRICS_TOKEN",
    about="The bearer token that reads `/metrics`. Without one, only clients on the "
    "same host and signed-in staff may read it.",
)
env.declare(
    "PROMETHEUS_MULTIPROC_DIR",
    "path",
    "",
    "A directory in which several web processes of one host share their counts of "
    "requests. Empty it before they start.",
)
SANDBOX_TIER = env.read_choice(
    "ASSAY_SANDBOX_TIER",
    ("", "A", "B", "none"),
    "",
    about="Force the sandbox: A is bubblewrap, B is Landlock with seccomp, none grades "
    "nothing. Empty takes the strongest that works here.",
)
SHARD_LEASE_SECONDS = env.read_int(
    "ASSAY_SHARD_LEASE_SECONDS",
    60,
    minimum=5,
    about="How long a worker that fell silent keeps its part of a run before another "
    "worker may take it.",
)
DELETION_GRACE_DAYS = env.read_int(
    "ASSAY_DELETION_GRACE_DAYS",
    14,
    minimum=0,
    about="How many days the deletion of a workspace or an account can be taken back.",
)
QUOTE_MONTHS = env.read_int(
    "ASSAY_QUOTE_MONTHS",
    24,
    minimum=0,
    about="For how many months before the present one quotes of markets are kept; "
    "older months are dropped. 0 keeps all.",
)
SNAPSHOT_MONTHS = env.read_int(
    "ASSAY_SNAPSHOT_MONTHS",
    0,
    minimum=0,
    about="For how many months before the present one the hours of predictions are "
    "kept; older months are dropped. 0 keeps all: they are the evidence for scores.",
)
VENUE_ADDRESSES = env.read_pairs(
    "ASSAY_VENUE_ADDRESSES",
    about="Where services of venues are found instead of at their public addresses, as "
    "`VENUE.SERVICE=URL`: `polymarket.gamma`, `polymarket.clob`, `polymarket.data`, "
    "`polymarket.stream`, `manifold.manifold`, `kalshi.kalshi`. For proxies and tests.",
)
ASK_DAILY_MODELS = env.read_list(
    "ASSAY_ASK_DAILY_MODELS",
    about="Models, as `provider/name`, that are asked every day about the most liquid "
    "markets. Without any, the embedded model is asked where no other can be.",
)
ASK_DAILY_MARKETS = env.read_int(
    "ASSAY_ASK_DAILY_MARKETS",
    3,
    minimum=0,
    about="About how many markets models are asked every day; 0 asks none.",
)
ASK_DAILY_COST = env.read_int(
    "ASSAY_ASK_DAILY_COST",
    1,
    minimum=0,
    about="How many US dollars a day the models of `ASSAY_ASK_DAILY_MODELS` may cost.",
)
EXPORT_FOLDER = VAR_DIR / "exports"


def _key(name: str, provider: str) -> str:
    return env.read_str(name, about=f"The key for models of {provider}.")


ANTHROPIC_API_KEY = _key("ANTHROPIC_API_KEY", "Anthropic")
OPENAI_API_KEY = _key("OPENAI_API_KEY", "OpenAI")
OPENROUTER_API_KEY = _key("OPENROUTER_API_KEY", "OpenRouter")
GOOGLE_API_KEY = _key("GOOGLE_API_KEY", "Google")
OLLAMA_BASE_URL = env.read_str(
    "OLLAMA_BASE_URL", about="The address of an Ollama server, such as its `/v1`."
)
# By name, as the catalogue's providers and the system checks look them up.
PROVIDER_KEYS = {
    "ANTHROPIC_API_KEY": ANTHROPIC_API_KEY,
    "OPENAI_API_KEY": OPENAI_API_KEY,
    "OPENROUTER_API_KEY": OPENROUTER_API_KEY,
    "GOOGLE_API_KEY": GOOGLE_API_KEY,
    "OLLAMA_BASE_URL": OLLAMA_BASE_URL,
}

# The steps of `UP_STEPS` that any command needs done on an embedded database.
PREPARATION_COMMANDS = ("migrate", "load_tiers", "load_catalogue", "load_suites")
