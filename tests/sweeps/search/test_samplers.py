import optuna
import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search import samplers
from mmfusion.sweeps.search.samplers import SAMPLERS, Sampling
from mmfusion.sweeps.search.space import build_space, suggest_with

CONTINUOUS = {"x": "interval(0, 1)", "y": "tag(log, interval(1e-3, 1))", "kind": "a,b"}
STEPS = {"x": "range(0, 3)", "kind": "a,b"}
ARGUMENTS = {"tpe": {"n_startup_trials": 2}, "gp": {"n_startup_trials": 2}, "nsgaii": {"population_size": 3}}
ARGUMENTS["nsgaiii"] = {"population_size": 3, "crossover": "blxalpha"}


def space_of(written):
    return build_space((), written, lambda key: None)[0]


def draw(sampling, space, count, study=None):
    """What a search draws, sampler by sampler."""
    study = study or optuna.create_study()
    actual = []
    for _ in range(count):
        study.sampler = sampling.of(len(study.trials))
        trial = study.ask()
        study.sampler = sampling.of(trial.number)
        values = space.ask(suggest_with(trial))
        actual.append(values)
        study.tell(trial, float(values["x"]) + (values["kind"] == "a"))
    return actual


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.mark.parametrize("name", [name for name in SAMPLERS.classes if name not in samplers.FINITE])
def test_each_sampler_draws_by_its_name(name):
    if name == "cmaes":
        pytest.importorskip("cmaes")
    space = space_of(CONTINUOUS)
    given = {"name": name, **ARGUMENTS.get(name, {})}
    actual = draw(Sampling(given, 0, space, 1), space, 6)
    assert all(set(values) == {entry.name for entry in space.entries} for values in actual)
    assert len({tuple(values.values()) for values in actual}) >= 4  # a genetic one may have twins
    assert actual == draw(Sampling(given, 0, space, 1), space, 6), "the seed decides"


@pytest.mark.parametrize(
    "name",
    ["random", "tpe", {"name": "tpe", "multivariate": True, "group": True}, "gp", "nsgaii", "qmc"],
    ids=lambda given: given if isinstance(given, str) else "grouped",
)
def test_a_search_that_goes_on_does_not_draw_the_same_again(name):
    space = space_of(CONTINUOUS)
    whole = draw(Sampling(name, 0, space, 1), space, 8)
    study = optuna.create_study()
    halves = [*draw(Sampling(name, 0, space, 1), space, 4, study), *draw(Sampling(name, 0, space, 1), space, 4, study)]
    assert halves == whole
    assert draw(Sampling(name, 1, space, 1), space, 4) != whole[:4]
    assert draw(Sampling(name, None, space, 1), space, 4) != whole[:4]


@pytest.mark.parametrize("name", samplers.FINITE)
def test_a_finite_sampler_knows_all_that_there_is(name):
    every = Sampling(name, 0, space_of(STEPS), 1).every
    assert sorted((point["x"], point["kind"]) for point in every) == [(x, kind) for x in range(3) for kind in "ab"]
    assert every == Sampling(name, 0, space_of(STEPS), 1).every
    assert every != Sampling(name, 1, space_of(STEPS), 1).every
    conditional = {"kind": "a,b", "x": {"space": "range(0, 3)", "when": "kind=a"}}
    assert len(Sampling(name, 0, space_of(conditional), 1).every) == 4
    assert Sampling("tpe", 0, space_of(STEPS), 1).every is None


@pytest.mark.parametrize(
    ("given", "written", "objectives", "message"),
    [
        ("tpee", STEPS, 1, r": there is no sampler 'tpee'; did you mean 'tpe'"),
        ({"name": "tpe", "n_startup": 3}, STEPS, 1, r".n_startup: there is no such key; did you mean"),
        ({"name": "tpe", "seed": 3}, STEPS, 1, r".seed: set hydra.sweeper.seed"),
        ({"name": "grid", "search_space": {}}, STEPS, 1, r".search_space: grid takes no arguments"),
        ({"name": "tpe", "gamma": "x"}, STEPS, 1, r".gamma: takes a Python object"),
        ({"name": "nsgaii", "population_size": 1}, STEPS, 1, r": nsgaii: `population_size` must be"),
        ({"name": "nsgaii", "crossover": "uniforn"}, STEPS, 1, r".crossover: there is no crossover 'uniforn'; did you"),
        ("grid", CONTINUOUS, 1, r": grid needs steps: x=interval\(0, 1\) has no end of values"),
        ("brute_force", {"x": "range(0, 999)", "y": "range(0, 999)"}, 1, r".* more than 10000 combinations"),
        ("cmaes", CONTINUOUS, 2, r": cmaes searches for one objective; with several take tpe"),
    ],
)
def test_what_is_wrong_is_named(given, written, objectives, message, monkeypatch):
    monkeypatch.setattr(samplers, "find_spec", lambda name: object())
    with pytest.raises(ConfigError, match=rf"^hydra.sweeper.sampler{message}"):
        Sampling(given, 0, space_of(written), objectives)


def test_what_a_sampler_cannot_draw_itself_is_known():
    space = space_of({**CONTINUOUS, "z": {"space": "interval(0, 1)", "when": "kind=a"}})
    asides = {name: Sampling(name, 0, space, 1).aside() for name in ("tpe", "gp", "qmc")}
    assert asides == {"tpe": [], "gp": ["z"], "qmc": ["kind", "z"]}


def test_cmaes_says_how_to_install_what_it_needs(monkeypatch):
    monkeypatch.setattr(samplers, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"sampler=cmaes needs cmaes: pip install 'mmfusion\[cmaes\]'"):
        Sampling("cmaes", 0, space_of(CONTINUOUS), 1)
