"""Attention by documents, norms and rotations in fewer passes, beside torch's own."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mintza.train.settings import TrainExecution, TrainSettings
from mintza.train.torch_attention import NAME, Unsuited, attend, suits
from mintza.train.torch_cpu import Quickened, checked
from mintza.train.torch_norms import plain_norms, quicken
from mintza.train.torch_rotation import plain_rotations

SETTINGS = TrainSettings(execution=TrainExecution(threads=1))
LENGTHS = [(300,), (1, 130, 7, 128, 34), (129, 171)]


def vectors(length: int, size: int = 16) -> tuple[tuple[Any, Any, Any], Any]:
    """Query of four heads, key and value of two, and what comes back; in numbers that bf16 holds."""
    import torch

    generator = torch.Generator().manual_seed(length)
    shapes = ((4, 3.0), (2, 1.5), (2, 1.0), (4, 1.0))
    query, key, value, back = (
        (torch.randn(1, n, length, size, generator=generator) * by).bfloat16().float() for n, by in shapes
    )
    return (query, key, value), back


def positions(lengths: tuple[int, ...]) -> Any:
    import torch

    return torch.cat([torch.arange(length) for length in lengths])[None]


def ours(lengths: tuple[int, ...], *, half: bool, size: int = 16) -> list[Any]:
    """What comes out, and the gradients by query, key and value."""
    import torch

    (query, key, value), back = vectors(sum(lengths), size)
    given = [each.requires_grad_() for each in (query, key, value)]
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        out, _ = attend(None, query, key, value, None, scaling=size**-0.5, position_ids=positions(lengths))
    out.float().backward(back.transpose(1, 2))
    return [out.transpose(1, 2).detach(), *(each.grad for each in given)]


def by_torch(lengths: tuple[int, ...], kind: str, size: int = 16) -> list[Any]:
    """The same by torch's kernel, one document after the other, in another precision."""
    import torch

    made, back = vectors(sum(lengths), size)
    given = [each.to(getattr(torch, kind)).requires_grad_() for each in made]
    edges = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
    outs = [
        torch.nn.functional.scaled_dot_product_attention(
            *(each[:, :, start:end] for each in given), is_causal=True, enable_gqa=True
        )
        for start, end in pairwise(edges)
    ]
    out = torch.cat(outs, 2)
    out.backward(back.to(out.dtype))
    return [out.detach(), *(each.grad for each in given)]


def errors(found: list[Any], exact: list[Any]) -> list[float]:
    return [float((a.double() - b).norm() / b.norm()) for a, b in zip(found, exact, strict=True)]


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("size", [16, 24])
def test_in_half_precision_it_errs_hardly_more_than_torchs_own(lengths: tuple[int, ...], size: int) -> None:
    exact = by_torch(lengths, "float64", size)
    theirs = errors(by_torch(lengths, "bfloat16", size), exact)
    for own, other in zip(errors(ours(lengths, half=True, size=size), exact), theirs, strict=True):
        assert own <= max(1.6 * other, 0.006)


@pytest.mark.parametrize("lengths", LENGTHS)
def test_in_full_precision_it_is_torchs_own_document_by_document(lengths: tuple[int, ...]) -> None:
    assert max(errors(ours(lengths, half=False), by_torch(lengths, "float64"))) < 1e-6


def test_a_document_is_as_if_it_were_alone_to_the_bit() -> None:
    import torch

    given, back = vectors(300)
    parts = [(slice(0, 130), positions((130,))), (slice(130, 300), positions((170,)))]
    found = []
    for which, places in [(slice(0, 300), positions((130, 170))), *parts]:
        query, key, value = some = [each[:, :, which].clone().requires_grad_() for each in given]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out, _ = attend(None, query, key, value, None, scaling=0.25, position_ids=places)
        out.float().backward(back[:, :, which].transpose(1, 2))
        found.append([out.transpose(1, 2).detach(), *(each.grad for each in some)])
    for whole, first, second in zip(*found, strict=True):
        assert torch.equal(whole, torch.cat([first, second], 2))


def test_rows_of_a_batch_have_documents_of_their_own() -> None:
    import torch

    (query, key, value), _ = vectors(300)
    places = torch.cat([positions((300,)), positions((100, 200))])
    twice = (torch.cat([each, each]) for each in (query, key, value))
    both, _ = attend(None, next(twice), next(twice), next(twice), None, scaling=0.25, position_ids=places)
    for row, lengths in enumerate([(300,), (100, 200)]):
        alone, _ = attend(None, query, key, value, None, scaling=0.25, position_ids=positions(lengths))
        assert torch.equal(both[row], alone[0])


@pytest.mark.parametrize(
    "asked", [{"softcap": 30.0}, {"sliding_window": 4}, {"s_aux": object()}, {"dropout": 0.1}, {"is_causal": False}]
)
def test_what_a_model_asks_for_beyond_that_is_not_left_out_in_silence(asked: dict[str, Any]) -> None:
    (query, key, value), _ = vectors(8)
    with pytest.raises(Unsuited, match=next(iter(asked))):
        attend(None, query, key, value, None, scaling=0.25, position_ids=positions((8,)), **asked)
    with pytest.raises(Unsuited, match="a mask"):
        attend(None, query, key, value, object(), scaling=0.25, position_ids=positions((8,)))
    with pytest.raises(Unsuited, match="middle of a document"):
        attend(None, query, key, value, None, scaling=0.25, position_ids=positions((8,)) + 1)


@pytest.mark.parametrize(
    "config",
    [
        {"sliding_window": 128},
        {"attn_logit_softcapping": 50.0},
        {"attention_dropout": 0.1},
        {"layer_types": ["full_attention", "sliding_attention"]},
    ],
)
def test_models_whose_attention_is_more_keep_their_own(config: dict[str, Any]) -> None:
    assert suits(SimpleNamespace(config=SimpleNamespace(layer_types=["full_attention"] * 2, sliding_window=None)))
    assert not suits(SimpleNamespace(config=SimpleNamespace(**config)))


def read(folder: Path) -> Any:
    from mintza.train.hugging_face import load_model

    return load_model(folder, "sdpa")


def test_a_plain_model_is_quickened_on_a_cpu_and_only_there(backbone_folder: Path) -> None:
    found = checked(read(backbone_folder), SETTINGS, "cpu")
    assert found.attention == NAME
    assert len(found.norms) == 5, "two in each of two layers, and the last"
    assert len(found.rotations) == 2, "one in each layer"
    assert checked(read(backbone_folder), SETTINGS, "cuda") == Quickened()
    full = SETTINGS.model_copy(update={"precision": "fp32"})
    assert checked(read(backbone_folder), full, "cpu") == Quickened(NAME)
    eager = SETTINGS.model_copy(update={"execution": TrainExecution(threads=1, attention="eager")})
    assert checked(read(backbone_folder), eager, "cpu").attention is None


def test_a_model_that_turns_out_to_ask_for_more_keeps_its_own(backbone_folder: Path) -> None:
    model = read(backbone_folder)
    for layer in model.base_model.layers:
        inner = layer.self_attn.forward
        layer.self_attn.forward = lambda *given, inner=inner, **said: inner(*given, **said, unheard_of=9.0)
    found = checked(model, SETTINGS, "cpu")
    assert found.attention is None
    assert model.config._attn_implementation == "sdpa"


def test_a_model_that_does_not_hand_its_positions_on_keeps_its_own(backbone_folder: Path) -> None:
    model = read(backbone_folder)
    for layer in model.base_model.layers:
        inner = layer.self_attn.forward
        layer.self_attn.forward = lambda *given, inner=inner, position_ids=None, **said: inner(*given, **said)
    assert checked(model, SETTINGS, "cpu").attention is None


def test_a_quickened_model_computes_forwards_what_the_plain_one_does_to_the_bit(backbone_folder: Path) -> None:
    """Then losses differ from those of other trainers by how gradients are rounded alone."""
    import torch

    ids = torch.arange(120)[None] % 200
    found = []
    for quick in (False, True):
        model = read(backbone_folder)
        if quick:
            checked(model, SETTINGS, "cpu")
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(input_ids=ids, position_ids=positions((120,)), use_cache=False).logits
        logits.float().square().sum().backward()
        found.append((logits.detach(), torch.cat([weight.grad.flatten() for weight in model.parameters()])))
    (plain, by_plain), (quickly, by_quick) = found
    assert torch.equal(plain, quickly)
    assert float((by_quick - by_plain).norm() / by_plain.norm()) < 0.01


def test_a_rotation_in_half_precision_is_the_plain_one_to_the_bit_and_its_gradient_the_exact_one_rounded(
    backbone_folder: Path,
) -> None:
    import torch

    from mintza.train import torch_rotation

    plain, quick = read(backbone_folder), read(backbone_folder)
    names = plain_rotations(quick)
    torch_rotation.quicken(quick, names)
    generator = torch.Generator().manual_seed(3)
    given, back = (torch.randn(1, n, 9, 16, generator=generator).bfloat16() for n in (4, 4))
    angles = torch.rand(1, 9, 8, generator=generator) * 6
    cosine, sine = (torch.cat([each, each], -1) for each in (angles.cos(), angles.sin()))
    found = []
    for model, kind in ((plain, "bfloat16"), (quick, "bfloat16"), (plain, "float64")):
        turn = rotation_of(model.get_submodule(names[0]))
        one = given.detach().to(getattr(torch, kind)).clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=kind == "bfloat16"):
            out, _ = turn(one, one.detach()[:, :2], cosine.to(one.dtype) if kind == "float64" else cosine, sine)
        out.backward(back.to(out.dtype))
        found.append((out.detach(), one.grad))
    (out, _), (quick_out, by_quick), (_, exact) = found
    assert quick_out.dtype == torch.bfloat16
    assert torch.equal(quick_out, out.bfloat16())
    torch.testing.assert_close(by_quick.double(), exact, rtol=0.004, atol=1e-6)


def rotation_of(attention: Any) -> Any:
    """What an attention of a model turns its vectors by."""
    import inspect

    forward = getattr(attention.forward, "__func__", attention.forward)
    return inspect.unwrap(forward).__globals__["apply_rotary_pos_emb"]


def test_attentions_that_turn_otherwise_are_left_alone(backbone_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.llama import modeling_llama

    model = read(backbone_folder)
    assert len(plain_rotations(model)) == 2
    monkeypatch.setattr(
        modeling_llama, "apply_rotary_pos_emb", lambda query, key, cosine, sine: (query * cosine, key * cosine)
    )
    assert plain_rotations(model) == []
    monkeypatch.setattr(modeling_llama, "apply_rotary_pos_emb", lambda query, key, table: (query, key))
    assert plain_rotations(model) == []


def norm_of(kind: str) -> Any:
    import torch
    from transformers.models.gemma.modeling_gemma import GemmaRMSNorm
    from transformers.models.llama.modeling_llama import LlamaRMSNorm

    module = {"llama": LlamaRMSNorm, "gemma": GemmaRMSNorm}[kind](48, 1e-5)
    with torch.no_grad():
        module.weight.copy_(torch.linspace(0.5, 2, 48))
    return torch.nn.Sequential(module)


def test_a_norm_in_half_precision_is_the_plain_one_rounded_with_gradients_to_match() -> None:
    import torch

    given, back = torch.randn(7, 48) * 3, torch.randn(7, 48).bfloat16()
    found = []
    for quick in (False, True):
        model = norm_of("llama")
        if quick:
            quicken(model, plain_norms(model))
        one = given.clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = model(one)
        out.to(torch.bfloat16).backward(back)
        found.append((out.detach().bfloat16(), one.grad, model[0].weight.grad))
    (out, by_given, by_weight), (quick_out, by_quick, weight_by_quick) = found
    assert quick_out.dtype == torch.bfloat16
    torch.testing.assert_close(quick_out, out, rtol=0.01, atol=0)
    torch.testing.assert_close(by_quick, by_given, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(weight_by_quick, by_weight, rtol=1e-4, atol=1e-5)


def test_a_norm_in_full_precision_stays_as_it_was_to_the_bit() -> None:
    import torch

    plain, quick = norm_of("llama"), norm_of("llama")
    quicken(quick, plain_norms(quick))
    given = torch.randn(7, 48)
    assert torch.equal(plain(given), quick(given))


def test_norms_that_do_something_else_are_left_alone() -> None:
    assert plain_norms(norm_of("llama")) == ["0"]
    assert plain_norms(norm_of("gemma")) == []


def test_what_was_quickened_is_not_in_what_is_saved(backbone_folder: Path, tmp_path: Path) -> None:
    model = read(backbone_folder)
    checked(model, SETTINGS, "cpu")
    model.save_pretrained(tmp_path)
    assert NAME not in (tmp_path / "config.json").read_text()
    assert json.loads((tmp_path / "config.json").read_text()) == json.loads(
        (backbone_folder / "config.json").read_text()
    )
