import copy
import pickle

import pytest
import torch
from torch import nn

from mmfusion.encoders.cnn import CNN
from mmfusion.encoders.freezing import freeze
from mmfusion.encoders.resnet import ResNet

IMAGE = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def batch_cnn() -> CNN:
    torch.manual_seed(0)
    return CNN(1, widths=[3, 4], grid=2, dim=4, norm="batch", dropout=0.5)


def trained(encoder: nn.Module) -> set[str]:
    return {name for name, p in encoder.named_parameters() if p.requires_grad}


def test_true_freezes_everything_and_batch_statistics_stand_still():
    encoder = batch_cnn()
    freeze(encoder, False)
    assert trained(encoder) == {name for name, _ in encoder.named_parameters()}
    assert not encoder.row_wise
    freeze(encoder, True)
    encoder.train()
    before = copy.deepcopy(encoder.state_dict())
    first = encoder(IMAGE)
    assert not trained(encoder)
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    assert torch.equal(first.pooled, encoder(IMAGE).pooled), "dropout of a frozen encoder is off"
    assert encoder.row_wise
    assert encoder.training


def test_up_to_a_stage():
    encoder = batch_cnn()
    freeze(encoder, "layers.0")
    encoder.train()
    before = copy.deepcopy(encoder.state_dict())
    encoder(IMAGE).pooled.sum().backward()
    assert not any(name.startswith("layers.0") for name in trained(encoder))
    assert {name.split(".")[0] for name in trained(encoder)} == {"layers", "head"}
    after = encoder.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"layers.1.1.running_mean", "layers.1.1.running_var", "layers.1.1.num_batches_tracked"}
    assert not encoder.row_wise


def test_row_wise_once_the_last_batch_norm_is_frozen():
    encoder = batch_cnn()
    freeze(encoder, "layers.1")
    assert encoder.row_wise
    assert trained(encoder) == {name for name, _ in encoder.named_parameters() if name.startswith("head")}


def test_holds_in_a_larger_model_that_comes_back_from_eval_mode():
    model = nn.ModuleDict({"image": batch_cnn()})
    freeze(model["image"], "layers.0")
    model.eval().train()
    assert not any(m.training for m in model["image"].layers[0].modules())
    assert model["image"].layers[1].training


def test_survives_copies():
    encoder = batch_cnn()
    freeze(encoder, "layers.0")
    for twin in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):
        twin.train()
        assert not twin.layers[0].training
        assert twin.layers[1].training
        assert trained(twin) == trained(encoder)


def test_stages_of_a_resnet_in_order():
    encoder = ResNet(1, stem="small", norm="batch")
    freeze(encoder, "layer3")
    assert {name.split(".")[0] for name in trained(encoder)} == {"layer4"}
    assert encoder.frozen == ("conv1", "bn1", "layer1", "layer2", "layer3")


def test_unknown_stage_names_the_stages():
    with pytest.raises(
        ValueError,
        match=r"freeze: expected true, false or a stage of CNN \(layers.0, layers.1, head\), found 'layer.1'; "
        r"did you mean 'layers.1'\?",
    ):
        freeze(batch_cnn(), "layer.1")
