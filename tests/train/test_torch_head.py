"""The head with its loss, beside torch's own cross entropy."""

from __future__ import annotations

from typing import Any

import pytest

from mintza.train.torch_head import head_nats

TOKENS, WIDTH, VOCABULARY, SCALE = 23, 16, 50, 0.25


@pytest.fixture
def given() -> tuple[Any, Any, Any]:
    """A head, what it sees and what is right."""
    import torch

    generator = torch.Generator().manual_seed(3)
    head = torch.nn.Linear(WIDTH, VOCABULARY, bias=False)
    with torch.no_grad():
        head.weight.copy_(torch.randn(VOCABULARY, WIDTH, generator=generator) * 3)
    seen = (torch.randn(TOKENS, WIDTH, generator=generator) * 4).requires_grad_()
    return head, seen, torch.randint(VOCABULARY, (TOKENS,), generator=generator)


def moderate(given: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """The same with logits of a size that leaves a probability its digits in fp32, in whichever order products are summed."""
    import torch

    head, seen, _ = given
    with torch.no_grad():
        head.weight.div_(3)
        seen.div_(4)
    return given


def by_torch(given: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Nats, and their scaled gradients by what is seen and by the weights."""
    import torch

    head, seen, expected = given
    nats = torch.nn.functional.cross_entropy(head(seen).float(), expected, reduction="sum")
    return nats.detach(), *torch.autograd.grad(nats * SCALE, (seen, head.weight))


@pytest.mark.parametrize("chunk", [1000, TOKENS, 7, 1])
@pytest.mark.parametrize("at_once", [0, 3 * VOCABULARY, 1])
def test_loss_and_gradients_are_those_of_cross_entropy(given: tuple[Any, Any, Any], chunk: int, at_once: int) -> None:
    import torch

    head, seen, expected = moderate(given)
    scaled, nats = head_nats(head, seen, expected, chunk=chunk, scale=SCALE, at_once=at_once)
    scaled.backward()
    wanted, by_seen, by_weight = by_torch(given)
    assert not nats.requires_grad
    torch.testing.assert_close(nats, wanted, rtol=1e-6, atol=0)
    torch.testing.assert_close(scaled.detach(), nats * SCALE)
    torch.testing.assert_close(seen.grad, by_seen, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(head.weight.grad, by_weight, rtol=1e-5, atol=1e-6)


def test_in_half_precision_it_is_what_autocast_computes_to_the_bit(given: tuple[Any, Any, Any]) -> None:
    import torch

    head, seen, expected = given
    with torch.autocast("cpu", dtype=torch.bfloat16):
        wanted, by_seen, by_weight = by_torch(given)
        scaled, nats = head_nats(head, seen, expected, chunk=TOKENS, scale=SCALE)
    scaled.backward()
    assert torch.equal(nats, wanted)
    assert torch.equal(seen.grad, by_seen)
    assert torch.equal(head.weight.grad, by_weight)
    assert head.weight.grad.dtype == torch.float32


def test_what_goes_on_from_the_loss_reaches_the_gradients(given: tuple[Any, Any, Any]) -> None:
    import torch

    head, seen, expected = moderate(given)
    scaled, _ = head_nats(head, seen, expected, chunk=5, scale=SCALE)
    (scaled * 3).backward()
    _, by_seen, by_weight = by_torch(given)
    torch.testing.assert_close(seen.grad, 3 * by_seen, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(head.weight.grad, 3 * by_weight, rtol=1e-5, atol=1e-6)


def test_weights_that_are_frozen_get_no_gradient_and_what_is_before_them_does(given: tuple[Any, Any, Any]) -> None:
    import torch

    head, seen, expected = given
    _, by_seen, _ = by_torch(given)
    head.weight.requires_grad_(False)
    head_nats(head, seen, expected, chunk=5, scale=SCALE)[0].backward()
    assert head.weight.grad is None
    torch.testing.assert_close(seen.grad, by_seen, rtol=1e-5, atol=1e-6)


def test_without_learning_there_is_a_loss_and_nothing_to_go_backwards_from(given: tuple[Any, Any, Any]) -> None:
    import torch

    with torch.no_grad():
        scaled, nats = head_nats(*given, chunk=5, scale=SCALE)
    assert not scaled.requires_grad
    torch.testing.assert_close(nats, by_torch(given)[0])


def test_no_token_is_no_loss_and_a_gradient_of_zeros(given: tuple[Any, Any, Any]) -> None:
    head, seen, expected = given
    scaled, nats = head_nats(head, seen[:0], expected[:0], chunk=5, scale=SCALE)
    scaled.backward()
    assert float(nats) == 0
    assert float(head.weight.grad.abs().max()) == 0


def test_the_nats_of_a_token_that_is_all_but_impossible_are_a_number() -> None:
    import torch

    head = torch.nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[300.0], [-300.0]]))
    _, nats = head_nats(head, torch.ones(1, 1), torch.tensor([1]), chunk=1, scale=1.0)
    assert float(nats) == 600.0
