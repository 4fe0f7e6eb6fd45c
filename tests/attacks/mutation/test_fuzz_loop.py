"""The fuzzer finds, keeps and reports: a mistake that is put into the compiler is found from texts near it."""

from __future__ import annotations

from pathlib import Path

import fuzz
import pytest


def test_the_loop_keeps_what_reaches_more_and_reports_what_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, crashes = tmp_path / "corpus", tmp_path / "crashes"
    corpus.mkdir(), crashes.mkdir()
    monkeypatch.setattr(fuzz, "seeds", lambda _: ["net A {\n  input x: 3x8x8\n  relu\n}\n"])
    usual = fuzz.run

    def fragile(text: str, backends: bool) -> None:
        if text.count("relu") > 1 or "3x9" in text or "8x" not in text:
            raise KeyError("planted")
        usual(text, backends)

    monkeypatch.setattr(fuzz, "run", fragile)
    status = fuzz.own_loop(corpus, crashes, 0.05, False, 1)
    said = capsys.readouterr().out
    assert list(corpus.iterdir()) and "lines reached" in said
    assert status == 1 and list(crashes.iterdir()) and "planted" in said
