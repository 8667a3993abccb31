"""State variables of all entities: shape, unit, Chinese term and meaning, declared once.

The state is a frozen dataclass of C-contiguous arrays. A mechanism returns a new state made with
``dataclasses.replace``; nothing is written in place. Money changes only where the ledger posts a flow
(accounts.py), so mechanisms leave the stocks marked ``money`` alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.declare import Array, CouncilArray, Mask, PayerArray, ProjectArray, RunArray, VillageArray
from sim.groups import Groups
from sim.technology import Technology

KINDS = ("farm", "leased")
KINDS_ZH = {"farm": "设施农业", "leased": "厂房商铺租赁"}
FARM, LEASED = range(len(KINDS))
SLOTS = 2
"""Projects of one kind that one owner can hold side by side; the next one extends the last (see projects.py)."""

INDUSTRIES = ("grain", "horticulture", "livestock", "handicraft", "services")
INDUSTRIES_ZH = {
    "grain": "粮食",
    "horticulture": "果蔬",
    "livestock": "养殖",
    "handicraft": "加工",
    "services": "商贸服务",
}


def over_payers(amount: PayerArray) -> VillageArray:
    """Sum over the money axis, (runs, payers, villages) -> (runs, villages); a few adds beat a strided reduction."""
    total = amount[:, 0]
    for position in range(1, amount.shape[1]):
        total = total + amount[:, position]
    return total


def over_projects(values: ProjectArray) -> VillageArray:
    """Sum over kinds and slots, (runs, kinds, slots, villages) -> (runs, villages)."""
    return over_payers(values.reshape(values.shape[0], -1, values.shape[3]))


def _variable(entity: str, unit: str, zh: str, meaning: str, *, money: bool = False) -> Any:
    return dataclasses.field(metadata={"entity": entity, "unit": unit, "zh": zh, "meaning": meaning, "money": money})


@dataclass(frozen=True)
class State:
    """All state variables of a batch of runs."""

    # people
    population: VillageArray = _variable("village", "person", "户籍人口", "registered people")
    resident_labour: VillageArray = _variable("village", "person", "常住劳动力", "labour living in the village")
    migrant_labour: VillageArray = _variable("village", "person", "外出劳动力", "labour working outside")
    migrant_share_start: VillageArray = _variable("village", "share", "初始外出比例", "migrants in labour at the start")
    leader_ability: VillageArray = _variable("village", "1", "头雁能力", "ability of the village head, 1 is the median")
    know_how: VillageArray = _variable("village", "1", "组织资本", "know-how of running projects, 1 is the median")
    know_how_start: VillageArray = _variable("village", "1", "初始组织资本", "know-how to which attrition leads back")
    log_management: VillageArray = _variable("village", "1", "经营能力对数", "ln of the own manager's M = H^aH A")
    log_care: VillageArray = _variable("village", "1", "风险控制对数", "aH ln H + aO ln A, what lowers project failure")
    leader_left: VillageArray = _variable("village", "1", "换届离任", "1 where the head left since the last year end")
    skilled: VillageArray = _variable("village", "person", "鸿雁", "skilled and trained people living in the village")
    reserve: VillageArray = _variable("village", "person", "青雁", "reserve youth who may stand for office")
    returnees: VillageArray = _variable("village", "person", "归雁", "founders and office holders who came back")
    partners: VillageArray = _variable("village", "person", "合伙人", "partners from outside 乡村振兴合伙人")
    talent_start: VillageArray = _variable(
        "village",
        "person",
        "初始人才数",
        "skilled, returnees and partners at the start, whose part is in know_how_start",
    )
    practice_start: VillageArray = _variable(
        "village", "1", "初始经营经验", "1 where projects ran at the start: that practice is in know_how_start"
    )
    trained: VillageArray = _variable("village", "person", "本年培训人次", "trainees taught since the last year end")
    recruiting_spent: VillageArray = _variable(
        "village", "万元", "本年引才支出", "spent on bringing people back since the last year end"
    )
    help_received: VillageArray = _variable(
        "village", "1", "帮带所得", "ln know-how gained from a helper since the last year end"
    )
    pairing_gain: VillageArray = _variable(
        "village", "1", "结对增能", "part of ln know-how that came from helpers and has not faded"
    )
    selection_noise: VillageArray = _variable("village", "1", "选择误差", "standard normal error in judging a head")
    # land and place
    cultivated_land: VillageArray = _variable("village", "亩", "耕地", "cultivated land")
    reserve_land: VillageArray = _variable("village", "亩", "机动地", "land that the collective rents out")
    x: VillageArray = _variable("village", "km", "横坐标", "location, east")
    y: VillageArray = _variable("village", "km", "纵坐标", "location, north")
    industry: npt.NDArray[np.int64] = _variable("village", "1", "主导产业", "index into INDUSTRIES")
    town: npt.NDArray[np.int64] = _variable("village", "1", "乡镇", "index of the town")
    exists: Mask = _variable("village", "1", "是否存续", "false once merged into another village")
    merged_into: npt.NDArray[np.int64] = _variable(
        "village", "1", "并入村", "index of the village merged into, -1 none"
    )
    # working together
    trust: VillageArray = _variable("village", "share", "信任", "trust in joint undertakings, inside (0, 1)")
    trust_start: VillageArray = _variable("village", "share", "初始信任", "trust to which it reverts")
    monitoring: VillageArray = _variable("village", "share", "监督", "how much of what happens is seen and checked")
    office_oversight: VillageArray = _variable(
        "village", "share", "联合办公公开度", "part of what is not seen otherwise that a joint office shows"
    )
    administration_shared: VillageArray = _variable(
        "village", "share", "联合办公节支率", "part of the village's administration that a joint office saves"
    )
    effort: VillageArray = _variable("village", "1", "投入程度", "effort in the joint project, 1 is an owner's own")
    need: VillageArray = _variable("village", "1", "需求权重", "1 / (1 + earned income of last year / 10 万元)")
    councils: Groups = _variable("village", "1", "片区联合党委成员关系", "membership of councils")
    helper: npt.NDArray[np.int64] = _variable("village", "1", "帮带村", "index of the village that helps, -1 none")
    help_effort: VillageArray = _variable("village", "1", "帮带力度", "effort that a helper spends on each it helps")
    centre: npt.NDArray[np.int64] = _variable("council", "1", "中心村", "index of the centre village, at all members")
    manager: npt.NDArray[np.int64] = _variable(
        "council", "1", "择优经营者", "member judged best at the last election, -1 before it is chosen, at members"
    )
    manager_log: CouncilArray = _variable("council", "1", "经营者能力对数", "ln M of the joint manager alone, members")
    joint_log_management: CouncilArray = _variable(
        "council", "1", "联合经营能力对数", "ln M of joint management, members"
    )
    joint_log_next: CouncilArray = _variable("council", "1", "新增项目后经营能力", "ln M with one joint project more")
    entrusted_log: CouncilArray = _variable("council", "1", "委托经营能力对数", "ln M of the manager over own projects")
    entrusted: Mask = _variable("village", "1", "委托经营", "own projects are run by the council's manager")
    joint_log_care: CouncilArray = _variable("council", "1", "联合风险控制对数", "as log_care, for joint projects")
    coordination_due: CouncilArray = _variable("council", "万元/year", "协调成本", "coordination cost, at all members")
    # markets
    common_shock: RunArray = _variable("county", "1", "共同冲击", "AR(1) log shock common to the county")
    industry_shock: Array = _variable("industry", "1", "行业冲击", "AR(1) log shock, shape (runs, industries)")
    village_shock: VillageArray = _variable("village", "1", "村级冲击", "AR(1) log shock of the village")
    market: Array = _variable("village", "1", "市场系数", "revenue factor, mean 1, shape (runs, kinds, villages)")
    deposit_rate: RunArray = _variable("county", "1/year", "存款利率", "real interest on cash in the bank")
    # the village's purse
    own_cash: VillageArray = _variable("village", "万元", "自有资金", "cash without conditions", money=True)
    base_received: VillageArray = _variable("village", "万元", "本季运转补助", "base transfer received this quarter")
    earmarked: PayerArray = _variable(
        "village", "万元", "专项资金", "earmarked cash by public payer, shape (runs, payers, villages)", money=True
    )
    received: tuple[PayerArray, ...] = _variable(
        "village", "万元", "专项资金累计到账", "cumulative earmarked receipts, one array a quarter, newest last"
    )
    carry_over_term: RunArray = _variable(
        "county", "quarter", "结转期限", "term of earmarked money, infinite if it waits"
    )
    lapses: RunArray = _variable("county", "1", "到期收回", "1 where money past its term goes back to its payer")
    captured: VillageArray = _variable("village", "share", "截留率", "share of public money that is captured")
    fresh: PayerArray = _variable("village", "万元", "未到期专项资金", "earmarked money received within its term")
    open_cash: VillageArray = _variable("village", "万元", "可投资自有资金", "part of own cash open to investment")
    # projects
    technology: Technology = _variable("county", "1", "项目技术", "what projects of each kind yield")
    project_capital: ProjectArray = _variable("village", "万元", "自有项目资产", "capital of own projects", money=True)
    project_age: ProjectArray = _variable(
        "village", "quarter", "自有项目年龄", "quarters since the start of the project"
    )
    project_quality: ProjectArray = _variable("village", "1", "自有项目质量", "quality, mean 1, drawn at the start")
    own_profit: VillageArray = _variable(
        "village", "万元/year", "自有项目年收益", "cash return of own projects a year at this quarter's market"
    )
    projects_started: VillageArray = _variable("village", "1", "自有项目序数", "own projects started so far")
    joint_capital: ProjectArray = _variable("vehicle", "万元", "联合项目资产", "capital of joint projects", money=True)
    joint_age: ProjectArray = _variable("vehicle", "quarter", "联合项目年龄", "quarters since the start of the project")
    joint_quality: ProjectArray = _variable("vehicle", "1", "联合项目质量", "quality, mean 1, drawn at the start")
    joint_started: CouncilArray = _variable("vehicle", "1", "联合项目序数", "joint projects started so far")
    # the joint vehicle 联合社 / 强村公司, at the founding village
    vehicle: CouncilArray = _variable("vehicle", "1", "联合社存续", "1 while a joint vehicle exists")
    vehicle_cash: CouncilArray = _variable("vehicle", "万元", "联合社现金", "cash of the vehicle", money=True)
    vehicle_fund: CouncilArray = _variable(
        "vehicle", "万元", "联合社待投资金", "part of its cash that waits for a project"
    )
    vehicle_earmarked: PayerArray = _variable(
        "vehicle", "万元", "联合社专项资金", "part of the fund that was earmarked, by public payer"
    )
    vehicle_arrears: CouncilArray = _variable("vehicle", "万元", "协调欠费", "coordination due and not paid")
    arrears_quarters: CouncilArray = _variable("vehicle", "quarter", "欠费季数", "quarters in arrears without a break")
    loss_years: CouncilArray = _variable(
        "vehicle", "year", "连续亏损年数", "years in a row with coordination above profit"
    )
    fund_age: CouncilArray = _variable("vehicle", "quarter", "待投季数", "quarters the fund has waited")
    paid_in: VillageArray = _variable("village", "万元", "累计出资", "paid into the vehicle, with the match credited")
    dividend_rule: Array = _variable(
        "village",
        "share",
        "分红规则",
        "weights of equity, equal, need and work in force, 0 before any pool, (runs, parts, villages)",
    )
    base_share: VillageArray = _variable(
        "village", "share", "非股份分红比例", "dividend share that does not rest on equity"
    )
    equity_weight: VillageArray = _variable(
        "village", "share", "股份分红权重", "weight of money paid in in the dividend rule"
    )
    dividend_share: VillageArray = _variable("village", "share", "分红比例", "share of the vehicle's dividends")
    own_contribution_share: VillageArray = _variable(
        "village", "share", "自有资金出资率", "last decision, -1 before any"
    )
    earmarked_contribution_share: VillageArray = _variable(
        "village", "share", "专项资金出资率", "last decision, -1 before any"
    )
    joint_profit: CouncilArray = _variable(
        "vehicle",
        "万元/year",
        "联合项目年收益",
        "joint return a year at this quarter's market, those in gestation included",
    )
    joint_operating: CouncilArray = _variable(
        "vehicle", "quarter", "联合项目投产季数", "quarters of this year with joint returns"
    )
    joint_failure: CouncilArray = _variable("council", "1", "联合项目失败", "joint projects failed this year")
    # firms and the town
    firm_village: npt.NDArray[np.int64] = _variable(
        "enterprise", "1", "企业所在村", "index of the host village, -1 for an empty place, shape (runs, places)"
    )
    firm_size: Array = _variable("enterprise", "1", "企业规模", "size, mean 1, shape (runs, places)")
    firm_since: Array = _variable(
        "enterprise", "year", "企业落地年", "year of the run in which it came, (runs, places)"
    )
    firm_life: Array = _variable(
        "enterprise", "1", "企业存续余量", "unit exponential that its exit hazard has yet to use up, (runs, places)"
    )
    firms_turned_away: VillageArray = _variable(
        "village", "1", "无处安置企业", "arrivals of the year that found no place in the arrays"
    )
    towns: Groups = _variable("village", "1", "所属乡镇", "membership of towns")
    attraction_effort: VillageArray = _variable("village", "1", "招商力度", "effort to attract firms")
    attraction_yield: VillageArray = _variable(
        "village", "万元/year", "招商边际税收", "local tax a year of the firms that a unit of effort adds in a year"
    )
    park_capital: VillageArray = _variable(
        "town", "万元", "园区设施", "worth of park facilities, at the town's first village"
    )
    park_settled: VillageArray = _variable(
        "town", "万元", "园区稳态规模", "park_capital where it settles with the expected tax and without policy"
    )
    local_tax: VillageArray = _variable("village", "万元", "地方留成税收", "local tax of firms hosted, of the year")
    tax_base: VillageArray = _variable(
        "village", "万元/year", "分成基数", "local tax when sharing began, -1 before it did"
    )
    town_outlay: VillageArray = _variable(
        "village", "万元", "乡镇政策支出", "policy payments of the town's treasury of the year so far, less returns"
    )
    town_outlay_last_year: VillageArray = _variable("village", "万元", "上年乡镇政策支出", "the same, of last year")
    firm_jobs: VillageArray = _variable("village", "person", "企业就业", "jobs of the village's people in firms")
    jobs: VillageArray = _variable("village", "person", "就业", "jobs at home, in projects and in firms, at year end")
    household_wages: VillageArray = _variable(
        "village", "万元", "农户工资收入", "wages of jobs at home of the year, all households"
    )
    # income of the year so far, by column; set by the ledger
    operating_income: VillageArray = _variable("village", "万元", "经营性收入", "operating income of the year so far")
    investment_income: VillageArray = _variable("village", "万元", "投资收益", "investment income of the year so far")
    tax_share: VillageArray = _variable("village", "万元", "税收分成", "tax share of the year so far")
    subsidies: VillageArray = _variable("village", "万元", "补助收入", "subsidies of the year so far")
    own_return: VillageArray = _variable("village", "万元", "自有项目收益", "own project return of the year so far")
    earned_last_year: VillageArray = _variable("village", "万元", "上年经营与投资收入", "earned income of last year")
    # accounts outside the villages
    boundary: Array = _variable(
        "account", "万元", "外部账户余额", "running balances, shape (runs, boundary accounts)", money=True
    )

    def replace(self, **changes: Any) -> State:
        """A copy with some variables replaced, as ``dataclasses.replace`` makes it but thirty times as fast.

        Raises TypeError for a name that is no state variable.
        """
        if not changes.keys() <= self.__dict__.keys():
            raise TypeError(f"not a state variable: {sorted(changes.keys() - self.__dict__.keys())}")
        copy = object.__new__(State)
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(changes)
        return copy

    @property
    def runs(self) -> int:
        return int(self.population.shape[0])

    @property
    def villages(self) -> int:
        return int(self.population.shape[1])

    @property
    def monitoring_in_force(self) -> VillageArray:
        """Monitoring with what a joint office shows of the rest, shape (runs, villages)."""
        if not self.office_oversight.any():
            return self.monitoring
        return self.monitoring + self.office_oversight * (1.0 - self.monitoring)

    @property
    def cash(self) -> VillageArray:
        """Own plus earmarked cash, 万元, shape (runs, villages)."""
        return self.own_cash + over_payers(self.earmarked)

    @property
    def talented(self) -> VillageArray:
        """Skilled people, returnees and partners living in the village, shape (runs, villages)."""
        return self.skilled + self.returnees + self.partners

    @property
    def project_assets(self) -> VillageArray:
        """Capital of own projects, 万元, shape (runs, villages)."""
        return over_projects(self.project_capital)

    @property
    def joint_assets(self) -> CouncilArray:
        """Capital of joint projects, 万元, at the founding village."""
        return over_projects(self.joint_capital)

    @property
    def earned_income(self) -> VillageArray:
        """Operating plus investment income of the year so far, 万元."""
        return self.operating_income + self.investment_income


@dataclass(frozen=True)
class Quarter:
    """The clock a mechanism sees. ``index`` counts quarters from 0, ``season`` from 0 within the year."""

    index: int
    year: int
    season: int

    @property
    def passed(self) -> int:
        """Whole years since the start of the run."""
        return self.index // 4

    @property
    def opens_year(self) -> bool:
        return self.season == 0

    @property
    def closes_year(self) -> bool:
        return self.season == 3
