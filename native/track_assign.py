"""Who goes with whom at the least cost, when staying alone has a price too."""

from __future__ import annotations

from typing import Final

__all__ = ["assign", "least_cost"]

_MOST_EXACT: Final = 12
"""Rows or columns that are assigned at the least cost; beyond, the nearest go first."""


def assign(cost: list[list[float]], alone: float) -> list[tuple[int, int]]:
    """Rows to columns at the least cost, where who stays alone costs so much; no pair costs more."""
    rows, columns = len(cost), len(cost[0])
    if rows == columns == 1:
        return [(0, 0)] if cost[0][0] < alone else []
    if max(rows, columns) > _MOST_EXACT:
        return _nearest_first(cost, alone)
    if rows > columns:
        turned = [[cost[i][j] for i in range(rows)] for j in range(columns)]
        return [(i, j) for j, i in assign(turned, alone)]
    capped = [[min(value, alone) for value in row] for row in cost]
    return [(i, j) for i, j in enumerate(least_cost(capped)) if cost[i][j] < alone]


def _nearest_first(cost: list[list[float]], alone: float) -> list[tuple[int, int]]:
    ordered = sorted((value, i, j) for i, row in enumerate(cost) for j, value in enumerate(row))
    rows, columns, pairs = set(), set(), []
    for value, i, j in ordered:
        if value < alone and i not in rows and j not in columns:
            rows.add(i)
            columns.add(j)
            pairs.append((i, j))
    return pairs


def least_cost(cost: list[list[float]]) -> list[int]:
    """Each row's column, for no more rows than columns (Kuhn's method with potentials, after Jonker)."""
    rows, columns = len(cost), len(cost[0])
    u, v = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner = [0] * (columns + 1)  # of a column: its row, from 1; column 0 is the row being placed
    for row in range(1, rows + 1):
        owner[0] = row
        came, least = [0] * (columns + 1), [float("inf")] * (columns + 1)
        done = [False] * (columns + 1)
        at = 0
        while owner[at]:
            done[at] = True
            step, to = float("inf"), 0
            for j in range(1, columns + 1):
                if done[j]:
                    continue
                slack = cost[owner[at] - 1][j - 1] - u[owner[at]] - v[j]
                if slack < least[j]:
                    least[j], came[j] = slack, at
                if least[j] < step:
                    step, to = least[j], j
            for j in range(columns + 1):
                if done[j]:
                    u[owner[j]] += step
                    v[j] -= step
                else:
                    least[j] -= step
            at = to
        while at:
            owner[at] = owner[came[at]]
            at = came[at]
    columns_of = [0] * rows
    for j in range(1, columns + 1):
        if owner[j]:
            columns_of[owner[j] - 1] = j - 1
    return columns_of
