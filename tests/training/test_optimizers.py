import pytest
import torch
from torch import nn

from mmfusion.loss_weighting.uncertainty import Uncertainty
from mmfusion.training.optimizers import adam, adamw, parameter_groups, sgd
from tests.training.small import TASKS, make_batch, make_model, make_weighting


def groups_of(model, weighting=None, encoder_cfg=None):
    groups = parameter_groups(model, weighting or make_weighting("equal"), 0.1, 0.5, encoder_cfg or {})
    return {group["name"]: group for group in groups}


def names_in(model, group):
    held = {id(p) for p in group["params"]}
    return {name for name, p in model.named_parameters() if id(p) in held}


def test_norms_biases_embeddings_and_placeholders_do_not_decay():
    model = make_model(media=True, placeholders=True)
    groups = groups_of(model)
    assert groups["model"]["weight_decay"] == 0.5
    assert groups["model.no_decay"]["weight_decay"] == 0.0
    kept = names_in(model, groups["model.no_decay"])
    modules = dict(model.named_modules())
    for name, _ in model.named_parameters():
        owner = modules[name.rpartition(".")[0]]
        decays = isinstance(owner, nn.Linear | nn.Conv2d | nn.LSTM | nn.GRU) and "bias" not in name
        assert (name not in kept) == decays, name
    assert {type(modules[n.rpartition(".")[0]]).__name__ for n in kept} >= {"Embedding", "Linear", "ParameterDict"}


def test_the_weightings_own_parameters_do_not_decay():
    weighting = Uncertainty(list(TASKS), ["age"])
    group = groups_of(make_model(), weighting)["loss_weighting"]
    assert {id(p) for p in group["params"]} == {id(p) for p in weighting.parameters()}
    assert (group["weight_decay"], group["lr"]) == (0.0, 0.1)


def test_every_trainable_parameter_is_in_exactly_one_group_and_frozen_ones_in_none():
    model = make_model(media=True)
    model.encoders["text"].requires_grad_(False)
    held = [id(p) for group in groups_of(model).values() for p in group["params"]]
    assert len(held) == len(set(held))
    assert set(held) == {id(p) for p in model.parameters() if p.requires_grad}


def test_lr_scale_gives_an_encoder_groups_of_its_own():
    model = make_model()
    model.encoders["a2"] = nn.Linear(2, 2)  # a name that begins like the other
    groups = groups_of(model, encoder_cfg={"a": {"lr_scale": 0.1}, "b": {"lr_scale": 1.0}})
    assert groups["encoder.a"]["lr"] == pytest.approx(0.01)
    assert groups["model"]["lr"] == 0.1
    assert names_in(model, groups["encoder.a"]) | names_in(model, groups["encoder.a.no_decay"]) == {
        name for name, _ in model.named_parameters() if name.startswith("encoders.a.")
    }


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"encoder\.a\.lr_scale must be > 0, found 0"):
        groups_of(make_model(), encoder_cfg={"a": {"lr_scale": 0}})
    with pytest.raises(ValueError, match="every parameter of the model is frozen"):
        groups_of(make_model().requires_grad_(False))
    with pytest.raises(ValueError, match="betas must be two numbers"):
        adam(betas=[0.9])


def test_a_raw_matrix_decays_and_a_raw_vector_does_not():
    model = make_model()
    model.fusion.register_parameter("factors", nn.Parameter(torch.ones(2, 3)))
    model.fusion.register_parameter("gains", nn.Parameter(torch.ones(3)))
    groups = groups_of(model)
    assert "fusion.factors" in names_in(model, groups["model"])
    assert "fusion.gains" in names_in(model, groups["model.no_decay"])


@pytest.mark.parametrize("factory", [adamw, adam, sgd])
def test_factories_build_what_they_are_called(factory):
    built = factory(lr=0.02, weight_decay=0.1)
    optimizer = built([{"params": [nn.Parameter(torch.ones(2))], "weight_decay": 0.0}])
    assert type(optimizer).__name__.lower() == factory.__name__
    group = optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"], optimizer.defaults["weight_decay"]) == (0.02, 0.0, 0.1)


def test_fused_is_taken_where_it_is_supported_and_can_be_refused():
    parameter = nn.Parameter(torch.ones(2))
    assert adamw()([{"params": [parameter]}]).defaults["fused"] is True
    assert adamw(fused=False)([{"params": [parameter]}]).defaults["fused"] is False
    on_meta = nn.Parameter(torch.ones(2, device="meta"))
    assert adamw()([{"params": [on_meta]}]).defaults["fused"] is False


def test_decay_moves_only_the_groups_that_decay():
    model = make_model()
    model(make_batch(2))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    factory = adamw(lr=0.1, weight_decay=0.5)
    groups = parameter_groups(model, make_weighting("equal"), factory.lr, factory.weight_decay, {})
    optimizer = factory(groups)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    kept = {id(p) for group in groups if group["name"].endswith("no_decay") for p in group["params"]}
    assert kept
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.detach(), before[name] * (1.0 if id(parameter) in kept else 0.95))
