import polars as pl
import pytest

from mmfusion.runs.inspect.columns.profile import profile
from mmfusion.runs.inspect.plan import Decision, Plan
from mmfusion.runs.inspect.roles.text_columns import dates, groups_and_rest, texts


def opened(**columns):
    table = {name: pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items()}
    profiles = {name: profile(name, cells) for name, cells in table.items()}
    plan = Plan("t.csv", 60, profiles, {name: Decision(name, "open") for name in table})
    return plan, table


SENTENCES = [f"on day {i} there came some rain and wind" for i in range(60)]


def test_of_two_versions_of_a_text_the_first_is_taken():
    plan, table = opened(clean=SENTENCES, noisy=[s[7:] for s in SENTENCES], other=[s[::-1] for s in SENTENCES])
    texts(plan, table, frozenset())
    assert [d.role for d in plan.decisions.values()] == ["modality", "ignored", "modality"]
    assert "another version of `clean`" in plan.decisions["noisy"].reason


def test_texts_that_were_chosen_as_targets_are_left_open():
    plan, table = opened(note=SENTENCES)
    texts(plan, table, frozenset({"note"}))
    assert plan.decisions["note"].role == "open"


@pytest.mark.parametrize(
    "form",
    [
        "2024-01-{:02}", "2024/1/{}", "{}.12.2023", "2024-01-{:02} 10:30:00", "2024-01-{:02}T10:30",
        "2024-01-{:02} 10:30:00.000000 UTC", "2024-01-{:02}T10:30:00+02:00", "12/{}/2023 4:05 PM", "{} January 2024",
        "Jan {}, 2024", "{}-Feb-24", "2024年1月{}日", "10:{:02}:07",
        "Tue Feb {:02} 11:00:00 +0000 2020", "Tue, {} Feb 2020 11:00:00 +0100", "Mo. {}.12.2023",
    ],
)  # fmt: skip
def test_dates_are_left_out(form):
    plan, table = opened(day=[form.format(1 + i % 28) for i in range(60)])
    dates(plan, table, frozenset())
    assert plan.decisions["day"].reason == "dates or times; to use them, write numbers (of days, of seconds)"


@pytest.mark.parametrize("form", ["2024-01-{:02} 10:30 the patient came", "{}.5", "1200-{}", "{} x", "{}:1"])
def test_what_only_begins_like_a_date_is_none(form):
    plan, table = opened(day=[form.format(13 + i % 28) for i in range(60)])
    dates(plan, table, frozenset())
    assert plan.decisions["day"].role == "open"


def test_a_column_of_numbers_with_others_among_them_says_so():
    cells = [f"{i / 7:.2f}" for i in range(60)]
    plan, table = opened(dose=["<0.05", *cells[1:]], weight=["kg", *cells[1:]], only=["1", None] * 30)
    groups_and_rest(plan, table, frozenset())
    assert plan.decisions["dose"].reason == (
        "98.3% of its cells are numbers, and others are not, such as '<0.05'; mend those or leave them empty"
    )
    assert "such as 'kg'" in plan.decisions["weight"].reason
    assert plan.decisions["only"].reason.startswith("'1' or empty; if empty means no")


def test_groups_are_columns_of_several_rows_each():
    plan, table = opened(
        speaker=[f"s{i % 6}" for i in range(60)],
        patient=[f"p{i}" for i in range(60)],  # each of its own: nothing to keep together
        visit_id=[f"v{i % 20}" for i in range(60)],
        sex=["f", "m"] * 30,
    )
    groups_and_rest(plan, table, frozenset())
    roles = {name: decision.role for name, decision in plan.decisions.items()}
    assert roles == {"speaker": "ignored", "patient": "ignored", "visit_id": "group", "sex": "open"}
    assert plan.decisions["visit_id"].warning == ""  # no split to straddle
    assert plan.decisions["speaker"].reason.endswith("another group, `visit_id`, is the one that is kept together")


def test_many_values_are_no_classes():
    plan, table = opened(code=[f"{min(i, 59 - i)} m" for i in range(60)])
    groups_and_rest(plan, table, frozenset())
    assert plan.decisions["code"].reason == "30 different values in 60 rows: neither classes nor free text"
