"""Property checks that every component of the model passes; used by tests of encoders, fusion and sharing.

A check takes `make`, which builds the component, and the arguments of its `forward`: tensors, or dictionaries, lists
and dataclasses of them, with the rows in the first dimension. Each check fails by assertion and says what differs.

    check_all(lambda: Concat(dims={"image": 8, "text": 6}), encoded, present, parameters=1234)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

Make = Callable[[], nn.Module]


def tensors(tree: Any) -> list[Tensor]:
    """Every tensor of a nest of dictionaries, sequences and dataclasses, in a fixed order."""
    if isinstance(tree, Tensor):
        return [tree]
    if is_dataclass(tree) and not isinstance(tree, type):
        return tensors([getattr(tree, field.name) for field in fields(tree)])
    if isinstance(tree, Mapping):
        return tensors([tree[key] for key in sorted(tree)])
    return [x for item in tree for x in tensors(item)] if isinstance(tree, list | tuple) else []


def map_tensors(function: Callable[[Tensor], Tensor], tree: Any) -> Any:
    """The same nest with `function` applied to every tensor."""
    if isinstance(tree, Tensor):
        return function(tree)
    if is_dataclass(tree) and not isinstance(tree, type):
        return replace(tree, **{f.name: map_tensors(function, getattr(tree, f.name)) for f in fields(tree)})
    if isinstance(tree, Mapping):
        return {key: map_tensors(function, value) for key, value in tree.items()}
    return type(tree)(map_tensors(function, item) for item in tree) if isinstance(tree, list | tuple) else tree


def assert_same(found: Any, expected: Any, atol: float = 0.0, rtol: float = 0.0, what: str = "output") -> None:
    """Both nests hold the same tensors; bit for bit unless a tolerance is given."""
    left, right = tensors(found), tensors(expected)
    assert len(left) == len(right) > 0, f"{what}: {len(left)} tensors against {len(right)}"
    for i, (a, b) in enumerate(zip(left, right, strict=True)):
        torch.testing.assert_close(
            a.detach(), b.detach(), atol=atol, rtol=rtol, msg=lambda text, i=i: f"{what}, tensor {i}: {text}"
        )


def weighted_sum(output: Any) -> Tensor:
    """A scalar that depends on every number of the output, with fixed random weights."""
    generator = torch.Generator().manual_seed(7)
    parts = [x for x in tensors(output) if x.is_floating_point()]
    assert parts, "the component has no floating-point output"
    return torch.stack([(x.float() * torch.randn(x.shape, generator=generator)).sum() for x in parts]).sum()


def check_gradients(make: Make, *inputs: Any) -> None:
    """A backward pass in training mode leaves a finite gradient that is not zero at every trained parameter."""
    torch.manual_seed(0)
    module = make().train()
    weighted_sum(module(*inputs)).backward()
    trained = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
    missed = [name for name, grad in trained.items() if grad is None or not grad.any()]
    assert not missed, f"no gradient reaches {missed}"
    broken = [name for name, grad in trained.items() if not grad.isfinite().all()]
    assert not broken, f"the gradient is not finite at {broken}"


def check_seed(make: Make, *inputs: Any) -> None:
    """The same seed gives the same parameters and the same output in training mode, another seed other ones."""

    def built(seed: int) -> tuple[list[Tensor], Any]:
        torch.manual_seed(seed)
        module = make().train()
        return list(module.state_dict().values()), module(*inputs)

    (state, output), (state_again, output_again) = built(0), built(0)
    assert len(state) == len(state_again)
    assert all(torch.equal(a, b) for a, b in zip(state, state_again, strict=True)), "parameters differ"
    assert_same(output_again, output, what="output in training mode")
    if any(x.is_floating_point() and x.ndim > 1 for x in state):
        other_state, _ = built(1)
        assert not all(torch.equal(a, b) for a, b in zip(state, other_state, strict=True)), "the seed has no effect"


def check_eval(make: Make, *inputs: Any) -> None:
    """In eval mode two calls give the same bits, whatever torch's generator does, and leave the state alone."""
    module = make().eval()
    state = deepcopy(module.state_dict())
    first = module(*inputs)
    torch.rand(3)
    assert_same(module(*inputs), first, what="output in eval mode")
    after = module.state_dict()
    assert all(torch.equal(after[name], value) for name, value in state.items()), "eval mode changed the state"


def check_batch_order(make: Make, *inputs: Any, atol: float = 1e-5) -> None:
    """Permuting the rows permutes the output's rows, in eval mode."""
    torch.manual_seed(0)
    module = make().eval()
    rows = len(tensors(inputs)[0])
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(3))
    assert rows > 1, "the check needs two rows or more"
    permuted = module(*map_tensors(lambda x: x[order], list(inputs)))
    assert_same(permuted, map_tensors(lambda x: x[order], module(*inputs)), atol=atol, rtol=1e-5, what="permuted rows")


def check_parameters(make: Make, expected: int) -> None:
    """The number of parameters is what a formula says."""
    found = sum(p.numel() for p in make().parameters())
    assert found == expected, f"{found} parameters, the formula says {expected}"


def check_precisions(make: Make, *inputs: Any, rtol: float = 0.1) -> None:
    """float32 and bf16 autocast both run forward and backward, stay finite, and agree but for rounding."""
    torch.manual_seed(0)
    module = make().eval()
    full = module(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        half = module(*inputs)
    for a, b in zip(tensors(full), tensors(half), strict=True):
        assert a.shape == b.shape
        if a.is_floating_point() and a.numel():
            assert a.isfinite().all()
            assert b.isfinite().all()
            distance, size = (a - b.float()).norm(), a.norm()
            assert distance <= rtol * size + 1e-3, f"bf16 is off by {distance:.3g} where the size is {size:.3g}"
    for output in (full, half):
        module.zero_grad()
        total = weighted_sum(output)
        if total.requires_grad:
            total.backward()
        assert all(p.grad.isfinite().all() for p in module.parameters() if p.grad is not None)


def check_compile(make: Make, *inputs: Any, atol: float = 1e-5, fullgraph: bool = True) -> None:
    """`torch.compile` gives the same output and gradients in eval mode, and without graph breaks if `fullgraph`.

    The backend stops short of generating code: what is checked is that tracing keeps the meaning.
    """
    torch.manual_seed(0)
    module = make().eval()
    results = []
    torch.compiler.reset()
    for run in (module, torch.compile(module, backend="aot_eager", dynamic=False, fullgraph=fullgraph)):
        module.zero_grad()
        with warnings.catch_warnings():
            if not fullgraph:
                # Dynamo looks at `.grad` of whatever crosses a break in the graph, and torch warns of that.
                warnings.filterwarnings("ignore", "The .grad attribute of a Tensor that is not a leaf")
            output = run(*inputs)
        total = weighted_sum(output)
        if total.requires_grad:
            total.backward()
        results.append((output, [p.grad.clone() for p in module.parameters() if p.grad is not None]))
    (output, gradients), (compiled_output, compiled_gradients) = results
    assert_same(compiled_output, output, atol=atol, rtol=1e-4, what="compiled output")
    if gradients:
        assert_same(compiled_gradients, gradients, atol=max(atol, 1e-4), rtol=1e-3, what="compiled gradients")


def check_all(
    make: Make, *inputs: Any, parameters: int, fullgraph: bool = True, atol: float = 1e-5, bf16_rtol: float = 0.1
) -> None:
    """All of the above. `parameters` is the count that a formula in the test gives."""
    check_parameters(make, parameters)
    if parameters:
        check_gradients(make, *inputs)
    check_seed(make, *inputs)
    check_eval(make, *inputs)
    check_batch_order(make, *inputs, atol=atol)
    check_precisions(make, *inputs, rtol=bf16_rtol)
    check_compile(make, *inputs, atol=atol, fullgraph=fullgraph)
