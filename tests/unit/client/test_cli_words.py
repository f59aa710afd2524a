from __future__ import annotations

import errno

from hall.client.cli_words import AWAY, REFUSED, of_system


def test_a_line_that_is_gone_is_said_in_words_and_goes_on_from_there() -> None:
    for error in (TimeoutError(), ConnectionResetError(errno.ECONNRESET, "reset")):
        words, code = of_system(error)
        assert "会从断点继续" in words
        assert "hall_unreachable" in words
        assert code == AWAY


def test_a_file_that_can_not_be_read_is_named() -> None:
    words, code = of_system(FileNotFoundError(errno.ENOENT, "No such file or directory", "bid.pdf"))
    assert words == "bid.pdf: No such file or directory"
    assert code == REFUSED


def test_a_fault_without_words_is_named_at_least() -> None:
    assert of_system(OSError())[0] == "OSError()"
