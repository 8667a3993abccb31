"""Figures: what they say, in both languages, at print size, with every font embedded and nothing cut off."""

import re
import shutil
from itertools import combinations

import numpy as np
import pytest

from sim.analysis.comparison import compare
from sim.analysis.study import read_study
from sim.experiment.local import plan
from sim.report.figures import FIGURES, FigureError, Sheet, draw, select, write
from sim.report.figures import fonts as shipped
from sim.report.figures.cost import costs_and_gains, slopes
from sim.report.figures.councils import limits
from sim.report.figures.distribution import share_at_or_below
from sim.report.figures.terciles import by_tercile
from sim.report.figures.thresholds import counts
from sim.running import Request, execute
from tests import synthetic

SHEETS = [Sheet("en", "single"), Sheet("zh", "single"), Sheet("zh", "double")]
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return synthetic.result(tmp_path_factory.mktemp("results") / "out", replications=6).folder


@pytest.fixture(scope="module")
def material(folder):
    return select(read_study(folder), folder, None)


@pytest.fixture(scope="module")
def drawn(material):
    """Every figure once, in English at double width."""
    return {name: draw(name, material, Sheet()) for name in FIGURES}


def texts(figure):
    return " | ".join(shipped.texts_of(figure))


def panels(figure):
    """Axes that are switched on."""
    return [axes for axes in figure.axes if axes.axison]


# ---- all figures


def test_a_run_leaves_every_figure_and_its_caption(folder):
    left = {path.name for path in (folder / "figures").iterdir()}
    assert {f"{name}.{ending}" for name in FIGURES for ending in ("pdf", "txt")} < left
    assert "trajectories.png" in left


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_result_gives_the_same_bytes_and_embeds_truetype(name, material, tmp_path):
    first, second = (write(tmp_path / again, name, material, Sheet("zh", "single")) for again in "ab")
    assert [path.suffix for path in first] == [".pdf", ".svg", ".png", ".txt"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    pdf = first[0].read_bytes()
    assert b"/Type3" not in pdf
    assert b"/FontFile2" in pdf
    assert b"CreationDate" not in pdf
    svg = first[1].read_text(encoding="utf-8")
    assert "<text" not in svg  # outlines: the reader needs no font
    assert "<dc:date>" not in svg


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: f"{sheet.language} {sheet.width}")
def test_nothing_is_cut_off_or_too_small_at_the_width_of_a_column(name, sheet, material):
    figure = draw(name, material, sheet)
    assert figure.get_figwidth() * 25.4 == pytest.approx({"single": 85, "double": 174}[sheet.width])
    figure.draw_without_rendering()  # a legend puts its words in place when it is drawn
    renderer = figure._get_renderer()
    drawn_on = figure.get_tightbbox(renderer)  # inches
    assert min(drawn_on.x0, drawn_on.y0) > -0.02  # half a millimetre: the pad of a legend
    assert drawn_on.x1 < figure.get_figwidth() + 0.01
    assert drawn_on.y1 < figure.get_figheight() + 0.01
    words = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    words += [part for axes in panels(figure) for part in (axes.title, axes.xaxis.label, axes.yaxis.label)]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in words if text.get_text()]
    overlaps = [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.padded(-0.5).overlaps(other)]
    assert not overlaps
    assert all(7.0 <= text.get_fontsize() <= 9.0 for text in words)


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units_and_the_words_are_in_one_language(name, material, drawn):
    english, chinese = texts(drawn[name]), texts(draw(name, material, Sheet("zh")))
    assert not CHINESE.search(english)
    assert CHINESE.search(chinese)
    if name != "thresholds":
        assert "10,000 yuan" in english
    assert "万元" in chinese
    for word in ("income", "year", "village", "policy", "money", "public"):
        assert word not in chinese


@pytest.mark.parametrize("name", FIGURES)
def test_captions_say_n_seed_scenario_interval_and_what_it_is_not(name, material):
    english, chinese = (FIGURES[name].describe(material, Sheet(language)) for language in ("en", "zh"))
    for said in ("n = 6", "seed 1", "scenario made_up", "not a forecast"):
        assert said in english
    for said in ("n = 6", "种子1", "情景文件made_up", "不是预测"):
        assert said in chinese
    assert ("95%" in english) == ("95%" in chinese) == (name not in ("map", "acceptability"))
    assert not CHINESE.search(english.replace("万元", ""))


# ---- single figures


def test_trajectories_have_an_entry_for_every_arm_and_lines_that_differ_in_grey(drawn):
    figure = drawn["trajectories"]
    labels = [text.get_text().strip() for text in figure.legends[0].get_texts()]
    assert labels == ["no policy", "grant", "same money", "pool", "same money", "same management"]
    judged = [line for line in figure.axes[0].get_lines() if line.get_linewidth() > 1]
    assert len({str(line.get_linestyle()) + str(line._unscaled_dash_pattern) for line in judged}) == len(judged) == 3


def test_differences_are_those_of_the_answer(material, drawn):
    left, right = drawn["differences"].axes
    rows = {(row.arm, row.against): row for row in compare(material.study) if row.outcome == "earned_income"}
    for axes, pairs in (
        (left, [("grant", "no_policy"), ("pool", "no_policy")]),
        (right, [("grant", "grant@same_money"), ("pool", "pool@same_money")]),
    ):
        means = [line.get_xdata()[0] for line in axes.get_lines() if len(line.get_xdata()) == 1]
        assert means == pytest.approx([rows[pair].difference for pair in pairs])
        bounds = [line.get_xdata() for line in axes.get_lines() if line.get_linewidth() == 1.1]
        assert np.ravel(bounds) == pytest.approx([b for pair in pairs for b in (rows[pair].low, rows[pair].high)])
    faces = [line.get_markerfacecolor() for line in right.get_lines() if len(line.get_xdata()) == 1]
    assert faces[0] == "white"  # the grant is its own companion: 0
    assert faces[1] != "white"


def test_terciles_are_thirds_of_the_start_and_agree_with_the_whole(material):
    assert [int((material.terciles == third).sum(axis=1)[0]) for third in range(3)] == [2, 2, 2]
    assert ((material.terciles == 0) == material.study.arms["pool"].poorest).all()
    paired = material.paired("pool", "no_policy")
    found = [by_tercile(material, paired, third) for third in range(3)]
    assert np.mean([gain.mean for gain, _ in found]) == pytest.approx(paired.mean())
    assert np.mean([lost.mean for _, lost in found]) == pytest.approx((paired < -1e-9).mean())


def test_distribution_counts_villages():
    incomes = np.array([[0.0, 5.0, 5.0, 20.0]])
    assert share_at_or_below(incomes, np.array([-1.0, 0.0, 4.9, 5.0, 50.0])).tolist() == [[0, 25, 25, 75, 100]]


def test_thresholds_count_villages_at_the_level():
    assert counts(np.array([[[4.9, 5.0, 11.0]]]), 5).tolist() == [[2.0]]


def test_cost_and_gain_are_those_of_the_answer(material):
    cost, gain = costs_and_gains(material, "pool")
    rows = {row.outcome: row for row in compare(material.study) if (row.arm, row.against) == ("pool", "no_policy")}
    assert gain.mean() == pytest.approx(rows["gain"].difference)
    assert cost == pytest.approx(0.9 * 20 * 6 * 2)
    low, middle, high = slopes(material)
    assert low < 100 * gain.mean() / cost.mean() < high
    assert middle == 2 * low


def test_the_map_shows_every_village_its_council_and_who_loses(material, drawn):
    first, *maps = [axes for axes in panels(drawn["map"]) if axes.get_title()]
    assert [axes.get_title() for axes in (first, *maps)] == ["income in 2012", "grant", "pool"]
    gains = material.paired("pool", "no_policy")[0]
    joined, gaining, losing = maps[1].collections
    assert len(joined.get_segments()) == 6  # every village to the middle of its council
    assert len(gaining.get_offsets()) == (gains >= 0).sum()
    assert len(losing.get_offsets()) == (gains < 0).sum()


def test_colours_of_the_map_are_round_and_have_zero():
    assert limits([np.array([0.0, -3.0]), np.array([0.1])]) == [-5.0, -2.5, -1.0, 0.0, 1.0, 2.5, 5.0]


def test_places_are_where_the_engine_puts_the_villages(tmp_path):
    from tests import scenarios_for_tests as small

    made = small.scenario(villages=5)
    start = small.states(made, "no_policy", replications=(0,))[0]
    request = Request(made, ("no_policy",), ("no_policy",), 1, 1, tmp_path / "out", ("test",))
    places = execute(request, plan(made, 1, 1)).places
    assert places["x"].tolist() == start.x[0].tolist()
    assert places["y"].tolist() == start.y[0].tolist()
    assert places["village"].tolist() == list(range(5))


# ---- arms


def test_arms_are_narrowed_and_errors_name_what_there_is(folder):
    study = read_study(folder)
    assert select(study, folder, ["pool@same_money", "pool"]).arms == ("pool", "pool@same_money")
    with pytest.raises(FigureError, match="did you mean 'pool'"):
        select(study, folder, ["pol"])
    with pytest.raises(FigureError, match="no arm with a policy"):
        select(study, folder, ["no_policy"])
    with pytest.raises(FigureError, match="did you mean 'terciles'"):
        draw("tercile", select(study, folder, None), Sheet())


def test_many_arms_get_a_panel_each(material):
    from dataclasses import replace

    arms = {f"arm_{n}": replace(material.study.arms["pool"], arm=f"arm_{n}") for n in range(9)}
    study = replace(material.study, arms={"no_policy": material.study.arms["no_policy"], **arms})
    many = replace(material, study=study, arms=tuple(arms))
    for name in ("trajectories", "distribution", "thresholds", "cost"):
        assert [axes.get_title() for axes in panels(draw(name, many, Sheet()))] == [f"arm {n}" for n in range(9)]
    assert len(panels(draw("differences", many, Sheet()))) == 2


def test_one_replication_is_drawn_without_intervals(tmp_path):
    one = synthetic.result(tmp_path / "out", replications=1)
    found = select(read_study(one.folder), one.folder, None)
    for name in FIGURES:
        assert "95%" not in FIGURES[name].describe(found, Sheet())
        assert draw(name, found, Sheet())


def test_a_result_without_places_says_so(folder, tmp_path):
    old = shutil.copytree(folder, tmp_path / "old")
    (old / "places.parquet").unlink()
    with pytest.raises(FigureError, match=r"places\.parquet.*run the scenario again"):
        draw("map", select(read_study(old), old, None), Sheet())


# ---- fonts


def renamed(material, name):
    """The same material, the arm pool under another name."""
    from dataclasses import replace

    arms = {name if arm == "pool" else arm: data for arm, data in material.study.arms.items() if "@" not in arm}
    manifest = {**material.study.manifest, "arms": list(arms)}
    return replace(material, study=replace(material.study, arms=arms, manifest=manifest), arms=("grant", name))


def test_a_chinese_arm_is_set_in_both_languages(material, tmp_path):
    for language in ("en", "zh"):
        pdf, _ = write(tmp_path, "differences", renamed(material, "联合党委_pool-1"), Sheet(language), ["pdf"])
        assert b"/Type3" not in pdf.read_bytes()


def test_a_character_that_no_font_has_is_named_before_anything_is_written(material, tmp_path):
    with pytest.raises(FigureError, match=r"character 䶵 \(U\+4DB5\) of '䶵村'; name a TrueType font.*--font"):
        write(tmp_path, "differences", renamed(material, "䶵村"), Sheet())
    assert not list(tmp_path.iterdir())


def test_signs_are_never_read_as_mathematics():
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(Sheet().settings()):
        figure = Figure()
        assert not figure.text(0, 0, "$a_b$").get_parse_math()


def test_the_shipped_font_has_gb2312_and_what_the_figures_say():
    every = [bytes((row, cell)).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)]
    shipped.refuse_missing([*every, "≥ − – · （）％ é"])
    assert shipped.SHIPPED.with_name("OFL.txt").exists()


def test_a_readers_own_font_comes_first_and_must_be_truetype(material, tmp_path):
    from matplotlib import get_data_path

    own = tmp_path / "own.ttf"
    shutil.copy(f"{get_data_path()}/fonts/ttf/DejaVuSerif.ttf", own)
    pdf, _ = write(tmp_path, "differences", material, Sheet(font=own), ["pdf"])
    assert b"DejaVuSerif" in pdf.read_bytes()
    (tmp_path / "own.otf").write_bytes(b"OTTO and more")
    with pytest.raises(FigureError, match=r"own\.otf has CFF outlines"):
        draw("differences", material, Sheet(font=tmp_path / "own.otf"))
    with pytest.raises(FigureError, match="cannot be read"):
        draw("differences", material, Sheet(font=tmp_path / "none.ttf"))


def test_lines_break_where_a_reader_expects():
    wrapped = shipped.wrapped("平均增益（万元/村·年）", 7, 20)
    assert all(line[0] not in "·，）/" for line in wrapped.split("\n"))
    assert shipped.wrapped("收入（万元/村·年，不变价）", 7, 28).split("\n")[-1] == "不变价）"
    assert shipped.wrapped("without industrial park", 7, 25) == "without industrial\npark"
    assert "\n" in shipped.wrapped("a" * 64, 7, 25)
    assert shipped.wrapped("pool", 7, 25) == "pool"
