import pytest
import yaml

from mmfusion.training.loggers import mlflow, tensorboard
from mmfusion.training.loggers.build import build_loggers, finish_loggers
from mmfusion.training.loggers.csv import CSVLogger


def node(repo, name):
    return yaml.safe_load((repo / f"conf/logger/{name}.yaml").read_text())


def test_metrics_csv_is_always_written_and_only_once(repo, tmp_path):
    for cfg in ({}, node(repo, "csv"), node(repo, "csv") | node(repo, "tensorboard")):
        built = build_loggers(cfg, str(tmp_path), "run")
        assert isinstance(built[0], CSVLogger)
        assert sum(isinstance(logger, CSVLogger) for logger in built) == 1
        assert len(built) == max(1, len(cfg))


@pytest.mark.parametrize(("module", "name"), [(tensorboard, "tensorboard"), (mlflow, "mlflow")])
def test_a_missing_dependency_says_how_to_install_it(repo, tmp_path, monkeypatch, module, name):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'mmfusion\[{name}\]'"):
        build_loggers(node(repo, name), str(tmp_path), "run")


def test_finish_tells_those_who_want_to_know(tmp_path):
    class Wants(CSVLogger):
        codes: list[int] = []  # noqa: RUF012

        def finish(self, exit_code):
            self.codes.append(exit_code)

    finish_loggers([CSVLogger(str(tmp_path)), Wants(str(tmp_path))], 143)
    assert Wants.codes == [143]
