"""Arrays that several processes have in memory once."""

from types import SimpleNamespace

import numpy
import pytest

from tickets.triage.offline.encoders.shared import MIN_BYTES, share_arrays

SIZE = MIN_BYTES // 4 + 2  # numbers, in rows of three


def owner():
    return SimpleNamespace(
        table=numpy.arange(SIZE, dtype=numpy.float32).reshape(-1, 3)[:, ::-1],
        layers=[numpy.full(SIZE, 7, dtype=numpy.int32), numpy.zeros(3)],
        small=numpy.ones(4),
        name="x",
    )


def is_mapped(array):
    while array is not None and not isinstance(array, numpy.memmap):
        array = getattr(array, "base", None)
    return array is not None


def share(folder):
    result = owner()
    share_arrays(result, folder, numpy)
    return result


def test_large_arrays_are_mapped_and_keep_their_values(tmp_path):
    shared, own = share(tmp_path / "encoder"), owner()
    assert is_mapped(shared.table)
    assert is_mapped(shared.layers[0])
    assert not is_mapped(shared.layers[1])
    assert not is_mapped(shared.small)
    assert type(shared.table) is numpy.ndarray
    assert numpy.array_equal(shared.table, own.table)
    assert numpy.array_equal(shared.layers[0], own.layers[0])
    assert shared.name == "x"


def test_a_second_process_maps_the_same_files(tmp_path):
    share(tmp_path)
    files = {path: path.stat().st_ino for path in tmp_path.iterdir()}
    assert len(files) == 2
    share(tmp_path)
    assert {path: path.stat().st_ino for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize("is_short", [True, False])
def test_a_damaged_file_is_written_again(tmp_path, is_short):
    share(tmp_path)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[:-1] if is_short else bytes(len(content)))
    again = share(tmp_path)
    assert numpy.array_equal(again.table, owner().table)
    assert numpy.array_equal(again.layers[0], owner().layers[0])


def test_files_of_another_version_are_deleted(tmp_path):
    (tmp_path / "0123.array").write_bytes(b"old")
    (tmp_path / "draft").write_bytes(b"of a process that writes")
    share(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".array", ""}
    assert not (tmp_path / "0123.array").exists()


def test_without_a_folder_the_arrays_stay(tmp_path):
    (tmp_path / "file").touch()
    mine = owner()
    with pytest.raises(OSError, match="file"):
        share_arrays(mine, tmp_path / "file" / "encoder", numpy)
    assert not is_mapped(mine.table)
    assert numpy.array_equal(mine.table, owner().table)
