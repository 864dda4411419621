"""What only shows once components are built."""

import pytest

from mmfusion.config.compose import load_config
from mmfusion.fusion.concat import Concat
from mmfusion.training.build import build_data, build_model

TINY = ["experiment=seed", "data.rows.train=8", "data.rows.val=4", "data.rows.test=4", "data.loader.batch_size=4"]


@pytest.fixture(scope="module")
def data():
    made, tasks = build_data(load_config(TINY))
    made.setup()
    return made, tasks


def test_the_model_has_the_encoders_and_tasks_of_the_config(data):
    model = build_model(load_config(TINY), *data)
    assert list(model.encoders) == ["image", "text", "speech"]
    assert list(model.heads) == ["label", "value"]


def test_a_fusion_of_tokens_needs_encoders_that_give_some(data, monkeypatch):
    monkeypatch.setattr(Concat, "needs_tokens", True)
    with pytest.raises(ValueError, match="Concat works on tokens, but the encoders of image, text, speech give one"):
        build_model(load_config(TINY), *data)


def test_placeholders_have_no_part_in_a_vote(data):
    config = load_config([*TINY, "modality=placeholders", "fusion=decision"])
    with pytest.raises(ValueError, match=r"modality\.placeholders: decision-level fusion leaves absent modalities out"):
        build_model(config, *data)


def test_weights_that_a_checkpoint_will_replace_are_not_read(data):
    config = load_config([*TINY, "encoder.image.weights=/gone.pt"])
    build_model(config, *data, from_checkpoint=True)
    with pytest.raises(ValueError, match=r"gone\.pt"):
        build_model(config, *data)
