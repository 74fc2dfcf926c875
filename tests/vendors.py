"""Fakes of three vendors' OpenAI-compatible chat endpoints, as strict as their own documentation and users say they are.

On the loopback, in a thread of this process; each keeps the requests that it got. They share no code with the client.
What they refuse: fields that the vendor does not know or takes only alone, a wrong path, a wrong key. What they ignore, they ignore.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "a-key-of-nobody"
COMMON = {"model", "messages", "temperature", "top_p", "stop", "response_format", "max_tokens", "max_completion_tokens"}
PATHS = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/chat/completions",
    "google": "/v1beta/openai/chat/completions",
}
STRICT = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "minItems", "maxItems"}


def refusal(vendor: str, path: str, key: str, body: dict[str, Any]) -> tuple[int, Any] | None:
    """Status and body of what the vendor says to a request that it does not take."""
    if path != PATHS[vendor]:
        return 404, {"error": {"message": f"no such path: {path}"}}
    if key != f"Bearer {KEY}":
        return 401, {"error": {"message": "invalid key"}}
    unknown = sorted(set(body) - COMMON - ({"seed", "logit_bias"} if vendor != "google" else set()))
    if vendor == "google" and unknown:
        names = "\n".join(
            f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.' for name in unknown
        )
        return 400, [{"error": {"code": 400, "message": names, "status": "INVALID_ARGUMENT"}}]
    if vendor == "openai" and "max_tokens" in body:
        return 400, {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}
    if vendor == "openai" and ({"temperature", "top_p"} & set(body)):
        return 400, {"error": {"message": "Unsupported value: only the default (1) is supported."}}
    if vendor == "anthropic" and {"temperature", "top_p"} <= set(body):
        return 400, {"error": {"message": "temperature and top_p cannot both be specified for this model."}}
    if vendor != "anthropic" and "response_format" in body and (wrong := unstrict(body["response_format"])):
        return 400, {"error": {"message": f"Invalid schema for response_format: {wrong}"}}
    return None


def unstrict(given: dict[str, Any]) -> str:
    """What of a schema strict decoding does not take, "" when it takes it."""
    return _unstrict(given["json_schema"]["schema"])


def _unstrict(schema: dict[str, Any]) -> str:
    if unknown := set(schema) - STRICT:
        return f"{sorted(unknown)} is not permitted"
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False or set(schema["required"]) != set(schema["properties"]):
            return "'additionalProperties' is required to be false, and every property to be in 'required'"
        return next(filter(None, map(_unstrict, schema["properties"].values())), "")
    if schema.get("type") == "array":
        return _unstrict(schema["items"]) if "items" in schema else "array schema missing items"
    return next(filter(None, map(_unstrict, schema.get("anyOf", []))), "")


def words(vendor: str, body: dict[str, Any]) -> str:
    """JSON turns back as they were sent, in a code fence where nothing but words asks for JSON; else a sentence."""
    asked = str(body["messages"][-1]["content"])
    if asked.startswith("{"):
        if vendor == "anthropic":
            return f"```json\n{asked}\n```" if "JSON Schema" in body["messages"][0]["content"] else f"Gladly! {asked}"
        return asked
    return f"You asked: {asked}"


@contextmanager
def vendor(name: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its address, up to what a study writes as `url`, and the bodies that it got so far."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append(body)
            status, answer = refusal(name, self.path, self.headers.get("Authorization", ""), body) or (200, None)
            if answer is None:
                choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": words(name, body)}}
                usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
                answer = {"id": "x", "object": "chat.completion", "choices": [{"index": 0, **choice}], "usage": usage}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PATHS[name].removesuffix('/chat/completions')}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
