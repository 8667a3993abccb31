"""Arms: named packages of policy blocks, each block checked alone, then against the others and the calendar."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pydantic import ValidationError

from sim.scenario import models
from sim.scenario.checks import Given
from sim.scenario.complaints import Complaints
from sim.scenario.declared import catalogue
from sim.scenario.problems import Path, listed, shown, suggestion
from sim.scenario.read import Entry, Node
from sim.scenario.scenario import NO_POLICY, Block, Calendar, Scope
from sim.scenario.scopes import Moment, could_overlap
from sim.scenario.settings import block_names

NAME = re.compile(r"[A-Za-z0-9_\-\u3400-\u4dbf\u4e00-\u9fff]{1,64}")
"""Letters, digits, _, - and Chinese: names become columns, files and ``X@same_money``."""


@dataclass(frozen=True)
class Frame:
    """What blocks are checked against; None where the file itself is wrong about it."""

    calendar: Calendar | None
    villages: int | None
    councils: int | None


@dataclass(frozen=True)
class _Checked:
    """A block that was checked by itself, and where it was written."""

    block: Block
    path: Path


def check_arms(
    root: Node, frame: Frame, complaints: Complaints
) -> tuple[dict[str, tuple[Block, ...]], dict[str, Given]]:
    """All arms, no_policy first, and what levers say beyond their value, by the path of the lever."""
    entry = root.value.get("arms") if isinstance(root.value, dict) else None
    if entry is None or entry.node.value is None:
        return {NO_POLICY: ()}, {}
    if not isinstance(entry.node.value, dict):
        complaints.add(("arms",), f"{shown(entry.node.plain())} is not a mapping of arm names to lists of blocks")
        return {NO_POLICY: ()}, {}
    return _Arms(entry.node.value, frame, complaints).check()


class _Arms:
    def __init__(self, arms: dict[str, Entry], frame: Frame, complaints: Complaints) -> None:
        self.arms = arms
        self.frame = frame
        self.complaints = complaints
        self.given: dict[str, Given] = {}
        self.written: dict[str, tuple[_Checked, ...]] = {}

    def check(self) -> tuple[dict[str, tuple[Block, ...]], dict[str, Given]]:
        for name, entry in self.arms.items():
            self._name(name)
            if isinstance(entry.node.value, dict):
                self._all_of(name, entry.node.value)
            else:
                self.written[name] = self._blocks(name, entry.node)
        checked: dict[str, tuple[Block, ...]] = {NO_POLICY: ()}
        for name in self.arms:
            blocks = self._joined(name)
            self._together(name, blocks)
            checked[name] = tuple(c.block for c in blocks)
        return checked, self.given

    def _name(self, name: str) -> None:
        if not NAME.fullmatch(name):
            what = f"{shown(name)} is no name for an arm: use letters, digits, _, - and Chinese, at most 64"
            self.complaints.add(("arms", name), what, at_key=True)

    # ---- all_of

    def _all_of(self, name: str, mapping: dict[str, Entry]) -> None:
        for key in mapping:
            if key != "all_of":
                what = f"unknown key; an arm is a list of blocks or {{all_of: [...]}}{suggestion(key, ['all_of'])}"
                self.complaints.add(("arms", name, key), what, at_key=True)
        if "all_of" not in mapping:
            return
        path: Path = ("arms", name, "all_of")
        members = mapping["all_of"].node
        if not isinstance(members.value, tuple):
            self.complaints.add(path, f"{shown(members.plain())} is not a list of arms")
            return
        names = [member.value for member in members.value]
        for place, member in enumerate(names):
            self._member(name, (*path, place), member, names[:place])

    def _member(self, name: str, path: Path, member: Any, before: list[Any]) -> None:
        if not isinstance(member, str) or member not in self.arms:
            known = [arm for arm in self.arms if arm != name]
            hint = suggestion(member, known) if isinstance(member, str) else ""
            self.complaints.add(path, f"there is no arm {shown(member)}{hint}")
        elif member in before:
            self.complaints.add(path, f"the arm '{member}' is listed twice")
        elif name in self._reached(member, set()):
            self.complaints.add(path, f"a circle: '{member}' is joined from '{name}'")

    def _reached(self, name: str, seen: set[str]) -> set[str]:
        """The arm and all it joins."""
        if name not in seen and name in self.arms:
            seen.add(name)
            value = self.arms[name].node.value
            members = value["all_of"].node.value if isinstance(value, dict) and "all_of" in value else ()
            for member in members if isinstance(members, tuple) else ():
                self._reached(str(member.value), seen)
        return seen

    def _joined(self, name: str) -> tuple[_Checked, ...]:
        """Blocks of an arm; those of the arms it joins under the arm's own path."""
        if name in self.written:
            return self.written[name]
        counts: dict[str, int] = {}
        renamed = []
        for checked in self._members(name, ()):
            policy = checked.block.policy
            counts[policy] = counts.get(policy, 0) + 1
            label = policy if counts[policy] == 1 else f"{policy}#{counts[policy]}"
            block = dataclasses.replace(checked.block, path=f"arms.{name}.{label}")
            renamed.append(dataclasses.replace(checked, block=block))
        return tuple(renamed)

    def _members(self, name: str, seen: tuple[str, ...]) -> list[_Checked]:
        if name in self.written:
            return list(self.written[name])
        value = self.arms[name].node.value if name in self.arms and name not in seen else None
        members = value["all_of"].node.value if isinstance(value, dict) and "all_of" in value else ()
        names = [str(member.value) for member in members] if isinstance(members, tuple) else []
        return [checked for member in names for checked in self._members(member, (*seen, name))]

    # ---- single blocks

    def _blocks(self, name: str, node: Node) -> tuple[_Checked, ...]:
        if node.value is None:
            if name != NO_POLICY:
                self.complaints.add(("arms", name), "an arm is a list of blocks; write [] for none")
            return ()
        if not isinstance(node.value, tuple):
            self.complaints.add(("arms", name), f"{shown(node.plain())} is not a list of blocks or {{all_of: [...]}}")
            return ()
        if name == NO_POLICY and node.value:
            self.complaints.add(
                ("arms", name),
                "no_policy stays empty, everything is compared with it; name the arm otherwise",
            )
        labels = block_names(node.value)
        made = [
            self._block(("arms", name, place), block, f"arms.{name}.{label}")
            for place, (block, label) in enumerate(zip(node.value, labels, strict=True))
        ]
        return tuple(c for c in made if c)

    def _block(self, path: Path, node: Node, label: str) -> _Checked | None:
        policies = catalogue().policies
        data = node.plain()
        if not isinstance(data, dict):
            self.complaints.add(path, f"{shown(data)} is not a block such as {{policy: funding_pool, ...}}")
            return None
        policy = data.get("policy")
        if policy is None:
            near = next((hint for key in data if (hint := suggestion(key, ["policy"]))), "")
            self.complaints.add(path, f"the policy is missing (one of {listed(policies)}){near}")
            return None
        if not isinstance(policy, str) or policy not in policies:
            hint = suggestion(policy, policies) if isinstance(policy, str) else ""
            hint = next((f"; write '{stem}'" for stem in policies if policy == catalogue().policy(stem).ZH), hint)
            self.complaints.add((*path, "policy"), f"unknown policy {shown(policy)}{hint or f' ({listed(policies)})'}")
            return None
        model = models.block_model(policy)
        try:
            values = models.values(model.model_validate(data))
        except ValidationError as error:
            self.complaints.add_all(error, model, path)
            values = self._piecewise(model, data)
        self._facts(path, policy, values, data)
        times = self._times(path, values)
        self._indices(path, values["scope"])
        return _Checked(self._made(path, label, policy, values, times), path)

    def _piecewise(self, model: type[models.Strict], data: dict[str, Any]) -> dict[str, Any]:
        """Values of the keys that are right, so that the rest of a faulty block is still checked."""
        values = models.values(model())
        for key, value in data.items():
            try:
                values[key] = models.values(model.model_validate({key: value}))[key]
            except (ValidationError, KeyError):
                continue
        return values

    def _facts(self, path: Path, policy: str, values: dict[str, Any], data: dict[str, Any]) -> None:
        """Payer and budget against what the policy declares."""
        module = catalogue().policy(policy)
        payer = values["payer"]
        if payer is not None and payer not in module.PAYERS:
            self.complaints.add((*path, "payer"), f"{payer} cannot pay for {policy} ({listed(module.PAYERS)})")
        elif data.get("payer") is None and len(module.PAYERS) > 1:
            self.complaints.add(path, f"the payer is missing (one of {listed(module.PAYERS)})")
        if module.TAKES_BUDGET and data.get("budget") is None:
            self.complaints.add(path, f"the budget is missing; {policy} needs budget: {{per_year: ...}} (万元/year)")
        elif module.TAKES_BUDGET and isinstance(data["budget"], dict) and data["budget"].get("per_year") is None:
            self.complaints.add((*path, "budget"), "per_year is missing (万元/year)")
        elif not module.TAKES_BUDGET and data.get("budget") is not None:
            self.complaints.add((*path, "budget"), f"{policy} takes no budget; delete it", at_key=True)

    def _times(self, path: Path, values: dict[str, Any]) -> tuple[int, int]:
        """First and last quarter of a block, checked against the calendar."""
        calendar = self.frame.calendar
        if calendar is None:
            return 0, 0
        first, last = 4 * calendar.burn_in_years, 4 * (calendar.burn_in_years + calendar.policy_years) - 1
        start, end = values["start"], values["end"]
        found = (
            first if start is None else start.index(calendar, last=False),
            last if end is None else end.index(calendar, last=True),
        )
        for key, moment, quarter in (("start", start, found[0]), ("end", end, found[1])):
            if moment is not None and not first <= quarter <= last:
                self.complaints.add((*path, key), _outside(moment, calendar))
        if start is not None and end is not None and found[0] > found[1]:
            self.complaints.add((*path, "start"), f"starts in {start}, after it ends ({end})")
        return found

    def _indices(self, path: Path, scope: Scope | None) -> None:
        if scope is None or scope.rule not in ("villages", "councils"):
            return
        count = self.frame.villages if scope.rule == "villages" else self.frame.councils
        for place, index in enumerate(scope.value or ()):
            if count is not None and isinstance(index, int) and index >= count:
                what = f"there is no {scope.rule[:-1]} {index} (0 to {count - 1})"
                self.complaints.add((*path, "scope", scope.rule, place), what)

    def _made(self, path: Path, label: str, policy: str, values: dict[str, Any], times: tuple[int, int]) -> Block:
        known = catalogue()
        payers = known.policy(policy).PAYERS
        levers: dict[str, Any] = {}
        for name, declaration in known.policies[policy].items():
            said = values[name]
            if isinstance(said, Given):
                self.given[f"{label}.{name}"] = said
                said = said.value
            levers[name] = declaration.value if said is None else said
        budget = models.values(values["budget"])["per_year"] if values["budget"] else None
        if budget:
            self.given[f"{label}.budget.per_year"] = budget
        return Block(
            policy=policy,
            start=times[0],
            end=times[1],
            scope=values["scope"] or Scope("all"),
            payer=values["payer"] or (payers[0] if payers else ""),
            budget=budget.value if budget else None,
            levers=levers,
            path=label,
            position=self.complaints.position(path),
            origin=label,
        )

    # ---- blocks of one arm against one another

    def _together(self, name: str, blocks: tuple[_Checked, ...]) -> None:
        present = {checked.block.policy for checked in blocks}
        for checked in blocks:
            for needed in catalogue().policy(checked.block.policy).REQUIRES:
                if needed not in present:
                    what = (
                        f"{checked.block.policy} needs a block of policy {needed} in the same arm; add one to '{name}'"
                    )
                    self.complaints.add((*checked.path, "policy"), what, name=checked.block.path)
        for first, second in combinations(blocks, 2):
            if first.block.policy == second.block.policy:
                self._twice(first, second, present)

    def _twice(self, first: _Checked, second: _Checked, present: set[str]) -> None:
        one, other = first.block, second.block
        if one.start > other.end or other.start > one.end:
            return
        where = f"the block on line {one.position.line}" if one.position and one.position.line else one.path
        if one.position and other.position and one.position.file != other.position.file:
            where = f"the block at {one.position}"
        if one.payer == other.payer:
            what = f"{one.policy} is already paid by {one.payer or 'nobody'} in these quarters, see {where}; move start or end"
            self.complaints.add(second.path, what, name=other.path)
            return
        if getattr(catalogue().policy(one.policy), "BY_PAYER", False):
            return  # its levers stand on the axis of payers: two payers do not meet
        refused = [n for n, d in catalogue().policies[one.policy].items() if d.combine == "refuse"]
        fixed = not any(getattr(catalogue().policy(policy), "MOVES_COUNCILS", False) for policy in present)
        if refused and could_overlap(one.scope, other.scope, same_start=one.start == other.start, councils_fixed=fixed):
            what = (
                f"covers villages and quarters that {where} may cover too, and {one.policy}.{refused[0]} can have one "
                "value only; keep scopes or years apart"
            )
            self.complaints.add(second.path, what, name=other.path)


def _outside(moment: Moment, calendar: Calendar) -> str:
    first = calendar.start + calendar.burn_in_years
    last = first + calendar.policy_years - 1
    return f"{moment} is outside the policy years ({first} to {last}); see calendar"
