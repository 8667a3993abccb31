"""Every source that anything cites exists, and the page of sources is fresh."""

import re

import pytest
import yaml

from sim.declare import declarations
from sim.evidence import PROVENANCES, UnknownSource, find, find_all, sources_page
from sim.policies import POLICIES
from sim.population import GROUPS
from sim.schedule import SCHEDULE
from tests.repository import ROOT, SCENARIOS


def cited() -> list[tuple[str, str]]:
    """(where, source) of all declarations and of all sources in scenario files."""
    owners = {f"mechanism {module.__name__}": module.Parameters for module in SCHEDULE}
    owners |= {f"policy {name}": module.Levers for name, module in POLICIES.items()}
    owners |= {f"population {name}": group for name, group in GROUPS.items()}
    found = [(f"{owner}.{name}", d.source) for owner, c in owners.items() for name, d in declarations(c).items()]
    for file in SCENARIOS:
        found += [(file.name, source) for source in sources_in(yaml.safe_load(file.read_text(encoding="utf-8")))]
    return found


def sources_in(value) -> list[str]:
    if isinstance(value, dict):
        own = [value["source"]] if isinstance(value.get("source"), str) else []
        return own + [source for item in value.values() for source in sources_in(item)]
    return [source for item in value for source in sources_in(item)] if isinstance(value, list) else []


def test_every_cited_source_exists():
    wrong = []
    for where, source in cited():
        try:
            find_all(source)
        except UnknownSource as error:
            wrong.append(f"{where}: {error}")
    assert not wrong, "\n".join(wrong)


def test_citations_in_docstrings_exist():
    known = yaml.safe_load((ROOT / "sim/data/sources.yaml").read_text(encoding="utf-8"))
    wrong = []
    for file in sorted((ROOT / "sim").rglob("*.py")):
        for key in re.findall(r"literature:([a-z0-9_]+)", file.read_text(encoding="utf-8")):
            if key not in known:
                wrong.append(f"{file.relative_to(ROOT)}: literature:{key}")
    assert not wrong, "\n".join(wrong)


def test_a_reported_fact_has_its_value():
    fact = find("places:tianqiao.structure.villages")
    assert (fact.value, fact.provenance, fact.citation) == (27, "press", "local press on 田桥镇")


def test_an_entry_has_its_address():
    fact = find("literature:anqing_2018")
    assert fact.provenance == "seen"
    assert fact.address.startswith("http://ah.sina.com.cn/")
    assert "26.4%" in fact.fact


def test_several_sources_are_joined():
    facts = find_all("literature:jiangsu_rent; literature:dezhou_2017; assumption")
    assert [fact.provenance for fact in facts] == ["seen", "seen", "assumption"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("literature:anqing_2019", "no entry 'anqing_2019' in the sources; did you mean 'anqing_2018'?"),
        (
            "places:tianqiao.structure.vilages",
            "no 'vilages' on the way to 'places:tianqiao.structure.vilages' in the places; did you mean 'villages'?",
        ),
        ("places:tianqiao.structure.villages.more", "no 'more' on the way to"),
        ("asumption", "neither 'literature:KEY' nor 'places:KEY.KEY' nor 'assumption'; did you mean 'assumption'?"),
        ("", "source '' is neither"),
    ],
)
def test_an_unknown_source_is_a_key_error_that_guesses(source, message):
    with pytest.raises(KeyError) as caught:
        find(source)
    assert message in str(caught.value)


def test_entries_are_complete():
    sources = yaml.safe_load((ROOT / "sim/data/sources.yaml").read_text(encoding="utf-8"))
    for key, entry in sources.items():
        assert set(entry) == {"citation", "address", "provenance", "fact"}, key
        assert entry["provenance"] in PROVENANCES, key
        assert entry["citation"], key
        assert entry["fact"].endswith("."), key


def test_keys_are_given_once():
    lines = (ROOT / "sim/data/sources.yaml").read_text(encoding="utf-8").splitlines()
    keys = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(keys) == len(set(keys))


def test_the_page_of_sources_is_fresh():
    assert (ROOT / "docs/sources.md").read_text(encoding="utf-8") == sources_page(), "run make docs"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("places:tianqiao.input.training", "terms 36; trainees 2300"),
        ("places:dawang.input.youth_rotation", "yes"),
        ("places:shanxian.structure.villages", "not stated"),
        ("places:wenshang.structure.tiers", "强基 strengthen, 创优 improve, 示范 demonstrate"),
    ],
)
def test_a_reported_value_is_written_as_people_write(source: str, said: str) -> None:
    assert find(source).fact.endswith(f": {said}")
