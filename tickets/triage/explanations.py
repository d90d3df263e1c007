"""Why no model answers, and which setting to check: for operators."""

from __future__ import annotations

from urllib3.util import parse_url

from .config import Config
from .providers.base import Endpoint
from .providers.gemini_protocol import GOOGLE
from .providers.proxies import Proxy
from .providers.table import NAME_A_PROVIDER, PROVIDERS

# What went wrong and what to do. {key}, {model} and {address} are names of settings; {timeout} is
# in seconds, {tokens} a number, {proxy} the variable that names the proxy.
EXPLANATIONS = {
    "no_key": "The API key is missing: set {key}.",
    "no_model": "No model is configured: set {model}.",
    "bad_key": "The service rejected the key: check {key}, and whether it may use this model.",
    "missing_model": "The service does not know the model or has retired it, or does not know"
    " the path: check {model} and {address}.",
    "no_credit": "The account of this key has no credit left or has reached a limit on spending:"
    " see the service's pages on billing.",
    "rate_limited": "The key has used up its quota or sends requests too fast: see the service's"
    " console.",
    "server_error": "The service reports an internal error or is overloaded. Try again later.",
    "unreachable": "No connection: check the network, HTTPS_PROXY, firewalls and {address}.",
    "proxy": "The proxy does not answer, refuses, or is not of the form http://host:port: check"
    " {proxy}, or add the host of {address} to NO_PROXY.",
    "deadline": "Too slow: no complete answer within {timeout} s. Raise LLM_TIMEOUT or use a"
    " faster model.",
    "blocked": "The service blocked its answer to a harmless text: check its safety settings.",
    "cut_off": "The model used up its {tokens} tokens before its answer was complete; thinking"
    " counts. Raise LLM_MAX_OUTPUT_TOKENS, or set a model in {model} that thinks less.",
    "empty": "The model ended without an answer: use another model in {model}.",
    "bad_request": "The service rejected the request: does {model} support JSON answers? Check"
    " {address}.",
    "bad_response": "The server does not speak the expected protocol: check {address}.",
    "busy": "Too many calls at once.",
    "not_built": "The client could not be set up: see the log above.",
    "invalid_reply": "The model answered, but not in the requested form: use another model in"
    " {model}.",
}


def explain(endpoint: Endpoint, reason: str) -> str:
    """Return what is wrong and which setting to check."""
    row = PROVIDERS[endpoint.provider]
    proxy = proxy_to(endpoint)
    return EXPLANATIONS.get(reason, "See the log.").format(
        key=row.key_setting,
        model=" or ".join(filter(None, (row.classify_model_setting, row.model_setting))),
        address=row.address_setting,
        timeout=f"{endpoint.timeout:g}",
        tokens=endpoint.max_output_tokens,
        proxy=proxy.variable if proxy else "HTTPS_PROXY",
    )


def proxy_to(endpoint: Endpoint) -> Proxy | None:
    return endpoint.proxies.leading_to(parse_url(endpoint.base_url or GOOGLE))


def why_no_model(config: Config) -> str:
    """Return why no model is configured, and how to configure one."""
    offline = "triage works offline, on this machine only"
    if not config.llm_enabled:
        return f"switched off by LLM_ENABLED=0; {offline}"
    if config.llm_provider == "none":
        return f"switched off by LLM_PROVIDER=none; {offline}"
    if config.llm_api_key:
        return (
            f"none, because LLM_API_KEY does not say whose key it is; {offline}. {NAME_A_PROVIDER}"
        )
    key_settings = [row.key_setting for row in PROVIDERS.values() if row.needs_key]
    hosted = f"{', '.join(key_settings[:-1])} or {key_settings[-1]}"
    return (
        f"none, because no key is set; {offline}. To use a model, set {hosted},"
        " or LLM_BASE_URL for a local server"
    )
