"""Which model triage asks, and its limits."""

from ..setting import (
    Section,
    Setting,
    Values,
    boolean,
    integer,
    number,
    secret,
    text,
    web_address,
)


def half_of_the_threads(values: Values) -> int:
    """Leave the other half to the pages while these wait for a model."""
    return max(1, int(values["WEB_THREADS"]) // 2)


def only_openai_model(values: Values) -> str:
    """Who names one model wants no other, which may cost more."""
    return values["OPENAI_CLASSIFY_MODEL"] or "gpt-6-luna"


MODEL = Section(
    "Triage: which model",
    (
        Setting(
            "LLM_ENABLED",
            boolean,
            True,
            "Set to 0 to keep every text on this machine, whatever keys are set. Triage then"
            " uses the offline classifier only.",
            in_readme=True,
        ),
        Setting(
            "LLM_PROVIDER",
            text,
            "auto",
            "The service to ask. `auto` takes the first of Gemini, OpenAI, Groq and Anthropic"
            " whose own key is set, or else `local` if `LLM_BASE_URL` is set.",
            choices=("auto", "gemini", "openai", "groq", "anthropic", "local", "none"),
            in_readme=True,
        ),
        Setting(
            "LLM_API_KEY",
            secret,
            "",
            "The API key to use where the provider's own is not set. It does not say whose key it"
            " is, so it needs `LLM_PROVIDER` or `LLM_BASE_URL`.",
        ),
        Setting(
            "TRIAGE_SHADOW",
            text,
            "",
            "A second source to compare with: its predictions are stored but never shown."
            " Either `offline` or `provider:model`, as in `groq:openai/gpt-oss-120b`.",
        ),
        Setting(
            "TRIAGE_ENCODER",
            boolean,
            True,
            "Set to 0 to classify without a model by words only. This saves 125 MB and a second"
            " at the start, and is right less often.",
            in_readme=True,
        ),
    ),
)

GEMINI = Section(
    "Triage: Google Gemini",
    (
        Setting("GEMINI_API_KEY", secret, "", "The API key for Gemini.", in_readme=True),
        Setting("GEMINI_MODEL", text, "gemini-3.5-flash-lite", "The Gemini model."),
        Setting(
            "GEMINI_BASE_URL",
            web_address,
            "",
            "Another server with the same protocol, such as a gateway.",
            default_note="Google's",
        ),
        Setting(
            "GEMINI_BACKEND",
            text,
            "sdk",
            "`sdk` uses Google's Python package, which is no longer supported upstream. `rest`"
            " does the same without it.",
            choices=("sdk", "rest"),
        ),
    ),
)

OPENAI = Section(
    "Triage: OpenAI",
    (
        Setting("OPENAI_API_KEY", secret, "", "The API key for OpenAI.", in_readme=True),
        Setting(
            "OPENAI_CLASSIFY_MODEL",
            text,
            "",
            "A smaller model for category and priority. `OPENAI_MODEL` then only suggests titles"
            " and judges sentiment.",
            default_note="`OPENAI_MODEL`",
        ),
        Setting(
            "OPENAI_MODEL",
            text,
            only_openai_model,
            "The OpenAI model.",
            default_note="`OPENAI_CLASSIFY_MODEL` if that is set, or else `gpt-6-luna`",
        ),
        Setting(
            "OPENAI_BASE_URL",
            web_address,
            "https://api.openai.com/v1",
            "Another server with the same protocol, such as a gateway.",
        ),
    ),
)

GROQ = Section(
    "Triage: Groq",
    (
        Setting("GROQ_API_KEY", secret, "", "The API key for Groq.", in_readme=True),
        Setting("GROQ_MODEL", text, "openai/gpt-oss-20b", "The model on Groq."),
        Setting(
            "GROQ_BASE_URL",
            web_address,
            "https://api.groq.com/openai/v1",
            "Another server with the same protocol, such as a gateway.",
        ),
    ),
)

ANTHROPIC = Section(
    "Triage: Anthropic",
    (
        Setting("ANTHROPIC_API_KEY", secret, "", "The API key for Anthropic.", in_readme=True),
        Setting("ANTHROPIC_MODEL", text, "claude-haiku-5-5", "The model of Anthropic."),
        Setting(
            "ANTHROPIC_BASE_URL",
            web_address,
            "https://api.anthropic.com",
            "Another server with the same protocol, such as a gateway.",
        ),
    ),
)

OWN_SERVER = Section(
    "Triage: a server of your own",
    (
        Setting(
            "LLM_BASE_URL",
            web_address,
            "",
            "A server that speaks the chat completions protocol: Ollama (port 11434), llama.cpp"
            " (8080) or vLLM (8000). If it requires a key, set `LLM_API_KEY`.",
            example="http://models.example.org:11434/v1",
            in_readme=True,
        ),
        Setting("LLM_MODEL", text, "", "The model on that server.", example="qwen3:4b"),
    ),
)

LIMITS = Section(
    "Triage: limits",
    (
        Setting(
            "LLM_TIMEOUT",
            number,
            None,
            "Seconds for a whole call to the model. After that, the offline classifier answers.",
            minimum=0.1,
            maximum=600,
            default_note="4; with `local`: 15",
        ),
        Setting(
            "LLM_CONCURRENCY",
            integer,
            half_of_the_threads,
            "How many calls one process may make at the same time.",
            minimum=1,
            maximum=1000,
            default_note="half of `WEB_THREADS`",
        ),
        Setting(
            "LLM_DAILY_CALLS",
            integer,
            5000,
            "How many calls may be made per day. After that, the offline classifier answers.",
            minimum=0,
        ),
        Setting(
            "LLM_DAILY_COST",
            number,
            5.0,
            "The estimated cost in USD of the calls that may be made per day. After that, the"
            " offline classifier answers.",
            minimum=0,
        ),
        Setting(
            "LLM_CLIENT_CALLS",
            integer,
            30,
            "How many calls one client address may cause per minute without signing in.",
            minimum=0,
        ),
        Setting(
            "LLM_CLIENT_DAILY_CALLS",
            integer,
            200,
            "How many calls one client address may cause per day (UTC) without signing in.",
            minimum=0,
        ),
        Setting(
            "LLM_CACHE_SECONDS",
            integer,
            24 * 3600,
            "How many seconds a reply is reused for the same text.",
            minimum=0,
            maximum=365 * 24 * 3600,
        ),
        Setting(
            "LLM_MIN_CHARS",
            integer,
            20,
            "Texts with fewer characters are not sent to a model.",
            minimum=0,
        ),
        Setting(
            "LLM_MAX_INPUT_CHARS",
            integer,
            4000,
            "Longer texts are cut to this many characters before they are sent.",
            minimum=1,
        ),
        Setting(
            "LLM_MAX_OUTPUT_TOKENS",
            integer,
            512,
            "How many tokens a reply may use, including thinking.",
            minimum=1,
        ),
        Setting(
            "LLM_TEMPERATURE",
            number,
            None,
            "The sampling temperature. Several models reject it.",
            minimum=0,
            maximum=2,
            default_note="not sent",
        ),
        Setting(
            "LLM_PRICE_INPUT",
            number,
            None,
            "USD per million input tokens, to estimate the cost.",
            minimum=0,
            maximum=10_000,
            default_note="list price of the provider's default model",
        ),
        Setting(
            "LLM_PRICE_OUTPUT",
            number,
            None,
            "USD per million output tokens, to estimate the cost.",
            minimum=0,
            maximum=10_000,
            default_note="list price of the provider's default model",
        ),
    ),
)

PROXIES = Section(
    "Proxies",
    (
        Setting(
            "HTTPS_PROXY",
            secret,
            "",
            "The proxy through which models and token addresses of mailboxes with `https://` are"
            " reached, without TLS to the proxy itself. It may have a user name and a password.",
            other_name="https_proxy",
            example="http://proxy.example.org:3128",
        ),
        Setting(
            "HTTP_PROXY",
            secret,
            "",
            "The same for addresses with `http://`.",
            other_name="http_proxy",
            example="http://proxy.example.org:3128",
        ),
        Setting(
            "ALL_PROXY",
            secret,
            "",
            "The proxy for both where its own is not set.",
            other_name="all_proxy",
            example="http://proxy.example.org:3128",
        ),
        Setting(
            "NO_PROXY",
            text,
            "",
            "What is reached without a proxy: a list of names (with all below them), addresses"
            " and networks, each with a port or without. This machine always is, unless the list"
            " has `<-loopback>`.",
            other_name="no_proxy",
            example="models.example.org,10.0.0.0/8",
        ),
    ),
)
