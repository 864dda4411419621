"""Numbers and words out of range, which the components' annotations refuse before anything is built."""

import pytest

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("encoder.image.grid=0", "encoder.image.grid: must be a whole number of at least 1, found 0"),
        ("encoder.image.dropout=1.5", "encoder.image.dropout: must be a number from 0 to 1, found 1.5"),
        ("encoder.image.norm=layer", "encoder.image.norm: must be 'group' or 'batch' or 'none', found the string"),
        ("encoder.image.pooling=maxx", "did you mean 'max'"),
        ("encoder.speech.dynamic_range_db=0", "dynamic_range_db: must be a number above 0"),
        ("encoder.speech.spec_augment={tiem: 0.1}", "spec_augment.tiem: there is no such key; did you mean 'time'"),
        ("encoder.speech.spec_augment.time=2", "spec_augment.time: must be a number from 0 to 1, found 2"),
        ("encoder.speech.spec_augment.masks=1.5", "spec_augment.masks: must be a whole number of at least 0"),
        ("fusion.dim=0", "fusion.dim: must be a whole number of at least 1, found 0"),
        ("fusion.dropout=1.0", "fusion.dropout: must be a number of at least 0 and below 1, found 1.0"),
        ("fusion.activation=rellu", "did you mean 'relu'"),
        ("optimizer.lr=0", "optimizer.lr: must be a number above 0, found 0"),
        ("optimizer.lr=inf", "optimizer.lr: must be a number above 0, found inf"),
        ("optimizer.weight_decay=-1", "optimizer.weight_decay: must be a number of at least 0"),
        ("scheduler.warmup=-1", "scheduler.warmup: must be a number of at least 0"),
    ],
)
def test_refused(override, message):
    with pytest.raises(ConfigError) as caught:
        load_config(["experiment=digits", override])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("group", "override", "message"),
    [
        ("fusion=decision", "fusion.weighting=learnt", "did you mean 'learned'"),
        (
            "fusion=decision",
            "fusion.weights={image: 1, text: 0, speech: 1}",
            "fusion.weights.text: must be a number above 0",
        ),
        ("fusion=hybrid", "fusion.joint_weight=0", "fusion.joint_weight: must be a number above 0"),
        ("fusion=sum", "fusion.reduce=max", "fusion.reduce: must be 'mean' or 'sum'"),
        ("loss_weighting=dwa", "loss_weighting.temperature=0", "temperature: must be a number above 0"),
        ("loss_weighting=gradnorm", "loss_weighting.alpha=-1", "alpha: must be a number of at least 0"),
        ("loss_weighting=gradnorm", "loss_weighting.initial=frist", "did you mean 'first'"),
        ("loss_weighting=gradnorm", "loss_weighting.k=0", "k: must be a whole number of at least 1"),
    ],
)
def test_refused_for_another_option(group, override, message):
    with pytest.raises(ConfigError) as caught:
        load_config(["experiment=digits", group, override])
    assert message in str(caught.value)
