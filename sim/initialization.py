"""Initialization 初始化: the state at the start of the burn-in, from the endowments."""

from __future__ import annotations

import numpy as np

from sim.accounts import BOUNDARY
from sim.declare import PUBLIC_PAYERS, Index
from sim.groups import groups
from sim.mechanisms import projects
from sim.mechanisms.joint_vehicle import DISTRIBUTION
from sim.mechanisms.talent import settled
from sim.population.population import Population
from sim.schedule import ModelParameters
from sim.state import INDUSTRIES, KINDS, LEASED, SLOTS, State

FIRM_PLACES = 4
"""Places for firms in the arrays for each village of the scenario; arrivals beyond them are counted (assumption)."""
EXISTING_AGE = 40.0
"""Quarters: existing premises are past any gestation at the start (assumption)."""


def initial_state(population: Population, parameters: ModelParameters) -> State:
    """The state before the first quarter; every array has its final shape, money in hand is zero.

    Income is not drawn: it comes out of the burn-in.
    """
    runs, villages = population.population.shape

    def zeros() -> np.ndarray:
        return np.zeros((runs, villages))

    def by_payer() -> np.ndarray:
        return np.zeros((runs, len(PUBLIC_PAYERS), villages))

    def by_project() -> np.ndarray:
        return np.zeros((runs, len(KINDS), SLOTS, villages))

    capital, age, quality = by_project(), by_project(), by_project()
    capital[:, LEASED, 0] = population.assets
    age[:, LEASED, 0] = np.where(population.assets > 0, EXISTING_AGE, 0.0)
    quality[:, LEASED, 0] = np.where(population.assets > 0, population.asset_quality, 0.0)
    deposit_rate = parameters.production.deposit_rate
    migrants = population.labour * population.migrant_share
    return settled(
        State(
            population=population.population,
            resident_labour=population.labour - migrants,
            migrant_labour=migrants,
            migrant_share_start=population.migrant_share,
            leader_ability=population.leader_ability,
            know_how=population.know_how,
            know_how_start=population.know_how,
            log_management=zeros(),
            log_care=zeros(),
            leader_left=zeros(),
            skilled=zeros(),
            reserve=zeros(),
            returnees=zeros(),
            partners=zeros(),
            talent_start=zeros(),
            practice_start=zeros(),
            trained=zeros(),
            recruiting_spent=zeros(),
            help_received=zeros(),
            pairing_gain=zeros(),
            selection_noise=zeros(),
            cultivated_land=population.cultivated_land,
            reserve_land=population.reserve_land,
            x=population.x,
            y=population.y,
            industry=population.industry,
            town=population.town,
            exists=np.ones((runs, villages), dtype=bool),
            merged_into=np.full((runs, villages), -1, dtype=np.int64),
            trust=population.trust,
            trust_start=population.trust,
            monitoring=np.ascontiguousarray(np.broadcast_to(parameters.governance.monitoring, (runs, villages))),
            office_oversight=zeros(),
            administration_shared=zeros(),
            effort=np.ones((runs, villages)),
            need=np.ones((runs, villages)),
            councils=groups(population.council),
            helper=np.full((runs, villages), -1, dtype=np.int64),
            help_effort=zeros(),
            centre=population.centre,
            manager=np.full((runs, villages), -1, dtype=np.int64),
            manager_log=zeros(),
            joint_log_management=zeros(),
            joint_log_next=zeros(),
            entrusted_log=zeros(),
            entrusted=np.zeros((runs, villages), dtype=bool),
            joint_log_care=zeros(),
            coordination_due=zeros(),
            common_shock=np.zeros((runs, 1)),
            industry_shock=np.zeros((runs, len(INDUSTRIES))),
            village_shock=zeros(),
            market=np.ones((runs, len(KINDS), villages)),
            deposit_rate=deposit_rate,
            own_cash=zeros(),
            base_received=zeros(),
            earmarked=by_payer(),
            received=(by_payer(),),
            carry_over_term=np.full((runs, 1), np.inf),
            lapses=np.zeros((runs, 1)),
            captured=zeros(),
            fresh=by_payer(),
            open_cash=zeros(),
            technology=projects.technology(parameters.projects, deposit_rate),
            project_capital=capital,
            project_age=age,
            project_quality=quality,
            own_profit=zeros(),
            projects_started=zeros(),
            joint_capital=by_project(),
            joint_age=by_project(),
            joint_quality=by_project(),
            joint_started=zeros(),
            vehicle=zeros(),
            vehicle_cash=zeros(),
            vehicle_fund=zeros(),
            vehicle_earmarked=by_payer(),
            vehicle_arrears=zeros(),
            arrears_quarters=zeros(),
            loss_years=zeros(),
            fund_age=zeros(),
            paid_in=zeros(),
            dividend_rule=np.zeros((runs, len(DISTRIBUTION), villages)),
            base_share=zeros(),
            equity_weight=zeros(),
            dividend_share=zeros(),
            own_contribution_share=np.full((runs, villages), -1.0),
            earmarked_contribution_share=np.full((runs, villages), -1.0),
            joint_profit=zeros(),
            joint_operating=zeros(),
            joint_failure=zeros(),
            firm_village=np.full((runs, FIRM_PLACES * villages), -1, dtype=np.int64),
            firm_size=np.zeros((runs, FIRM_PLACES * villages)),
            firm_since=np.zeros((runs, FIRM_PLACES * villages)),
            firm_life=np.zeros((runs, FIRM_PLACES * villages)),
            firms_turned_away=zeros(),
            towns=groups(_towns(population.town)),
            attraction_effort=zeros(),
            attraction_yield=zeros(),
            park_capital=zeros(),
            park_settled=zeros(),
            local_tax=zeros(),
            tax_base=np.full((runs, villages), -1.0),
            town_outlay=zeros(),
            town_outlay_last_year=zeros(),
            firm_jobs=zeros(),
            jobs=zeros(),
            household_wages=zeros(),
            operating_income=zeros(),
            investment_income=zeros(),
            tax_share=zeros(),
            subsidies=zeros(),
            own_return=zeros(),
            earned_last_year=zeros(),
            boundary=np.zeros((runs, len(BOUNDARY))),
        ),
        parameters.talent,
    )


def _towns(town: Index) -> Index:
    """Membership of towns as councils have it: the index of each town's first village."""
    runs, villages = town.shape
    first = np.full((runs, int(town.max(initial=0)) + 1), villages, dtype=np.int64)
    rows = np.broadcast_to(np.arange(runs)[:, None], town.shape)
    np.minimum.at(first, (rows, town), np.broadcast_to(np.arange(villages), town.shape))
    return np.take_along_axis(first, town, axis=1)
