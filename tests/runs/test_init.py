from __future__ import annotations

import io
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import yaml
from rich.console import Console

from mmfusion.cli import main
from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.data.errors import DataError
from mmfusion.runs.init import init
from mmfusion.runs.predict import predict
from mmfusion.runs.train import train
from mmfusion.runs.validate import validate
from mmfusion.training.build import build_data


@pytest.fixture(autouse=True)
def _quiet_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=400)  # long temporary paths are not folded


def write_rows(folder: Path, header: str = "id,split,photo,age,city,label", rows: int = 120) -> Path:
    generator = random.Random(0)
    for name in ("train.png", "val.png", "test.png"):
        PIL.Image.fromarray(np.full((8, 8), len(name) + ord(name[1]), dtype=np.uint8)).save(folder / name)
    lines = [header]
    for i in range(rows):
        split = "train" if i < 0.8 * rows else "val" if i < 0.9 * rows else "test"
        age, city = generator.gauss(40, 9), generator.choice(["rome", "oslo"])
        lines.append(f"r{i},{split},{split}.png,{age},{city},{generator.choice(['cat', 'dog'])}")
    (folder / "pets.csv").write_text("\n".join(lines))
    return folder / "pets.csv"


def test_writes_an_experiment_and_says_why(here, console):
    write_rows(here)
    target = init("pets.csv", console=console)
    assert target == Path("conf/experiment/pets.yaml")
    text = target.read_text()
    assert text.startswith("# @package _global_\n")
    made = yaml.safe_load(text)
    assert made.pop("trainer") == {"max_epochs": 100}
    assert made["data"].pop("loader") == {"batch_size": 8}
    assert made.pop("report") == {"baselines": True}
    for section in ("encoder", "head", "optimizer", "callbacks"):
        assert made.pop(section)
    assert made == {
        "defaults": [
            {"/encoder/image@encoder.photo": "cnn"},
            {"/encoder/tabular@encoder.table": "mlp"},
            {"/task@task.label": "classification"},
            {"override /data": "manifest"},
            "_self_",
        ],
        "name": "pets",
        "data": {
            "path": "pets.csv",
            "root": None,
            "id": "id",
            "split": {"column": "split", "train": "train", "val": "val", "test": "test"},
            "modalities": {
                "photo": {"kind": "image", "column": "photo", "size": [8, 8], "channels": 1},
                "table": {"kind": "tabular", "numeric": ["age"], "categorical": ["city"]},
            },
        },
        "task": {"label": {"column": "label"}},
    }
    printed = console.file.getvalue()
    assert "named like a target; 2 classes" in printed
    assert "mmfusion validate experiment=pets" in printed
    assert "100   │ 1,200 steps in all, unless it stops before" in printed


def test_task_and_ignore_and_a_tabular_modality(here, console):
    write_rows(here)
    config = yaml.safe_load(init("pets.csv", task=["label"], ignore=["photo"], console=console).read_text())
    assert config["defaults"][0] == {"/encoder/tabular@encoder.table": "mlp"}
    assert config["data"]["modalities"] == {"table": {"kind": "tabular", "numeric": ["age"], "categorical": ["city"]}}
    assert list(config["task"]) == ["label"]


def test_never_writes_over_a_file_unless_forced(here, console):
    write_rows(here)
    target = init("pets.csv", console=console)
    target.write_text("mine")
    with pytest.raises(ConfigError, match="is there already; take another --name, or --force"):
        init("pets.csv", console=console)
    assert target.read_text() == "mine"
    init("pets.csv", force=True, console=console)
    assert target.read_text() != "mine"


def test_names(here, console):
    path = write_rows(here)
    with pytest.raises(ConfigError, match="expected letters, digits"):
        init("pets.csv", name="a/b", console=console)
    with pytest.raises(ConfigError, match="is one of mmfusion's own"):
        init("pets.csv", name="digits3_agree", console=console)
    folder = here / "My pets"
    folder.mkdir()
    path.rename(folder / "manifest.csv")
    assert init("My pets/manifest.csv", root=".", console=console).name == "my_pets.yaml"
    assert init("My pets/manifest.csv", root=".", out="elsewhere/x.yaml", console=console) == Path("elsewhere/x.yaml")
    assert "--config-dir" in console.file.getvalue()


def test_a_semicolon_file_and_no_split(here, console):
    generator = random.Random(0)
    rows = [f"p{i % 30};{i / 7:.3f};{generator.choice('ab')}" for i in range(120)]
    (here / "european.csv").write_text("\n".join(["patient;dose;label", *rows]))
    config = yaml.safe_load(init("european.csv", console=console).read_text())
    assert config["data"]["delimiter"] == ";"
    assert config["data"]["split"] == {
        "column": None,
        "ratio": {"train": 0.8, "val": 0.1, "test": 0.1},
        "seed": 0,
        "stratify": "label",
        "group": "patient",
    }


def test_rows_of_one_image_stay_in_one_split(here, console):
    generator = random.Random(0)
    rows = [f"{i % 30}.png,is it {generator.choice('abcdefgh')} there {i},{generator.choice('yn')}" for i in range(120)]
    (here / "asked.csv").write_text("\n".join(["image,question,label", *rows]))
    config = yaml.safe_load(init("asked.csv", console=console).read_text())
    assert config["data"]["split"]["group"] == "image"
    (here / "own.csv").write_text("\n".join(["image,label", *(f"{i}.png,{'ab'[i % 2]}" for i in range(120))]))
    assert "group" not in yaml.safe_load(init("own.csv", console=console).read_text())["data"]["split"]


def test_a_group_that_a_split_column_parts_is_said_and_not_written(here, console):
    generator = random.Random(0)
    rows = [f"P{i // 4:03},{generator.gauss(0, 1):.3f},{generator.choice('ab')}" for i in range(120)]
    split = ["train", "train", "val", "test"]
    (here / "parted.csv").write_text(
        "\n".join(["who,x,label,split", *(f"{row},{split[i % 4]}" for i, row in enumerate(rows))])
    )
    text = init("parted.csv", console=console).read_text()
    assert "group" not in yaml.safe_load(text)["data"]["split"]
    assert "30 of them are in more than one split" in console.file.getvalue()
    assert "30 of them are in more than one split" in " ".join(text.replace("#", "").split())


def test_a_tsv_whose_quotes_are_characters_like_any_other(here, console):
    generator = random.Random(0)
    rows = [f'"tis\t{i / 7:.3f}\t{generator.choice("ab")}' for i in range(60)]
    rows += [f'said "so\t{i / 7:.3f}\t{generator.choice("ab")}' for i in range(60)]
    (here / "quotes.tsv").write_text("\n".join(["note\tdose\tlabel", *rows]))
    config = yaml.safe_load(init("quotes.tsv", console=console).read_text())
    assert config["data"]["quote"] is None
    table = build_data(load_config(["experiment=quotes"]))[0].source.read()
    assert set(table.columns["note"]) == {'"tis', 'said "so'}
    (here / "quotes.tsv").write_text('"note"\tdose\tlabel\n' + "\n".join(rows[60:]))
    assert "quote" not in yaml.safe_load(init("quotes.tsv", force=True, console=console).read_text())["data"]


def test_a_split_that_is_lacking_is_taken_from_training(here, console):
    path = write_rows(here)
    path.write_text(path.read_text().replace(",val,", ",train,"))
    config = yaml.safe_load(init("pets.csv", console=console).read_text())
    assert config["data"]["split"] == {
        "column": "split",
        "train": "train",
        "val": None,
        "from_train": {"val": 0.1},
        "test": "test",
        "stratify": "label",
    }


def test_what_cannot_be_read_is_said(here, console):
    with pytest.raises(DataError, match="there is no file"):
        init("nothing.csv", console=console)
    assert not (here / "conf").exists()


def test_a_table_beside_its_media_is_found_as_the_message_says(here, console):
    (here / "media").mkdir()
    write_rows(here / "media")
    with pytest.raises(DataError, match=r"data\.root=FOLDER"):
        init("pets.csv", console=console)
    text = init("pets.csv", console=console, overrides=["data.root=media"]).read_text()
    assert text == init("pets.csv", root="media", console=console, force=True).read_text()
    with pytest.raises(ConfigError, match=r"--root a and data\.root=media: give one of them"):
        init("pets.csv", root="a", console=console, overrides=["data.root=media"])


def test_what_init_writes_is_valid_and_validates(here, capsys):
    write_rows(here)
    assert main(["init", "pets.csv"]) == 0
    config = load_config(["experiment=pets"])
    assert config["data"]["split"]["column"] == "split"
    assert list(config["encoder"]) == ["photo", "table"]
    assert main(["validate", "experiment=pets"]) == 0
    assert "ready to train" in capsys.readouterr().out
    (here / "train.png").write_bytes(b"no")
    assert main(["validate", "experiment=pets"]) == 1
    assert "96 problems" in capsys.readouterr().out


def test_the_table_is_looked_for_under_the_root_as_in_training(here, console, monkeypatch):
    folder = here / "pictures"
    folder.mkdir()
    write_rows(folder)
    (here / "pets.csv").write_text("other\n1\n")  # training would not take this one either
    config = yaml.safe_load(init("pets.csv", root="pictures", console=console).read_text())
    assert (config["data"]["path"], config["data"]["root"]) == ("pets.csv", "pictures")
    assert "3 of 3 looked for are there" in console.file.getvalue()
    load = load_config(["experiment=pets"])
    assert build_data(load)[0].source.read().root == folder.resolve()


def test_a_root_that_is_not_there(here, console):
    write_rows(here)
    with pytest.raises(DataError, match=r"data\.root: there is no folder .*nowhere"):
        init("pets.csv", root="nowhere", console=console)


def test_urls_and_paths_outside_the_root_are_said_as_training_would(here, console):
    path = write_rows(here)
    whole = path.read_text()
    path.write_text(whole.replace(",train.png", ",https://x.org/train.png"))
    init("pets.csv", console=console)
    assert "a URL, and outside the media root" in console.file.getvalue()
    (here / "inner").mkdir()
    path.write_text(whole)
    init("pets.csv", root="inner", force=True, console=console)
    path.write_text(whole.replace(",train.png", ",../train.png"))
    init("pets.csv", root="inner", force=True, console=console)
    said = console.file.getvalue()
    assert "0 of 3 looked for are there" in said
    assert "'../train.png': leads to" in said


def test_a_remote_root_is_not_looked_at(here, console):
    write_rows(here)
    config = yaml.safe_load(init("pets.csv", root="s3://bucket/media", console=console).read_text())
    assert config["data"]["root"] == "s3://bucket/media"
    assert "not looked for" in console.file.getvalue()


def test_needs_no_torch(here):
    write_rows(here)
    code = "import sys; from mmfusion.runs.init import init; init('pets.csv'); sys.exit('torch' in sys.modules)"
    repo = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=here, env={"PYTHONPATH": str(repo)}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_a_list_of_columns_is_no_interpolation(here, console, monkeypatch):
    monkeypatch.setenv("SECRET", "leaked")
    names = ["${oc.env:SECRET}", "\\\\${oc.env:SECRET}", "plain"]
    generator = random.Random(0)
    lines = [f"{generator.random()},{generator.random()},{generator.random()},{i % 2}" for i in range(60)]
    (here / "rows.csv").write_text("\n".join([",".join([*names, "label"]), *lines]))
    init("rows.csv", console=console)
    (node,) = load_config(["experiment=rows"])["data"]["modalities"].values()
    assert node["numeric"] == names


@pytest.mark.parametrize("stem", ["null", "on", "true", "No", "nan", "inf"])
def test_files_whose_names_are_words_of_yaml(here, console, stem):
    write_rows(here).rename(here / f"{stem}.csv")
    target = init(f"{stem}.csv", console=console)
    name = f"{stem.lower()}_data"
    assert target.stem == name
    assert load_config([f"experiment={name}"])["name"] == name
    assert yaml.safe_load(target.read_text())["name"] == name
    with pytest.raises(ConfigError, match=f"--name: '{stem}' means something of its own"):
        init(f"{stem}.csv", name=stem, console=console)


def test_columns_by_hand_end_to_end(here, capsys):
    write_rows(here)
    by = ["--split", "split", "--group", "id", "--input", "city", "--kind", "age=categorical", "--task", "label"]
    assert main(["init", "pets.csv", *by]) == 0
    data = load_config(["experiment=pets"])["data"]
    assert (data["split"]["column"], data["split"]["group"]) == ("split", "id")
    assert data["modalities"]["table"] == {"kind": "tabular", "categorical": ["age", "city"]}
    assert "as told (--kind age=categorical)" in capsys.readouterr().out
    for wrong, message in (
        (["--kind", "age"], "--kind: expected COLUMN=KIND, such as note=text, found 'age'"),
        (["--kind", "age=text", "--kind", "age=image"], "column 'age' is given two kinds, text and image"),
        (["--input", "citi"], "--input: pets.csv has no column 'citi'; did you mean 'city'"),
        (["--ignore", "age", "--input", "age"], "column 'age' is given twice, by --input and by --ignore"),
    ):
        assert main(["init", "pets.csv", "--force", *wrong]) > 0
        assert message in capsys.readouterr().err


def test_folders_and_labels_in_several_columns_train_and_predict(here, console):
    """Paths in two columns and labels in three: written, validated, trained and predicted with."""
    generator = random.Random(0)
    lines = ["folder,file,tag_red,tag_dark,tag_big"]
    for i in range(60):
        folder = here / f"set{i % 3}"
        folder.mkdir(exist_ok=True)
        PIL.Image.fromarray(np.full((4, 4), i, dtype=np.uint8)).save(folder / f"{i}.png")
        lines.append(f"set{i % 3},{i}.png,{','.join(str(generator.randint(0, 1)) for _ in range(3))}")
    (here / "sets.csv").write_text("\n".join(lines))
    written = yaml.safe_load(init("sets.csv", console=console).read_text())
    assert written["data"]["modalities"]["image"]["column"] == ["folder", "file"]
    assert written["task"] == {"tag": {"columns": ["tag_red", "tag_dark", "tag_big"]}}
    config = load_config(["experiment=sets", "trainer.max_epochs=1", "data.loader.workers=0"])
    report = validate(config, console)
    assert not report.errors
    assert report.media == {"image": 60}
    assert list(report.classes["tag"]["train"]) == ["tag_red", "tag_dark", "tag_big"]
    result = train(config, [], show=False)
    assert result.status == "completed"
    (here / "new.csv").write_text("folder,file\nset0,0.png\nset1,1.png\n")
    predicted = predict(result.path, here / "new.csv", checkpoint="last")
    assert len(predicted) == 2
    assert "tag_p_tag_dark" in predicted.columns


def rows_of(*columns, delimiter=",", header=None, rows=120):
    generator = random.Random(0)
    names = [header or [name for name, _ in columns]]
    return "\n".join(
        delimiter.join(row) for row in [*names, *([make(i, generator) for _, make in columns] for i in range(rows))]
    )


TEXT = ("text", lambda i, g: " ".join(g.choices(["red", "big", "old", "new"], k=5)) + f" {i}")
WEIGHT = ("weight", lambda i, g: f"{g.randint(1, 9000) / 10:.1f}".replace(".", ","))
MONEY = ("money", lambda i, g: f"{g.randint(1, 9)}.{g.randint(100, 999)},{g.randint(10, 99)}")
KIND = ("label", lambda i, g: g.choice(["cat", "dog"]) if i % 5 else "N/A")
COUNTRY = ("country", lambda i, g: g.choice(["DE", "FR", "NA", "ZA"]))
AGE = ("age", lambda i, g: str(g.randint(20, 80)) if i % 7 else "NA")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_decimal_commas_are_recognised_and_written_and_trained_on(here, console, delimiter):
    (here / "g.csv").write_text(rows_of(TEXT, WEIGHT, MONEY, KIND, delimiter=delimiter))
    config = yaml.safe_load(init("g.csv", console=console).read_text())
    assert (config["data"]["delimiter"], config["data"]["decimal"]) == (delimiter, ",")
    assert config["data"]["modalities"]["table"] == {"kind": "tabular", "numeric": ["weight", "money"]}
    assert config["data"]["empty"] == ["", "NA", "nan", "NaN", "N/A"]
    assert "g.csv: numbers have a decimal comma (weight: '" in console.file.getvalue()
    assert "taken as empty cells: 'N/A' (24 cells) in 'label'" in console.file.getvalue()
    data, _ = build_data(load_config(["experiment=g"]))
    data.setup()
    assert list(data.kinds["table"].scales) == ["weight", "money"]
    assert 1000 < data.kinds["table"].scales["money"][0] < 10000


def test_commas_that_separate_thousands_are_said_and_not_guessed(here, console):
    price = ("price", lambda i, g: f'"{g.randint(1, 99)},{g.randint(100, 999)}"')
    (here / "e.csv").write_text(rows_of(TEXT, price, KIND))
    config = yaml.safe_load(init("e.csv", console=console).read_text())
    assert "decimal" not in config["data"]
    assert list(config["data"]["modalities"]) == ["text"]
    assert "numbers whose comma may separate thousands; write them without" in console.file.getvalue()


def test_under_semicolons_too_a_comma_before_a_point_separates_thousands(here, console):
    price = ("price", lambda i, g: f"{g.randint(1, 99)},{g.randint(100, 999)}.50")
    (here / "e.csv").write_text(rows_of(TEXT, price, KIND, delimiter=";"))
    config = yaml.safe_load(init("e.csv", console=console).read_text())
    assert "decimal" not in config["data"]
    assert "numbers whose commas separate thousands; write them without" in console.file.getvalue()


def test_points_in_groups_of_three_under_semicolons_are_said(here, console):
    table = rows_of(TEXT, ("price", lambda i, g: f"{g.randint(1, 99)}.{g.randint(100, 999)}"), KIND)
    (here / "p.csv").write_text(table.replace(",", ";"))
    init("p.csv", console=console)
    assert "in 'price' are read with a decimal point; if it separates thousands, set data.decimal=','" in (
        console.file.getvalue()
    )
    init("p.csv", console=console, name="commas", overrides=["data.decimal=','"])
    data = build_data(load_config(["experiment=commas"]))[0]
    assert data.source.read().decimal == ","


def test_one_columns_value_is_anothers_empty_cell(here, console):
    (here / "c.csv").write_text(rows_of(TEXT, COUNTRY, AGE, KIND))
    config = yaml.safe_load(init("c.csv", console=console).read_text())
    assert config["data"]["empty"] == ["", "NA", "nan", "NaN", "N/A"]
    assert config["data"]["not_empty"] == {"country": ["NA"]}
    assert "kept as values: 'NA'" in console.file.getvalue()
    table = build_data(load_config(["experiment=c"]))[0].source.read()
    assert "NA" in table.columns["country"].unique().to_list()
    assert table.columns["age"].null_count() == 18


def test_a_table_without_a_header_once_that_is_said(here, console):
    (here / "bare.csv").write_text(rows_of(TEXT, KIND).partition("\n")[2])
    with pytest.raises(DataError, match=r"set data\.header=false"):
        init("bare.csv", console=console)
    config = yaml.safe_load(init("bare.csv", console=console, overrides=["data.header=false"]).read_text())
    assert config["data"]["header"] is False
    assert config["task"] == {"column_2": {"column": "column_2"}}
    data, _ = build_data(load_config(["experiment=bare"]))
    data.setup()


def test_a_column_without_a_name_is_said_and_left_out(here, console):
    (here / "p.csv").write_text(rows_of(("", lambda i, g: str(i)), TEXT, KIND))
    config = yaml.safe_load(init("p.csv", console=console).read_text())
    assert config["data"]["id"] is None
    assert list(config["data"]["modalities"]) == ["text"]
    assert "p.csv: column_1: no name in the file, so ignored" in console.file.getvalue()
    (here / "u.csv").write_text("id,,label\n1,a b c,x\n2,d e f,y\n3,g h,x\n")
    with pytest.raises(DataError, match="nothing to learn from"):
        init("u.csv", console=console)
    assert "u.csv: column_2: no name in the file" in console.file.getvalue()
