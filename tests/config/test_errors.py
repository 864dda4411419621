from mmfusion.config.errors import nearest, suggest


def test_nearest_ignores_case_and_gives_up_on_strangers():
    assert nearest("max_epoch", ["max_epochs", "max_steps"]) == "max_epochs"
    assert nearest("CONCAT", ["Concat", "Gated"]) == "Concat"
    assert nearest("zzz", ["concat", "gated"]) is None


def test_suggest_names_the_nearest_and_counts_what_it_leaves_out():
    assert suggest("gatd", ["sum", "gated"]) == "did you mean 'gated'? Valid: gated, sum"
    assert suggest("zzz", ["sum", "gated"]) == "valid: gated, sum"
    assert suggest("zzz", []) == "there are none"
    assert suggest("zzz", [f"a{i}" for i in range(15)]).endswith("and 3 more")
