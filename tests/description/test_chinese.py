"""Every declared meaning has a Chinese translation, and no translation outlives its declaration."""

from __future__ import annotations

import re

import yaml

from sim.description import chinese
from sim.description.sections import Section, sections
from tests.repository import ROOT


def test_nothing_is_untranslated() -> None:
    missing = chinese.missing()
    assert not missing, "fill these in and add them to sim/data/zh.yaml:\n\n" + chinese.fill_in(missing)


def test_no_translation_is_stale() -> None:
    stale = chinese.stale()
    assert not stale, "these keys of sim/data/zh.yaml name nothing any more:\n" + "\n".join(stale)


def test_translations_are_chinese_and_given_once() -> None:
    lines = (ROOT / "sim/data/zh.yaml").read_text(encoding="utf-8").splitlines()
    keys = [line.split(": ")[0] for line in lines if line and not line.startswith("#")]
    assert len(keys) == len(set(keys))
    for key, text in chinese.translations().items():
        assert re.search("[\u4e00-\u9fff]", text), key
        assert text == text.strip()


def test_lines_to_fill_in_can_be_read_back() -> None:
    text = chinese.fill_in({"parameters.land.rent": 'a "rent": of\nland'})
    assert text == 'parameters.land.rent: ""  # a "rent": of land'
    assert yaml.safe_load(text) == {"parameters.land.rent": ""}


def test_a_missing_and_a_stale_key_are_found(monkeypatch) -> None:
    known = dict(chinese.translations())
    del known["parameters.land.rent"]
    known["parameters.land.lent"] = "多余"
    monkeypatch.setattr(chinese, "translations", lambda: known)
    assert list(chinese.missing()) == ["parameters.land.rent"]
    assert chinese.stale() == ["parameters.land.lent"]


def section(kind: str, name: str) -> Section:
    (found,) = (s for s in sections() if (s.kind, s.name) == (kind, name))
    return chinese.with_chinese(found)


def test_a_lever_that_repeats_a_parameter_has_its_translation() -> None:
    lever = section("policy", "funding_pool").lines[-1]
    parameter = section("mechanism", "joint_vehicle").lines[0]
    assert lever.path == "arms.ARM.funding_pool.distribution"
    assert lever.meaning_zh == parameter.meaning_zh == "联合社的红利如何分配"
    assert lever.options_zh == parameter.options_zh


def test_all_sorts_of_names_are_translated() -> None:
    assert section("mechanism", "land").summary_zh == "村集体机动地的租金"
    assert section("mechanism", "land").flows[0].meaning_zh == "机动地租金"
    trust = next(line for line in section("state", "state").lines if line.path == "trust")
    assert trust.meaning_zh == "村: 对联合事业的信任，介于 0 与 1 之间"
    gini = next(line for line in section("outcomes", "outcomes").lines if line.path == "gini")
    assert "基尼系数" in gini.meaning_zh
