"""Tables kept between runs: the same as loaded anew, and dropped when anything is another."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

import archcount as ac
from archcount.spec import catalogue, kept
from archcount.spec.catalogue import load_found, shipped_tables
from archcount.spec.heading import read_heading, read_headings
from archcount.spec.load import load_table

SEARCH = importlib.import_module("archcount.comparison.search")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Keep tables in an empty folder, and of shipped tables that can be changed."""
    tables = tmp_path / "tables"
    tables.mkdir()
    for path in shipped_tables().values():
        (tables / path.name).write_bytes(path.read_bytes())
    kept._stamp.cache_clear()  # a process reads it once
    monkeypatch.setattr(catalogue, "_folder", lambda: tables)
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "kept"))
    return tmp_path


def files(folder):
    return sorted((folder / "kept").glob("*")) if (folder / "kept").exists() else []


def without_addresses(thing):
    """Write a thing; syntax trees are equal by identity alone, and say so."""
    return re.sub(r" object at 0x[0-9a-f]+", "", repr(thing))


def load(name="googlenet"):
    return load_found(*catalogue.find_table(name))


@pytest.mark.parametrize("name", sorted(shipped_tables()))
def test_a_kept_table_is_the_loaded_one(name, tmp_path, monkeypatch):
    monkeypatch.setenv(kept.FOLDER, str(tmp_path))
    path, label = catalogue.find_table(name)
    loaded = load_table(path, label)
    load_found(path, label)
    assert len(list(tmp_path.iterdir())) == 1
    again = load_found(path, label)
    assert isinstance(again._networks, kept._Kept)
    assert (again.name, again.variants, again.networks) == (
        loaded.name,
        loaded.variants,
        loaded.networks,
    )
    assert again.written == loaded.written
    for network in loaded.networks:
        assert again.printed(network) == loaded.printed(network)
        assert again.architecture(network) == loaded.architecture(network)
        assert again.lets(network) == loaded.lets(network)
        assert again.input(network) == loaded.input(network)
        assert again.is_printed(network) == loaded.is_printed(network)
        ours, theirs = again.rereading(network), loaded.rereading(network)
        assert without_addresses(ours) == without_addresses(theirs)


def test_a_kept_table_gives_the_same_comparison(folder, monkeypatch):
    def compared():
        table = ac.load("googlenet")
        return ac.compare(ac.count(table, engine="formula"), table).record

    first = compared()
    assert isinstance(ac.load("googlenet").file._networks, kept._Kept)
    monkeypatch.setattr(SEARCH._Search, "search", lambda _: pytest.fail("searched again"))
    assert compared() == first


def test_rows_are_searched_again_where_anything_is_another(folder):
    table = ac.load("googlenet")
    report = ac.count(table, engine="formula")
    first = ac.compare(report, table).record.comparison
    [row] = [row for row in first.rows if row.id == "inception_3b"]
    count = report.counts[0]
    other = [replace(each, weights=each.weights + 1) if each.id == row.id else each
             for each in count.rows]  # fmt: skip
    changed = replace(report, counts=(replace(count, rows=tuple(other)),))
    kept_file = next(file for file in files(folder) if file.stem.startswith("googlenet--"))
    before = kept_file.read_bytes()
    again = ac.compare(changed, table).record.comparison
    [found] = [row for row in again.rows if row.id == "inception_3b"]
    assert found.cells["params"].computed == row.cells["params"].computed + 1
    assert kept_file.read_bytes() != before
    assert ac.compare(report, table).record.comparison == first


def test_findings_are_of_one_variant_and_one_source(folder):
    path, name = catalogue.find_table("googlenet")
    one = kept.findings(path, name, "a")
    one.put("row", "source", "found")
    one.save()
    assert kept.findings(path, name, "a").get("row", "source") == "found"
    assert kept.findings(path, name, "a").get("row", "other") is None
    assert kept.findings(path, name, "a").get("other", "source") is None
    assert kept.findings(path, name, "b").get("row", "source") is None


def test_a_changed_file_is_read_anew(folder):
    before = load()
    path = folder / "tables" / "googlenet.yaml"
    text = path.read_text()
    times = path.stat()
    assert "classes: 1000" in text
    path.write_text(text.replace("classes: 1000", "classes: 1001"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # whatever its time says
    assert (before.architecture().output.dims, load().architecture().output.dims) == (
        (1000,),
        (1001,),
    )
    path.write_text(text.replace("archcount: 1", "archcount: 2"))
    with pytest.raises(ac.InvalidTableError):
        load()
    path.unlink()
    with pytest.raises(ac.UsageError):
        load()


def test_other_code_reads_anew(folder, monkeypatch):
    load()
    [file] = files(folder)
    monkeypatch.setattr(kept, "_stamp", lambda _: b"other code")
    assert not isinstance(load()._networks, kept._Kept)
    assert isinstance(load()._networks, kept._Kept)
    assert files(folder) == [file]  # written over


def test_the_stamp_is_of_every_module_and_table(folder):
    stamp = kept._stamp(folder / "tables")
    assert bytes(kept._PACKAGE / "layers" / "convolution.py") in stamp
    assert bytes(kept._PACKAGE / "spec" / "kept.py") in stamp
    kept._stamp.cache_clear()
    (folder / "tables" / "alexnet.yaml").write_text("archcount: 1\n")
    assert kept._stamp(folder / "tables") != stamp


@pytest.mark.parametrize("content", [b"", b"0", b"00000000", b"12345678 no pickle", b"\x80\x05."])
def test_what_is_broken_is_read_anew(folder, content):
    load()
    [file] = files(folder)
    whole = file.read_bytes()
    file.write_bytes(content)
    assert load().name == "googlenet"
    assert file.read_bytes() == whole
    file.write_bytes(whole[:-1])
    assert load().name == "googlenet"
    assert file.read_bytes() == whole


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
def test_what_others_can_write_is_never_unpickled(folder):
    load()
    [file] = files(folder)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    evil = pickle.dumps(Evil())
    path, name = catalogue.find_table("googlenet")
    file.write_bytes(kept._head(name, (path,)) + kept._sum(evil) + evil)
    file.chmod(0o622)
    assert load().name == "googlenet"
    assert not Evil.ran


def test_what_other_code_kept_is_not_unpickled(folder):
    load()
    [file] = files(folder)
    evil = pickle.dumps(Evil())
    path, name = catalogue.find_table("googlenet")
    file.write_bytes(kept._head(name, (path,)) + b"x" + kept._sum(evil) + evil)
    assert load().name == "googlenet"
    file.write_bytes(b"other" + kept._head(name, (path,)) + kept._sum(evil) + evil)
    assert load().name == "googlenet"
    assert not Evil.ran


class Evil:
    ran = False

    def __reduce__(self):
        return (Evil.run, ())

    @staticmethod
    def run():
        Evil.ran = True


def test_a_folder_that_cannot_be_written_keeps_nothing(folder, monkeypatch):
    (folder / "file").write_text("in the way")
    monkeypatch.setenv(kept.FOLDER, str(folder / "file"))
    assert load().name == "googlenet"
    assert load().name == "googlenet"
    monkeypatch.setenv(kept.FOLDER, "")
    assert load().name == "googlenet"
    assert files(folder) == []


def test_tables_of_users_are_not_kept(folder):
    own = folder / "own.yaml"
    own.write_bytes((folder / "tables" / "googlenet.yaml").read_bytes())
    ac.load(own)
    ac.load(str(own))
    assert files(folder) == []


def test_where_tables_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv(kept.FOLDER)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept.keeping_folder() == tmp_path / "archcount"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kept.keeping_folder() == tmp_path / ".cache" / "archcount"


def test_headings_are_kept_and_read_anew(folder, monkeypatch):
    def headings():
        return read_headings(catalogue.shipped_tables().values())

    first = headings()
    assert first == [read_heading(path, path.name) for path in shipped_tables().values()]
    with monkeypatch.context() as patched:
        patched.setattr("archcount.spec.heading.read_heading", lambda *_: pytest.fail("read again"))
        assert headings() == first
    path = folder / "tables" / "alexnet.yaml"
    times = path.stat()
    path.write_text(path.read_text().replace("3x224x224", "3x225x225"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [head.input for head in headings() if head.name == "alexnet"] == ["3x225x225"]


@pytest.mark.parametrize("name", [".#vgg.yaml", "broken.yaml"])
def test_a_broken_link_among_the_tables_changes_nothing(folder, name):
    link = folder / "tables" / name
    link.symlink_to("nowhere")
    (folder / "tables" / "loop").symlink_to(folder / "tables")
    path, label = catalogue.find_table("googlenet")
    assert load_found(path, label).name == "googlenet"
    assert load_found(path, label).name == "googlenet"


def test_findings_under_another_name_of_the_file_are_others(folder):
    path = folder / "tables" / "googlenet.yaml"
    ac.compare(ac.count(ac.load("googlenet"), engine="formula"), ac.load("googlenet"))
    table = ac.load(path)
    rows = ac.compare(ac.count(table, engine="formula"), table).record.comparison.rows
    [row] = [row for row in rows if row.id == "inception_5a"]
    assert row.explanations[0].edits
    assert row.explanations[0].engines == ("formula",)


def test_the_folder_may_begin_at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(kept.FOLDER, "~/kept")
    assert kept.keeping_folder() == tmp_path / "kept"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_a_file_is_not_read(folder):
    load()
    [file] = files(folder)
    file.unlink()
    os.mkfifo(file, 0o600)
    assert load().name == "googlenet"


def test_a_check_reads_the_file_itself(folder, monkeypatch):
    load()

    def only_others(path, name):
        assert path.stem != "googlenet", "what was kept was checked"
        return load_table(path, name)

    monkeypatch.setattr(catalogue, "load_shipped", only_others)
    assert ac.check("googlenet", engine="formula").passed


def test_a_kept_table_is_opened_without_its_reader(folder):
    code = (
        "import sys; import archcount as ac; ac.load('googlenet').architecture();"
        "print([name for name in ('yaml', 'pydantic', 'torch', 'archcount.spec.load')"
        " if name in sys.modules])"
    )
    run = [sys.executable, "-c", code]
    environment = {**os.environ, kept.FOLDER: str(folder / "kept")}
    subprocess.run(run, check=True, env=environment)
    second = subprocess.run(run, check=True, env=environment, capture_output=True, text=True)
    assert second.stdout.strip() == "[]"
