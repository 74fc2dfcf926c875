"""Twelve styles of chat templates, written for these tests: each in Jinja, and once more by hand in Python as the oracle of its loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Turns = list[tuple[str, str]]
BOS, EOS = "<s>", "</s>"
CONTROL = (
    *(BOS, EOS, "<|im_start|>", "<|im_end|>", "<|head|>", "<|/head|>", "<|eot|>", "<start_of_turn>", "<end_of_turn>"),
    *(
        "<|user|>",
        "<|assistant|>",
        "<|system|>",
        "<|end|>",
        "<｜User｜>",
        "<｜Assistant｜>",
        "<｜end｜>",
        "<|TURN|>",
        "<|STOP|>",
    ),
)
TAUGHT = True


class Bit(NamedTuple):
    """A piece of a rendering. control: it is one control token."""

    text: str
    loss: bool = False
    control: bool = False


class Style(NamedTuple):
    """source: the template in Jinja.  by_hand: what it is to show, and where loss lies."""

    source: str
    by_hand: Callable[[Turns], list[Bit]]


def chatml(turns: Turns) -> list[Bit]:
    bits = []
    for role, said in turns:
        mine = role == "assistant"
        bits += [Bit("<|im_start|>", control=True), Bit(f"{role}\n"), Bit(said, mine)]
        bits += [Bit("<|im_end|>", mine, control=True), Bit("\n")]
    return bits


def headers(turns: Turns) -> list[Bit]:
    bits = [Bit(BOS, control=True)]
    for role, said in turns:
        mine = role == "assistant"
        bits += [Bit("<|head|>", control=True), Bit(role), Bit("<|/head|>", control=True), Bit("\n\n")]
        bits += [Bit(said.strip(), mine), Bit("<|eot|>", mine, control=True)]
    return bits


def brackets(turns: Turns) -> list[Bit]:
    bits = [Bit(BOS, control=True)]
    told = ""
    for role, said in turns:
        if role == "system":
            told = f"<<SYS>>\n{said}\n<</SYS>>\n\n"
        elif role == "user":
            bits += [Bit(f"[INST] {told}{said} [/INST]")]
            told = ""
        else:
            bits += [Bit(f" {said}", TAUGHT), Bit(EOS, TAUGHT, control=True)]
    return bits


def renamed(turns: Turns) -> list[Bit]:
    bits = [Bit(BOS, control=True)]
    for role, said in turns:
        mine = role == "assistant"
        bits += [Bit("<start_of_turn>", control=True), Bit(("model" if mine else role) + "\n"), Bit(said, mine)]
        bits += [Bit("<end_of_turn>", mine, control=True), Bit("\n")]
    return bits


def role_tokens(turns: Turns) -> list[Bit]:
    bits = []
    for role, said in turns:
        mine = role == "assistant"
        bits += [
            Bit(f"<|{role}|>", control=True),
            Bit("\n"),
            Bit(said, mine),
            Bit("<|end|>", mine, control=True),
            Bit("\n"),
        ]
    return bits


def role_tokens_and_end_of_text(turns: Turns) -> list[Bit]:
    bits = []
    for role, said in turns:
        mine = role == "assistant"
        bits += [Bit(f"<|{role}|>", control=True), Bit("\n"), Bit(said, mine), Bit(EOS, mine, control=True), Bit("\n")]
    return bits


def instruction_response(turns: Turns) -> list[Bit]:
    bits = [Bit("Below is what somebody asks for.\n\n")]
    names = {"system": "### Rules:\n", "user": "### Instruction:\n", "assistant": "### Response:\n"}
    for role, said in turns:
        mine = role == "assistant"
        bits += [Bit(names[role]), Bit(said, mine)]
        bits += [Bit(EOS, mine, control=True)] if mine else []
        bits += [Bit("\n\n")]
    return bits


def one_line(turns: Turns) -> list[Bit]:
    bits = []
    for role, said in turns:
        if role == "assistant":
            bits += [Bit("ASSISTANT:"), Bit(f" {said}", TAUGHT), Bit(EOS, TAUGHT, control=True)]
        else:
            bits += [Bit(f"{role.upper()}: {said} ")]
    return bits


def without_an_end(turns: Turns) -> list[Bit]:
    bits = []
    for role, said in turns:
        mine = role == "assistant"
        bits += [Bit({"system": "S: ", "user": "Q: ", "assistant": "A: "}[role]), Bit(said, mine), Bit("\n\n")]
    return bits


def bare(turns: Turns) -> list[Bit]:
    bits = [Bit(BOS, control=True)]
    for role, said in turns:
        if role == "system":
            bits += [Bit(said)]
        elif role == "user":
            bits += [Bit("<｜User｜>", control=True), Bit(said)]
        else:
            bits += [Bit("<｜Assistant｜>", control=True), Bit(said, TAUGHT), Bit("<｜end｜>", TAUGHT, control=True)]
    return bits


def always_a_system_turn(turns: Turns) -> list[Bit]:
    told = [] if turns[0][0] == "system" else [("system", "You are kind.")]
    bits = []
    for role, said in [*told, *turns]:
        mine = role == "assistant"
        bits += [Bit("<|TURN|>", control=True), Bit(f"[{role}]"), Bit(said, mine), Bit("<|STOP|>", mine, control=True)]
    return bits


def tags(turns: Turns) -> list[Bit]:
    bits = [Bit("<talk>\n")]
    for role, said in turns:
        mine = role == "assistant"
        bits += [Bit(f"<{role}>\n"), Bit(said, mine), Bit(f"\n</{role}>", mine), Bit("\n")]
    return bits


STYLES: dict[str, Style] = {
    "chatml": Style(
        "{% for m in messages %}<|im_start|>{{ m.role + '\n' + m.content }}<|im_end|>{{ '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant{{ '\n' }}{% endif %}",
        chatml,
    ),
    "headers": Style(
        "{{ bos_token }}{% for m in messages %}<|head|>{{ m.role }}<|/head|>{{ '\n\n' + m.content | trim }}<|eot|>{% endfor %}"
        "{% if add_generation_prompt %}<|head|>assistant<|/head|>{{ '\n\n' }}{% endif %}",
        headers,
    ),
    "brackets": Style(
        "{{ bos_token }}{% set told = namespace(text='') %}{% for m in messages %}{% if m.role == 'system' %}"
        "{% set told.text = '<<SYS>>\n' + m.content + '\n<</SYS>>\n\n' %}{% elif m.role == 'user' %}"
        "{{ '[INST] ' + told.text + m.content + ' [/INST]' }}{% set told.text = '' %}{% else %}"
        "{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}",
        brackets,
    ),
    "renamed": Style(
        "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}"
        "{{ '\n' + m.content }}<end_of_turn>{{ '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}<start_of_turn>model{{ '\n' }}{% endif %}",
        renamed,
    ),
    "role tokens": Style(
        "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
        role_tokens,
    ),
    "role tokens and end of text": Style(
        "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + eos_token + '\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
        role_tokens_and_end_of_text,
    ),
    "instruction and response": Style(
        "{{ 'Below is what somebody asks for.\n\n' }}{% for m in messages %}{% if m.role == 'system' %}"
        "{{ '### Rules:\n' + m.content + '\n\n' }}{% elif m.role == 'user' %}{{ '### Instruction:\n' + m.content + '\n\n' }}"
        "{% else %}{{ '### Response:\n' + m.content + eos_token + '\n\n' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}",
        instruction_response,
    ),
    "one line": Style(
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ 'ASSISTANT: ' + m.content + eos_token }}{% else %}"
        "{{ m.role | upper + ': ' + m.content + ' ' }}{% endif %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}",
        one_line,
    ),
    "without an end": Style(
        "{% for m in messages %}{{ {'system': 'S: ', 'user': 'Q: ', 'assistant': 'A: '}[m.role] + m.content + '\n\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'A: ' }}{% endif %}",
        without_an_end,
    ),
    "bare": Style(
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}{% elif m.role == 'user' %}"
        "{{ '<｜User｜>' + m.content }}{% else %}{{ '<｜Assistant｜>' + m.content + '<｜end｜>' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}",
        bare,
    ),
    "always a system turn": Style(
        "{% if messages[0].role != 'system' %}<|TURN|>[system]You are kind.<|STOP|>{% endif %}"
        "{% for m in messages %}{{ '<|TURN|>[' + m.role + ']' + m.content + '<|STOP|>' }}{% endfor %}"
        "{% if add_generation_prompt %}<|TURN|>[assistant]{% endif %}",
        always_a_system_turn,
    ),
    "tags": Style(
        "{{ '<talk>\n' }}{% for m in messages %}{{ '<' + m.role + '>\n' + m.content + '\n</' + m.role + '>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<assistant>\n' }}{% endif %}",
        tags,
    ),
}
