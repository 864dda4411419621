import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.training.search.named import Catalogue, build, split

CALENDAR = Catalogue(
    "time", "datetime", {"none": "date", "day": "date", "span": "timedelta"}, instead={"tz": "say utc"}
)


def test_a_name_stands_alone_or_with_its_arguments():
    assert split(CALENDAR, "when", "day") == ("day", {})
    assert split(CALENDAR, "when", None) == ("none", {})
    given = {"name": "span", "days": 3}
    assert split(CALENDAR, "when", given) == ("span", {"days": 3})
    assert given == {"name": "span", "days": 3}, "what the config holds is left as it is"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("dya", r"^when: there is no time 'dya'; did you mean 'day'"),
        ({"days": 3}, r"^when: expected a name, or a mapping with `name` and arguments; found \{'days': 3\}$"),
        ({"name": 3}, r"^when: there is no time 3"),
    ],
)
def test_anything_else_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        split(CALENDAR, "when", given)


def test_what_the_place_gives_is_not_for_the_config_to_set():
    samplers = Catalogue("sampler", "optuna.samplers", {"random": "RandomSampler"}, instead={"rng": "give a seed"})
    seven, again, eight = (build(samplers, "s", "random", seed=seed)._rng.rng.random() for seed in (7, 7, 8))
    assert seven == again != eight
    with pytest.raises(ConfigError, match=r"^s\.seed: is known from the data and not for a config to set$"):
        build(samplers, "s", {"name": "random", "seed": 8}, seed=7)
    with pytest.raises(ConfigError, match=r"^s\.rng: give a seed$"):
        build(samplers, "s", {"name": "random", "rng": 1})


def test_what_optuna_refuses_is_named_with_its_place():
    pruners = Catalogue("pruner", "optuna.pruners", {"threshold": "ThresholdPruner"})
    with pytest.raises(ConfigError, match=r"^p: threshold: Either lower or upper"):
        build(pruners, "p", "threshold")
