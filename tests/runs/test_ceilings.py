from mmfusion.runs.ceilings import flat_ceilings


def test_ceilings_go_by_the_metrics_own_names():
    asked = []

    def ceiling(modalities):
        asked.append(modalities)
        return {"sum": {"mae": float(3 - len(modalities)), "r2": 1.0}}

    names = [
        "test/rows",
        "test/sum/mae",
        "test/sum/rmse",
        "test[image]/sum/mae",
        "test[image+text]/sum/mae",
        "test/a/mae",
    ]
    found = flat_ceilings(dict.fromkeys(names, 0.0), ["image", "text", "speech"], ceiling)
    assert found == {"test/sum/mae": 0.0, "test[image]/sum/mae": 2.0, "test[image+text]/sum/mae": 1.0}
    assert asked == [frozenset({"image", "text", "speech"}), frozenset({"image"}), frozenset({"image", "text"})]
