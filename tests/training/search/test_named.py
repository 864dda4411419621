import optuna
import pytest
from optuna.pruners import MedianPruner, NopPruner, PatientPruner, SuccessiveHalvingPruner, ThresholdPruner

from mmfusion.config.errors import ConfigError
from mmfusion.training.search.named import PRUNERS, Catalogue, build, build_pruner, prunes, split

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


ARGUMENTS = {"percentile": {"percentile": 25.0}, "patient": {"patience": 3}, "threshold": {"upper": 1.0}}


@pytest.mark.parametrize("name", PRUNERS.classes)
def test_each_pruner_by_its_name_judges_a_trial(name):
    pruner = build_pruner({"name": name, **ARGUMENTS.get(name, {})})
    study = optuna.create_study(pruner=pruner)
    trial = study.ask()
    trial.report(0.5, 0)
    assert trial.should_prune() is False
    assert prunes(name) == (name != "none")


def test_arguments_of_pruners_are_passed_on():
    pruner = build_pruner({"name": "successive_halving", "min_resource": 2, "reduction_factor": 3})
    assert isinstance(pruner, SuccessiveHalvingPruner)
    assert (pruner._min_resource, pruner._reduction_factor) == (2, 3)
    assert isinstance(build_pruner(None), NopPruner)
    patient = build_pruner(
        {"name": "patient", "patience": 3, "wrapped_pruner": {"name": "median", "n_startup_trials": 2}}
    )
    assert isinstance(patient, PatientPruner)
    assert isinstance(patient._wrapped_pruner, MedianPruner)
    assert isinstance(build_pruner({"name": "threshold", "lower": 0.1}), ThresholdPruner)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("medain", r": there is no pruner 'medain'; did you mean 'median'"),
        ({"name": "median", "n_startup": 3}, r"\.n_startup: there is no such key; did you mean 'n_sta"),
        (
            {"name": "median", "n_startup_trials": "x"},
            r"\.n_startup_trials: must be a whole number, found the string 'x'",
        ),
        ({"name": "percentile"}, r"\.percentile: is missing and has no default"),
        ({"name": "percentile", "percentile": 250}, r": percentile: Percentile must be between"),
        ({"name": "threshold"}, r": threshold: Either lower or upper must be specified"),
        (
            {"name": "patient", "patience": 1, "wrapped_pruner": "medain"},
            r"\.wrapped_pruner: there is no pruner 'medain'",
        ),
    ],
)
def test_what_is_wrong_with_a_pruner_is_named(given, message):
    with pytest.raises(ConfigError, match=f"^hydra.sweeper.pruner{message}"):
        build_pruner(given)
