"""The model as a whole, with components small enough to see through."""

import pytest
import torch
from torch import Tensor, nn

from mmfusion.batch import Batch, Encoded, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.bag import Bag
from mmfusion.encoders.features_mlp import FeaturesMLP
from mmfusion.encoders.rnn import RNN
from mmfusion.fusion._base import JOINT, Fusion
from mmfusion.modality.modality_dropout import ModalityDropout
from mmfusion.modality.placeholders import Placeholders
from mmfusion.model import MultiTaskModel
from mmfusion.sharing._base import Sharing


class Linear(Encoder):
    kind = "features"

    def __init__(self, dim: int, batch_norm: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.layer = nn.Linear(3, dim)
        self.norm = nn.BatchNorm1d(dim) if batch_norm else None
        self.row_wise = not batch_norm

    def forward(self, x: Tensor) -> Encoded:
        y = self.layer(x)
        return Encoded.from_pooled(self.norm(y) if self.norm is not None else y)


class Mean(Encoder):
    """Mean over positions of a sequence."""

    kind = "series"

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.layer = nn.Linear(2, dim)

    def forward(self, x: Tokens) -> Encoded:
        y = self.layer(x.values.sum(1) / x.lengths.clamp(min=1)[:, None])
        return Encoded.from_pooled(y)


class Sum(Fusion):
    def __init__(self, dims: dict[str, int]) -> None:
        super().__init__()
        (width,) = set(dims.values())
        self.streams = {JOINT: width}

    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        return {JOINT: torch.stack([x.pooled for x in encoded.values()]).sum(0)}


class Same(Sharing):
    def __init__(self, streams: dict[str, int], tasks: list[str]) -> None:
        super().__init__()
        self.dims = {task: dict(streams) for task in tasks}

    def forward(self, streams: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        return dict.fromkeys(self.dims, streams)


class Definition(nn.Module):
    """As much of a task as the model looks at."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim


def make_model(batch_norm: bool = False, **options: object) -> MultiTaskModel:
    torch.manual_seed(0)
    encoders = {"a": Linear(4, batch_norm), "b": Mean(4)}
    fusion = Sum({name: encoder.dim for name, encoder in encoders.items()})
    tasks = {"one": Definition(1), "two": Definition(3)}
    return MultiTaskModel(encoders, fusion, Same(fusion.streams, list(tasks)), tasks, **options)


def make_batch(rows: int = 6) -> Batch:
    generator = torch.Generator().manual_seed(1)
    present = {"a": torch.arange(rows) != 1, "b": torch.arange(rows) % 3 != 0}
    inputs = {
        "a": torch.rand(rows, 3, generator=generator),
        "b": Tokens(torch.rand(rows, 5, 2, generator=generator), torch.full((rows,), 5)),
    }
    return Batch(inputs, present, {}, {}, [str(i) for i in range(rows)])


def test_forward_is_represent_then_decide():
    model, batch = make_model(), make_batch()
    streams = model.represent(batch.inputs, batch.present)
    again, outputs = model.decide(streams, batch.present), model(batch)
    assert all(torch.equal(output, again[task]) for task, output in outputs.items())
    assert {task: tuple(output.shape) for task, output in outputs.items()} == {"one": (6, 1), "two": (6, 3)}


@pytest.mark.parametrize(("batch_norm", "poison"), [(False, float("nan")), (True, float("inf")), (True, 1e30)])
def test_what_an_absent_modality_holds_changes_no_output_and_no_gradient(batch_norm, poison):
    model, batch, spoiled = make_model(batch_norm), make_batch(), make_batch()
    spoiled.inputs["a"][~spoiled.present["a"]] = poison
    spoiled.inputs["b"].values[~spoiled.present["b"]] = poison
    results = []
    for each in (batch, spoiled):
        model.zero_grad()
        outputs = model(each)
        sum(output.sum() for output in outputs.values()).backward()
        results.append((outputs, [p.grad.clone() for p in model.parameters()]))
    (clean, clean_gradients), (dirty, dirty_gradients) = results
    assert all(torch.equal(clean[task], dirty[task]) for task in clean)
    assert all(torch.equal(x, y) for x, y in zip(clean_gradients, dirty_gradients, strict=True))


class OverTokens(Fusion):
    """The mean of all real tokens, times how many modalities there are; knows nothing of what absent rows may hold."""

    needs_tokens = True

    def __init__(self, dims: dict[str, int]) -> None:
        super().__init__()
        (width,) = set(dims.values())
        self.streams = {JOINT: width}
        self.layer = nn.Linear(width, width)

    def forward(self, encoded: dict[str, Encoded], present: dict[str, Tensor]) -> dict[str, Tensor]:
        tokens_BLD = self.layer(torch.cat([x.tokens for x in encoded.values()], dim=1))
        mask_BL = torch.cat([x.mask for x in encoded.values()], dim=1)
        mean_BD = (tokens_BLD * mask_BL[..., None]).sum(1) / mask_BL.sum(1, keepdim=True).clamp(min=1)
        return {JOINT: mean_BD * torch.stack(list(present.values())).sum(0)[:, None]}


@pytest.mark.parametrize("poison", [float("nan"), 1.0])
def test_a_fusion_never_sees_what_an_encoder_made_of_an_absent_modality(poison):
    dims, present = {"a": 4, "b": 4}, {"a": torch.tensor([True, False, True]), "b": torch.tensor([False, True, True])}
    torch.manual_seed(0)
    built = OverTokens(dims)
    model = MultiTaskModel({}, built, Same(built.streams, ["one"]), {"one": Definition(1)})
    results = []
    for spoiled in (False, True):
        model.zero_grad()
        generator = torch.Generator().manual_seed(1)
        encoded = {}
        for name in dims:
            x = Encoded(*(torch.rand(3, *shape, generator=generator) for shape in ((4,), (2, 4), (2,))))
            x.mask = x.mask > 0.3
            if spoiled:
                x.pooled[~present[name]], x.tokens[~present[name]], x.mask[~present[name]] = poison, poison, True
            x.pooled.requires_grad_()
            x.tokens.requires_grad_()
            encoded[name] = x
        output = model.decide(model.fuse(encoded, present), present)["one"]
        output.sum().backward()
        into = [x.grad for e in encoded.values() for x in (e.pooled, e.tokens) if x.grad is not None]
        results.append([output, *into, *(p.grad for p in model.parameters())])
    assert len(results[0]) >= 4
    assert all(x.isfinite().all() for x in results[0])
    assert all(torch.equal(x, y) for x, y in zip(*results, strict=True))


def test_batch_statistics_come_from_the_rows_that_have_the_modality():
    model, batch = make_model(batch_norm=True), make_batch()
    encoder = model.encoders["a"]
    model.encode(batch.inputs, batch.present)
    expected = 0.1 * encoder.layer(batch.inputs["a"][batch.present["a"]]).mean(0)
    assert torch.allclose(encoder.norm.running_mean, expected, atol=1e-6)


def test_a_modality_that_no_row_has_leaves_batch_statistics_alone_and_keeps_the_graph():
    model, batch = make_model(batch_norm=True), make_batch()
    batch.present["a"][:] = False
    batch.present["b"][:] = True
    encoder = model.encoders["a"]
    before = encoder.norm.running_mean.clone()
    sum(output.sum() for output in model(batch).values()).backward()
    assert torch.equal(encoder.norm.running_mean, before)
    assert encoder.training
    assert encoder.norm.training
    assert all(p.grad is not None for p in encoder.parameters())


class SeesRows(nn.SyncBatchNorm):
    """Synchronised statistics as far as one process can have them: notes how many rows came."""

    def forward(self, x: Tensor) -> Tensor:
        self.rows = len(x)
        return x


def test_synchronised_statistics_are_not_skipped_by_a_rank_without_the_modality():
    model, batch = make_model(batch_norm=True), make_batch()
    model.encoders["a"].norm = SeesRows(4)
    batch.present["a"][:] = False
    encoded = model.encode(batch.inputs, batch.present)["a"]
    assert model.encoders["a"].norm.rows == 0  # the other ranks' collective finds this one, with nothing to add
    assert torch.equal(encoded.pooled, torch.zeros(6, 4))
    assert encoded.pooled.requires_grad


def test_placeholders_stand_in_for_what_is_absent():
    model = make_model(placeholders=Placeholders({"a": 4, "b": 4}))
    batch = make_batch()
    outputs = model(batch)
    nn.init.ones_(next(model.placeholders.parameters()))
    changed = (model(batch)["two"] != outputs["two"]).any(1)
    assert torch.equal(changed, ~batch.present["a"])


def test_modality_dropout_acts_in_training_only():
    model, batch = make_model(modality_dropout=ModalityDropout(0.9)), make_batch(64)
    assert not torch.equal(model.visible(batch.present)["b"], batch.present["b"])
    model.eval()
    assert torch.equal(model.visible(batch.present)["b"], batch.present["b"])


def test_heads_take_hidden_layers_and_dropout():
    model = make_model(head_hidden=[7], head_dropout=0.1)
    head = model.heads["two"][JOINT]
    assert [type(layer).__name__ for layer in head] == ["Linear", "ReLU", "Dropout", "Linear"]
    assert (head[0].in_features, head[0].out_features, head[3].out_features) == (4, 7, 3)


def test_the_last_layer_of_an_encoder_is_one_with_a_matrix():
    model = make_model(batch_norm=True)  # its norm comes after the Linear
    assert {id(p) for p in model.encoders["a"].layer.parameters()} < {id(p) for p in model.last_layer()}
    assert not {id(p) for p in model.encoders["a"].norm.parameters()} & {id(p) for p in model.last_layer()}


@pytest.mark.parametrize(
    ("encoder", "part"),
    [
        (RNN(11, embedding=6, hidden=4, pooling="attention"), "recurrent"),
        (FeaturesMLP(5, True, hidden=(6,), pooling="attention"), "layers"),
        (Bag(11, embedding=6, pooling="attention"), "embedding"),
    ],
)
def test_what_weighs_positions_is_no_last_layer(encoder, part):
    fusion = Sum({"a": encoder.dim})
    model = MultiTaskModel({"a": encoder}, fusion, Same(fusion.streams, ["one"]), {"one": Definition(1)})
    last = {id(p) for p in model.last_layer()}
    assert last
    assert last <= {id(p) for p in getattr(encoder, part).parameters()}
    encoder.requires_grad_(False)
    encoder.pool.requires_grad_(True)
    assert [id(p) for p in model.last_layer()] == [id(encoder.pool.score.weight)]  # nothing else is trained


def test_a_single_row_has_no_batch_statistics():
    model, batch = make_model(batch_norm=True), make_batch()
    batch.present["a"][:] = torch.arange(6) == 2
    before = model.encoders["a"].norm.running_mean.clone()
    model.encode(batch.inputs, batch.present)
    assert torch.equal(model.encoders["a"].norm.running_mean, before)


def test_shared_parameters_are_all_but_the_heads_and_the_last_layer_is_the_encoders_without_a_fusions():
    model = make_model()
    heads, shared = ({id(p) for p in part} for part in (model.heads.parameters(), model.shared_parameters()))
    assert shared == {id(p) for p in model.parameters()} - heads
    assert {id(p) for p in model.last_layer()} == {id(p) for p in model.encoders.parameters()}
