"""A linear programme in whole blocks of NumPy arrays, handed to HiGHS.

Variables and rows come in blocks of one shape; coefficients are triplets of index arrays. Nothing is
built cell by cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
INF = highspy.kHighsInf


class NoAnswer(Exception):
    """HiGHS ended without an optimum: infeasible, unbounded, out of time or numbers too far apart."""


class _Silent(highspy.Highs):
    def enableCallbacks(self) -> None:  # noqa: N802
        """Called when it is made: what it prints then would stand in the way of a program's JSON."""
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Answer:
    """An optimum. `duals` is what one unit more on the right of each row changes the objective by."""

    objective: float
    x: Floats
    duals: Floats
    solver: str
    seconds: float  # within HiGHS
    iterations: int


@dataclass(slots=True)
class Model:
    """Minimise cost · x. Blocks of variables and rows are arrays of their indices."""

    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    row_lower: list[Floats] = field(default_factory=list)
    row_upper: list[Floats] = field(default_factory=list)
    rows: list[Ints] = field(default_factory=list)
    columns: list[Ints] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)
    columns_made: int = 0
    rows_made: int = 0
    whole: list[Ints] = field(default_factory=list)  # columns that must be whole numbers

    def variables(
        self, shape: tuple[int, ...], lower: float | Floats = 0.0, upper: float | Floats = INF
    ) -> Ints:
        count = int(np.prod(shape))
        self.lower.append(np.broadcast_to(lower, shape).astype(float).ravel())
        self.upper.append(np.broadcast_to(upper, shape).astype(float).ravel())
        self.columns_made += count
        return np.arange(self.columns_made - count, self.columns_made).reshape(shape)

    def constraints(
        self, shape: tuple[int, ...], lower: float | Floats, upper: float | Floats
    ) -> Ints:
        count = int(np.prod(shape))
        self.row_lower.append(np.broadcast_to(lower, shape).astype(float).ravel())
        self.row_upper.append(np.broadcast_to(upper, shape).astype(float).ravel())
        self.rows_made += count
        return np.arange(self.rows_made - count, self.rows_made).reshape(shape)

    def put(self, rows: Ints, columns: Ints, values: float | Floats) -> None:
        """Coefficients, broadcast against each other; columns below 0 are left out."""
        r, c, v = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=float))
        kept = c.ravel() >= 0
        self.rows.append(r.ravel()[kept])
        self.columns.append(c.ravel()[kept])
        self.values.append(v.ravel()[kept])

    def highs(self) -> "highspy.Highs":
        """The model without a cost, inside HiGHS."""
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.columns_made, self.rows_made
        model.col_cost_ = np.zeros(self.columns_made)
        model.col_lower_, model.col_upper_ = _joined(self.lower), _joined(self.upper)
        model.row_lower_, model.row_upper_ = _joined(self.row_lower), _joined(self.row_upper)
        columns, rows, values = (
            np.concatenate(x) if x else np.zeros(0) for x in (self.columns, self.rows, self.values)
        )
        order = np.argsort(columns, kind="stable")
        starts = np.searchsorted(columns[order], np.arange(self.columns_made + 1))
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = starts.astype(np.int32)
        model.a_matrix_.index_ = rows[order].astype(np.int32)
        model.a_matrix_.value_ = values[order].astype(float)
        if self.whole:
            kinds = np.full(self.columns_made, highspy.HighsVarType.kContinuous)
            kinds[np.concatenate(self.whole)] = highspy.HighsVarType.kInteger
            model.integrality_ = list(kinds)
        highs = _Silent()  # type: ignore[no-untyped-call]
        if highs.passModel(model) == highspy.HighsStatus.kError:
            raise NoAnswer("HiGHS refuses the model")
        return highs


def _joined(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros(0)


def set_cost(highs: "highspy.Highs", columns: Ints, cost: Floats) -> None:
    """The cost of these columns; that of all others is 0."""
    whole = np.zeros(highs.getNumCol())
    np.add.at(whole, columns.ravel(), np.broadcast_to(cost, columns.shape).ravel())
    highs.changeColsCost(len(whole), np.arange(len(whole), dtype=np.int32), whole)


def solve(
    highs: "highspy.Highs",
    solver: str = "ipm",
    *,
    crossover: bool = False,
    options: Sequence[tuple[str, float | str]] = (),
) -> Answer:
    """The optimum of what is inside. Raises NoAnswer."""
    highs.setOptionValue("solver", solver)
    highs.setOptionValue("run_crossover", "on" if crossover else "off")
    for name, value in options:
        highs.setOptionValue(name, value)
    began = highs.getRunTime()
    highs.run()
    status = highs.getModelStatus()
    if (
        status == highspy.HighsModelStatus.kUnknown
    ):  # the interior point stopped short: from where it is
        highs.setOptionValue("solver", "simplex")
        highs.run()
        status = highs.getModelStatus()
    took = highs.getRunTime() - began
    if status != highspy.HighsModelStatus.kOptimal:
        raise NoAnswer(highs.modelStatusToString(status))
    info, found = highs.getInfo(), highs.getSolution()
    ran = (
        "simplex" if info.simplex_iteration_count > 0 and info.ipm_iteration_count <= 0 else solver
    )
    iterations = max(info.simplex_iteration_count, info.ipm_iteration_count)
    return Answer(
        info.objective_function_value,
        np.array(found.col_value),
        np.array(found.row_dual),
        ran,
        took,
        iterations,
    )
