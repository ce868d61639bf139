"""The instructor's reference is made once, with seeds that come from a secret which it does not hold."""

import stat

import pytest
import tiny_book

from ganlib.grading import reference
from ganlib.grading.reference import build, derived, grader, without

SECRET = "sixteen letters at least"
QUESTION = """\
# %% [markdown]
# # Small
#
# ```{exercise} Nine
# :label: ch99.q1
# :class: essential
# ```

# %%
import os
print("secret" if "GANLIB_SECRET" in os.environ else "no secret")

# %% course={"role": "demo"}
raise RuntimeError("demos are not run")

# %% course={"role": "answer", "q": "ch99.q1", "points": 2}
# >>> answer: ch99.q1
nine = 9

# %% course={"role": "check", "q": "ch99.q1"}
print(nine)
"""
HIDDEN = """
# %% course={"role": "hidden", "q": "ch99.q1"}
import random
print(random.Random(os.environ["GANLIB_SECRET"]).randrange(10**9) * nine)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A reference with a hidden check, the folder it is kept in, and its chapter."""
    folder = tmp_path_factory.mktemp("book")
    path = tiny_book.write(folder, QUESTION + HIDDEN)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GANLIB_SECRET", SECRET)
        return build(path, folder=folder / "kept"), folder / "kept", path


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def test_a_reference_knows_its_questions(made):
    built = made[0]
    assert (built.chapter, built.points, built.titles) == ("99_tiny", {"ch99.q1": 2.0}, {"ch99.q1": "Nine"})
    assert cell(built.notebook, "ch99-q1-check").outputs[0].text == "9\n"


def test_demos_are_left_out(made):
    assert not any("demos are not run" in cell.source for cell in made[0].notebook.cells)


def test_a_hidden_check_sees_a_seed_of_its_own_and_never_the_secret(made):
    import random

    built, kept, _ = made
    (seed,) = built.seeds
    hidden = cell(built.notebook, "ch99-q1-hidden")
    assert int(hidden.outputs[0].text) == random.Random(seed).randrange(10**9) * 9
    assert built.notebook.cells[2].outputs[0].text == "no secret\n", "an answer could have read it there"
    (file,) = kept.iterdir()
    for text in (SECRET, derived(SECRET, "99_tiny")):
        assert text not in file.read_text(encoding="utf-8")
        assert text not in file.name + built.key + seed


def test_nobody_else_can_read_what_is_kept(made):
    (file,) = made[1].iterdir()
    assert (stat.S_IMODE(made[1].stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)


def test_a_reference_is_made_once_for_each_chapter_library_and_secret(made, monkeypatch):
    built, kept, path = made
    runs = []
    real = reference.execute
    monkeypatch.setattr(reference, "execute", lambda *args: runs.append(args) or real(*args))
    same = build(path, secret=SECRET, folder=kept)
    assert (same.key, same.notebook, same.seeds, runs) == (built.key, built.notebook, built.seeds, [])
    monkeypatch.setattr(reference, "execute", lambda chapter, timeout: built.notebook)
    keys = {built.key, build(path, secret=SECRET + "!", folder=kept).key}
    with monkeypatch.context() as patched:
        patched.setattr(reference, "grader", lambda: "another library")
        keys.add(build(path, secret=SECRET, folder=kept).key)
    with monkeypatch.context() as patched:
        patched.setattr(reference, "_installed", lambda name: "another version")
        keys.add(build(path, secret=SECRET, folder=kept).key)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    keys.add(build(path, secret=SECRET, folder=kept).key)
    assert len(keys) == 5


def test_half_a_file_is_made_again(tmp_path, monkeypatch):
    path = tiny_book.write(tmp_path, QUESTION)
    empty = reference.nbformat.v4.new_notebook()
    monkeypatch.setattr(reference, "execute", lambda chapter, timeout: empty)
    build(path, folder=tmp_path / "kept")
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(file.read_bytes()[:20])
    assert build(path, folder=tmp_path / "kept").notebook == empty


def test_a_chapter_without_hidden_checks_needs_no_secret_and_uses_none(tmp_path, monkeypatch):
    path = tiny_book.write(tmp_path, QUESTION)
    monkeypatch.setattr(reference, "execute", lambda chapter, timeout: reference.nbformat.v4.new_notebook())
    without_secret = build(path, folder=tmp_path / "kept")
    assert without_secret.seeds == ()
    assert build(path, secret=SECRET, folder=tmp_path / "kept").key == without_secret.key


def test_seeds_differ_between_cells_and_chapters():
    assert derived(SECRET, "04_minimax") != derived(SECRET, "05_training")
    assert len(derived(SECRET, "04_minimax")) == 64


@pytest.mark.parametrize(
    ("text", "secret", "sentence"),
    [
        (QUESTION + HIDDEN, "", "99_tiny has hidden checks: set GANLIB_SECRET to a text of at least 16 characters"),
        (QUESTION + HIDDEN, "short", "GANLIB_SECRET is too short, it could be guessed"),
        (
            QUESTION.replace("print(nine)", "pritn(nine)"),
            None,
            "the reference cannot be made: 99_tiny failed in this cell",
        ),
        (
            QUESTION + HIDDEN.replace("print(", "print(os.environ['GANLIB_SECRET'], "),
            SECRET,
            "99_tiny, cell '# hidden check ch99-q1-hidden': it prints the seed of its inputs",
        ),
        (
            QUESTION + HIDDEN.replace("print(", "print(int(os.environ['GANLIB_SECRET'], 16), "),
            SECRET,
            "it prints the seed of its inputs",
        ),
        (QUESTION.replace("# >>> answer: ch99.q1\n", ""), None, "exactly one marker line"),
        (
            QUESTION.replace("print(nine)", "assert nine"),
            None,
            "'assert nine': this check prints nothing that could be",
        ),
    ],
)
def test_what_cannot_be_a_reference_is_said(text, secret, sentence, tmp_path, monkeypatch):
    monkeypatch.delenv("GANLIB_SECRET", raising=False)
    path = tiny_book.write(tmp_path, text)
    with pytest.raises(ValueError, match=sentence) as caught:
        build(path, secret=secret, folder=tmp_path / "kept")
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "kept").exists()


def test_a_seed_is_not_shown_when_a_hidden_check_fails(tmp_path):
    path = tiny_book.write(
        tmp_path, QUESTION + HIDDEN.replace("print(", "raise ValueError(os.environ['GANLIB_SECRET']) #")
    )
    with pytest.raises(ValueError, match=r"ValueError: \(removed\)"):
        build(path, secret=SECRET, folder=tmp_path / "kept")


def test_a_folder_is_not_a_reference(tmp_path):
    path = tiny_book.write(tmp_path)
    with pytest.raises(ValueError, match="is a folder: name the one chapter that was handed out"):
        build(path.parent)
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        build(tmp_path / "98_none.py")


def test_secrets_are_struck_out_however_they_are_written():
    seed = "ab" * 32
    text = f"{seed} and {int(seed, 16)} and {SECRET}"
    assert without(text, seed, SECRET, "") == "(removed) and (removed) and (removed)"
    assert without("nothing", seed, SECRET) == "nothing"


def test_the_graders_version_is_the_librarys_and_its_codes():
    import re

    import ganlib

    assert re.fullmatch(re.escape(ganlib.__version__) + r"\+[0-9a-f]{8}", grader())
