"""What only shows once components are built."""

import math

import pytest

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.fusion.concat import Concat
from mmfusion.training.build import build_data, build_model, build_module

TINY = ["experiment=seed", "data.rows.train=8", "data.rows.val=4", "data.rows.test=4", "data.loader.batch_size=4"]


@pytest.fixture(scope="module")
def data():
    data, tasks = build_data(load_config(TINY))
    data.setup()
    return data, tasks


def test_the_model_has_the_encoders_and_tasks_of_the_config(data):
    model = build_model(load_config(TINY), *data)
    assert list(model.encoders) == ["image", "text", "speech"]
    assert list(model.heads) == ["label", "value"]


def test_a_fusion_of_tokens_needs_encoders_that_give_some(data, monkeypatch):
    monkeypatch.setattr(Concat, "needs_tokens", True)
    with pytest.raises(ValueError, match="Concat works on tokens, and the encoder of image, text, speech gives"):
        build_model(load_config(TINY), *data)


def test_gradnorm_knows_what_a_blind_guess_costs(data):
    config = load_config([*TINY, "loss_weighting=gradnorm", "loss_weighting.initial=log_c"])
    weighting = build_module(config, build_model(config, *data)).weighting
    classes = len(data[1]["label"].classes)
    assert weighting.initial.tolist() == pytest.approx([math.log(classes), 0.0])
    assert weighting.averaged_steps.tolist() == [1.0, 0.0]  # the regression waits for its first step


def test_only_the_builder_says_how_many_classes_there_are():
    with pytest.raises(ConfigError, match=r"loss_weighting\.classes: is known from the data and not for a config"):
        load_config([*TINY, "loss_weighting=gradnorm", "+loss_weighting.classes={label: 3}"])


def test_a_weighting_that_does_not_ask_for_classes_is_not_told(data):
    config = load_config([*TINY, "loss_weighting=uncertainty"])
    assert build_module(config, build_model(config, *data)).weighting.factors.tolist() == [1.0, 0.5]


def test_weights_that_a_checkpoint_will_replace_are_not_read(data):
    config = load_config([*TINY, "encoder.image.weights=/gone.pt"])
    build_model(config, *data, from_checkpoint=True)
    with pytest.raises(ValueError, match=r"gone\.pt"):
        build_model(config, *data)
