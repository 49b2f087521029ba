"""`archcount new`: where a new table file goes, and what is refused."""

from __future__ import annotations

import pytest
from helpers.commands import run

PASTED = "type\tparams\nconv\t2.7K\n"


def test_a_new_file_passes_the_check_at_once(tmp_path):
    made = run("new", "mynet", cwd=tmp_path)
    assert (made.returncode, made.stdout) == (0, "")
    assert made.stderr == "wrote mynet.yaml: look for TODO in it; archcount check mynet.yaml\n"
    assert run("check", "mynet.yaml", cwd=tmp_path).returncode == 0
    text = (tmp_path / "mynet.yaml").read_text()
    again = run("new", "mynet.yaml", cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr == "error: 'mynet.yaml' is there already; name another with -o\n"
    assert (tmp_path / "mynet.yaml").read_text() == text


def test_what_is_pasted_comes_from_a_file_or_from_standard_input(tmp_path):
    (tmp_path / "pasted.txt").write_text(PASTED)
    assert run("new", "a", "--from", "pasted.txt", cwd=tmp_path).returncode == 0
    made = run("new", "a", "--from", "-", "-o", "b.yaml", cwd=tmp_path, input=PASTED)
    assert made.returncode == 0
    first, second = ((tmp_path / name).read_text() for name in ("a.yaml", "b.yaml"))
    assert first.replace("a.yaml", "b.yaml") == second
    assert "identity | conv | 2.7K" in first


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "My Net"], "error: name 'My Net'; allowed: small letters"),
        (["new", "../net"], "error: name '../net'; allowed: small letters"),
        (["new", "net", "-o", "no/such.yaml"], "error: cannot write 'no/such.yaml': no such file"),
        (["new", "net", "--from", "none.txt"], "error: none.txt:1:1: there is no such file"),
        (["new", "net", "--from", "-"], "error: standard input:1:1: there is no table in it"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(arguments, said, tmp_path):
    result = run(*arguments, cwd=tmp_path, input="")
    assert result.returncode == 2
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1
    assert not [*tmp_path.iterdir()]
