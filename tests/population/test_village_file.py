"""A researcher's village file: what is read, and every message when it cannot be."""

import numpy as np
import pytest

from sim.population import COLUMNS, VillageFileError, columns_page, draw, read_villages
from sim.state import INDUSTRIES

GOOD = """村名,户籍人口（人）,耕地(亩),片区,中心村,产业,乡镇
甲村,1200,1500,东,是,果蔬,田桥镇
乙村,800,990.5,西,,grain,田桥镇
丙村,950,1100,东,否,养殖,麒麟镇
丁村,400,300,,,handicraft,田桥镇
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def writer(text, encoding="utf-8"):
        (tmp_path / "v.csv").write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        return "v.csv"

    return writer


def messages(path, villages=None):
    with pytest.raises(VillageFileError) as caught:
        read_villages(path, villages)
    assert str(caught.value) == "\n".join(caught.value.messages)
    return list(caught.value.messages)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_chinese_headers_with_units(write, encoding):
    villages = read_villages(write(GOOD, encoding), 4)
    assert villages.names == ("甲村", "乙村", "丙村", "丁村")
    assert villages.numbers["population"].tolist() == [1200, 800, 950, 400]
    assert villages.numbers["cultivated_land"].tolist() == [1500, 990.5, 1100, 300]
    assert villages.industry == ("horticulture", "grain", "livestock", "handicraft")
    assert villages.council == ("东", "西", "东", "")
    assert villages.centre == (True, False, False, False)
    assert villages.town == ("田桥镇", "田桥镇", "麒麟镇", "田桥镇")
    assert len(villages) == 4


def test_every_header_that_is_documented_is_read(write):
    for column in COLUMNS:
        for spelling in (column.name, *column.names):
            assert f"{spelling}" in columns_page()


def test_what_the_file_says_is_fixed_and_the_rest_is_drawn(write, point):
    here = point(villages=4, council_rule="file", council_count=2, file=write(GOOD))
    drawn = draw([here], [0, 1], seed=1)
    assert (drawn.population == [1200, 800, 950, 400]).all()
    assert (drawn.cultivated_land == [1500, 990.5, 1100, 300]).all()
    assert drawn.council.tolist() == [[0, 1, 0, -1]] * 2
    assert drawn.centre.tolist() == [[0, 1, 0, 3]] * 2
    assert drawn.town.tolist() == [[0, 0, 1, 0]] * 2
    assert [INDUSTRIES[code] for code in drawn.industry[0]] == ["horticulture", "grain", "livestock", "handicraft"]
    assert (drawn.trust[0] != drawn.trust[1]).all()
    assert (drawn.labour == drawn.population * 0.58).all()


def test_a_named_centre_beats_the_most_populous(write, point):
    file = write("name,population,council,centre\na,900,p,\nb,500,p,yes\nc,700,q,\nd,800,q,\n")
    drawn = draw([point(villages=4, council_rule="file", file=file)], [0], seed=1)
    assert drawn.centre.tolist() == [[1, 1, 3, 3]]


def test_the_centre_may_be_named_by_its_council(write):
    assert read_villages(write("name,population,council,centre\na,900,p,p\nb,500,p,\n")).centre == (True, False)


def test_reserve_land_alone_leaves_no_village_with_less_cultivated_land(write, point):
    file = write("name,population,reserve_land\na,100,3000\nb,100,1\n")
    drawn = draw([point(villages=2, council_count=1, file=file)], range(20), seed=1)
    assert (drawn.reserve_land == [3000, 1]).all()
    assert (drawn.cultivated_land[:, 0] >= 3000).all()


def test_the_rule_file_needs_the_column(write, point):
    with pytest.raises(VillageFileError, match=r"^v.csv:1:council: column is missing; population.councils.rule: file"):
        draw([point(villages=1, council_rule="file", file=write("name,population\na,900\n"))], [0], seed=1)


# ---- messages


def test_a_missing_file():
    assert messages("nowhere.csv") == ["nowhere.csv: cannot be read: No such file or directory"]


def test_gb18030_is_named(write):
    assert messages(write(GOOD, "gb18030")) == [
        "v.csv:1: is not UTF-8 text, it looks like GB18030 (the default of Chinese Windows); "
        "save it as 'CSV UTF-8' (Excel: 另存为, CSV UTF-8)"
    ]


def test_utf16_is_named(write):
    assert "it looks like UTF-16" in messages(write(GOOD, "utf-16"))[0]


def test_bytes_that_are_no_text(write):
    assert messages(write(b"name,population\na,1\xff\n"))[0].startswith("v.csv:2: is not UTF-8 text; save")


def test_nothing_and_next_to_nothing(write):
    assert messages(write("")) == [
        "v.csv:1: the file is empty; it needs a header with at least 'name' and 'population'"
    ]
    assert messages(write("\n\n"))[0].startswith("v.csv:1: the file is empty")
    assert messages(write("name,population\n")) == ["v.csv:1: there is a header and no village below it"]


def test_headers(write):
    assert messages(write("name,populaton,trust,trust\na,900,0.5,0.5\n")) == [
        "v.csv:1:populaton: unknown column; did you mean 'population'?",
        "v.csv:1:trust: a second column for 'trust'",
        "v.csv:1:population: required column is missing (or 户籍人口: registered people)",
    ]
    assert messages(write("name,population,x\na,900,1\n")) == ["v.csv:1:x: a location needs the column 'y' too"]
    assert messages(write("name;population\na;900\n")) == ["v.csv:1: columns are separated by semicolons; use commas"]


def test_every_bad_cell_is_named_at_once(write):
    text = """name,population,migrant_share,assets,industry,trust
a,0.12,35,1200000,grain,0.5
b,"1,200",35%,-3,grian,
,many,0.3,12万元,养殖,1
b,900,0.3,nan,grain,0.5
"""
    assert messages(write(text)) == [
        "v.csv:4:name: empty cell in a required column",
        "v.csv:2:population: 0.12 is outside 10 to 50000 person; given in 万? multiply by 10000",
        "v.csv:3:population: '1,200' has thousands separators; write 1200",
        "v.csv:4:population: 'many' is not a number (10 to 50000 person)",
        "v.csv:2:migrant_share: 35 is outside 0 to 1 share; given in percent? divide by 100",
        "v.csv:3:migrant_share: '35%' is in percent; write 0.35",
        "v.csv:2:assets: 1200000 is outside 0 to 500000 万元; given in yuan? divide by 10000",
        "v.csv:3:assets: -3 is outside 0 to 500000 万元",
        "v.csv:4:assets: '12万元' carries a unit; write the number alone, in 万元",
        "v.csv:5:assets: 'nan' is not a number (0 to 500000 万元)",
        "v.csv:3:industry: 'grian' is not one of grain, horticulture, livestock, handicraft, services, 粮食, 果蔬, "
        "养殖, 加工, 商贸服务; did you mean 'grain'?",
        "v.csv:3:trust: empty cell; fill it, or leave the whole column out and it is drawn",
        "v.csv:4:trust: 1 is outside 0.01 to 0.99 share; given in percent? divide by 100",
        "v.csv:5:name: 'b' stands on line 3 already; names must differ",
    ]


def test_ragged_rows(write):
    assert messages(write("name,population\na\nb,1,200\nc,900\n")) == [
        "v.csv:2: has 1 cells, the header has 2",
        "v.csv:3: has 3 cells, the header has 2; a comma inside a number or a name?",
    ]


def test_an_open_quotation_mark(write):
    assert messages(write('name,population\na,900\n"b,800\n'))[0].startswith("v.csv:3: cannot be read as CSV: ")


def test_lines_count_through_cells_with_line_breaks(write):
    assert messages(write('name,population\n"a\nb",900\n\nc,x\n')) == [
        "v.csv:5:population: 'x' is not a number (10 to 50000 person)"
    ]


@pytest.mark.parametrize("name", ["合计", "总计", "小 计", "合计：", "Total", "sum", "Grand total"])
def test_a_row_of_totals_is_no_village(write, name):
    assert messages(write(f"name,population\na,900\nb,800\n{name},1700\n")) == [
        f"v.csv:4:name: {name!r} looks like a row of totals, not a village; delete the row"
    ]


def test_parts_that_exceed_the_whole(write):
    text = "name,population,labour,cultivated_land,reserve_land,households\na,900,901,50,60,10\n"
    assert messages(write(text)) == [
        "v.csv:2:labour: 901 is more than the village's population (900 person)",
        "v.csv:2:reserve_land: 60 is more than the village's cultivated_land (50 亩)",
        "v.csv:2:households: 90 people a household (1 to 12); population in 万?",
    ]


def test_centres(write):
    text = "name,population,council,centre\na,900,p,yes\nb,900,p,是\nc,900,,yes\nd,900,q,p\n"
    assert messages(write(text)) == [
        "v.csv:3:centre: council 'p' has a centre on line 2 already",
        "v.csv:4:centre: a village outside any council cannot be its centre",
        "v.csv:5:centre: 'p' is neither yes, no nor this village's council (q)",
    ]


def test_the_number_of_villages(write):
    text = "name,population\na,900\nb,900\nc,900\n"
    assert messages(write(text), 2) == ["v.csv:4: 3 villages, more than population.villages says (2)"]
    assert messages(write(text), 4) == ["v.csv:4: 3 villages, fewer than population.villages says (4)"]
    assert np.isfinite(read_villages("v.csv", 3).numbers["population"]).all()
