"""Forms 形式: the scenario as written, each alternative form alone, and all of them together.

A form is a choice that a mechanism declares (``forms.joint_manager``); nobody has observed which option holds. The list
is read from the declarations, so a mechanism that declares a form has it varied without a word here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.scenario.declared import catalogue
from sim.scenario.problems import suggestion
from sim.scenario.scenario import Scenario
from sim.scenario.variation import vary

EACH = "each"
"""What a user writes for all forms."""
DEFAULT, EVERY_FORM = "default", "every_form"
"""Names that stand in the column ``form`` where no single form is changed, or more than one."""
FIRST, LAST = "first_alternatives", "last_alternatives"


class UnknownForm(ValueError):
    """A word that is no form; the message says which there are."""


@dataclass(frozen=True)
class Variant:
    """One design point: the scenario with some forms changed; design point 0 is the scenario as written."""

    design_point: int
    form: str
    option: str
    changes: Mapping[str, str]
    """Form -> option."""

    @property
    def single(self) -> bool:
        """Whether exactly one form differs from the scenario as written."""
        return self.form not in (DEFAULT, EVERY_FORM)

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario under this variant; accounts of single entities are kept of the scenario as written only."""
        if not self.changes:
            return scenario
        varied = vary(scenario, {f"forms.{form}": option for form, option in self.changes.items()})
        return dataclasses.replace(varied, record_accounts_of=())


def variants(scenario: Scenario, wanted: str | Sequence[str]) -> tuple[Variant, ...]:
    """The default, each alternative of the wanted forms, and two with all of them changed.

    ``wanted`` is "each", or names of forms (a list, or one text with commas). The alternatives of a form are the options
    that the scenario does not use, in declared order. Raises UnknownForm.
    """
    alternatives = {
        form: [option for option in catalogue().forms[form].options if option != scenario.forms[form]]
        for form in _named(wanted)
    }
    made: list[tuple[str, str, dict[str, str]]] = [(DEFAULT, "", {})]
    made += [(form, option, {form: option}) for form, options in alternatives.items() for option in options]
    made += _together(alternatives)
    return tuple(Variant(point, *parts) for point, parts in enumerate(made))


def _together(alternatives: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """All forms changed at once; left out where it would repeat another variant."""
    first = {form: options[0] for form, options in alternatives.items() if options}
    last = {form: options[-1] for form, options in alternatives.items() if options}
    if len(first) > 1:
        yield EVERY_FORM, FIRST, first
        if last != first:
            yield EVERY_FORM, LAST, last


def _named(wanted: str | Sequence[str]) -> list[str]:
    """The forms meant, in declared order."""
    words = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    names = [word.strip() for word in words if word.strip()]
    declared = list(catalogue().forms)
    if EACH in names and set(names) <= {EACH, *declared}:
        return declared
    allowed = f"write {EACH!r}, or forms separated by commas: {', '.join(declared)}"
    if not names:
        raise UnknownForm(f"no form was named; {allowed}")
    for name in names:
        if name not in declared:
            meant = suggestion(name.partition("=")[0], [*declared, EACH])
            raise UnknownForm(f"there is no form {name!r}{meant or ';'} {allowed}")
    return [form for form in declared if form in names]
