import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.training.search.named import Catalogue, build, split

SAMPLERS = Catalogue("sampler", "optuna.samplers", {"cma_es": "cmaes", "gp": None}, instead={"rng": "give a seed"})


def test_short_names_are_those_of_the_classes():
    assert SAMPLERS.classes["brute_force"].__name__ == "BruteForceSampler"
    assert "cmaes" in SAMPLERS.classes
    assert not {"cma_es", "gp", "base"} & set(SAMPLERS.classes)


def test_a_name_stands_alone_or_with_its_arguments():
    assert split(SAMPLERS, "key", "tpe") == ("tpe", {})
    given = {"name": "tpe", "n_startup_trials": 3}
    assert split(SAMPLERS, "key", given) == ("tpe", {"n_startup_trials": 3})
    assert given == {"name": "tpe", "n_startup_trials": 3}, "what the config holds is left as it is"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("rndom", r"^key: there is no sampler 'rndom'; did you mean 'random'"),
        (None, r"^key: there is no sampler 'none'"),
        ({"days": 3}, r"^key: expected a name, or a mapping with `name` and arguments; found \{'days': 3\}$"),
        ({"name": 3}, r"^key: there is no sampler 3"),
        ({"name": "random", "seed": 8}, r"^key\.seed: is known from the data and not for a config to set$"),
        ({"name": "random", "rng": 1}, r"^key\.rng: give a seed$"),
        ({"name": "tpe", "group": 1}, r"^key\.group: must be true or false, found 1$"),
        ({"name": "tpe", "prior_weight": True}, r"^key\.prior_weight: must be a number or null, found true$"),
        ({"name": "qmc", "qmc_type": "sobl"}, r"^key: qmc: "),
    ],
)
def test_anything_else_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        build(SAMPLERS, "key", given, seed=7)


def test_what_the_place_gives_is_passed_on():
    seven, again, eight = (build(SAMPLERS, "key", "random", seed=seed)._rng.rng.random() for seed in (7, 7, 8))
    assert seven == again != eight
