import optuna
import pytest
from optuna.pruners import MedianPruner, NopPruner, PatientPruner, SuccessiveHalvingPruner, ThresholdPruner

from mmfusion.config.errors import ConfigError
from mmfusion.training.search.pruners import PRUNERS, build_pruner, prunes

ARGUMENTS = {"percentile": {"percentile": 25.0}, "patient": {"patience": 3}, "threshold": {"upper": 1.0}}


@pytest.mark.parametrize("name", PRUNERS.classes)
def test_each_pruner_by_its_name_judges_a_trial(name):
    pruner = build_pruner({"name": name, **ARGUMENTS.get(name, {})})
    study = optuna.create_study(pruner=pruner)
    trial = study.ask()
    trial.report(0.5, 0)
    assert trial.should_prune() is False
    assert prunes(name) == (name != "none")


def test_arguments_are_passed_on():
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
def test_what_is_wrong_is_named(given, message):
    with pytest.raises(ConfigError, match=f"^hydra.sweeper.pruner{message}"):
        build_pruner(given)
