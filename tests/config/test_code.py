import sys

from mmfusion.config.code import find, read_module, submodules


def test_reads_a_module_without_importing_it(user_package):
    user_package.write("parts.py", "raise SystemExit('imported')\nclass Part: ...\nX: int = 3\n")
    module = read_module("userpack.parts")
    assert {"Part", "X"} <= module.names.keys()
    assert not module.is_open
    assert not user_package.is_imported()


def test_names_inside_if_and_try_count(user_package):
    user_package.write(
        "parts.py",
        "try:\n    import fast\nexcept ImportError:\n    class Slow: ...\nelse:\n    class Fast: ...\n"
        "if True:\n    def f(): ...\nelse:\n    from os import *\n",
    )
    module = read_module("userpack.parts")
    assert {"fast", "Slow", "Fast", "f"} <= module.names.keys()
    assert module.is_open


def test_module_getattr_may_bind_more(user_package):
    user_package.write("lazy.py", "def __getattr__(name): ...\n")
    assert read_module("userpack.lazy").is_open


def test_follows_relative_and_renaming_imports(user_package):
    user_package.write("deep/inner.py", "class Part: ...\n")
    user_package.write("deep/__init__.py", "from .inner import Part as Piece\n")
    user_package.write("side.py", "from .deep import Piece\n")
    user_package.write("__init__.py", "from userpack.side import Piece\n")
    found = find(read_module("userpack"), "Piece")
    assert found.target == "userpack.deep.inner.Part"


def test_stops_at_other_packages_and_at_circles(user_package):
    user_package.write("__init__.py", "from os import path\nfrom userpack.a import loop\nimport json\n")
    user_package.write("a.py", "from userpack.b import loop\n")
    user_package.write("b.py", "from userpack.a import loop\n")
    module = read_module("userpack")
    assert [find(module, name) for name in ("path", "loop", "json", "absent")] == [None] * 4


def test_finds_single_files_and_gives_up_on_what_is_no_python(user_package, tmp_path):
    (tmp_path / "single_file_module.py").write_text("class Part: ...\n")
    assert "Part" in read_module("single_file_module").names
    assert read_module("single_file_module.inner") is None
    assert read_module("a_package_nobody_has.inner") is None
    assert read_module("userpack.absent") is None
    assert read_module("sys") is None
    assert "single_file_module" not in sys.modules


def test_lists_the_modules_of_a_room():
    assert "mmfusion.fusion.concat" in submodules("mmfusion.fusion")
    assert not any(name.split(".")[-1].startswith("_") for name in submodules("mmfusion.data"))
