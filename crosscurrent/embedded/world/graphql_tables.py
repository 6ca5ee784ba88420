"""Answering a GraphQL query from tables as Hasura does: filter, order, cut, join, aggregate (pure).

A row is a dict; a relation of it is the other table's row, or the list of them, in the same dict.
Source: https://hasura.io/docs/2.0/api-reference/graphql-api/query/
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from crosscurrent.embedded.world.graphql_query import Field, Variable

AGGREGATE = "_aggregate"
BY_KEY = "_by_pk"

Row = Mapping[str, object]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "_eq": operator.eq,
    "_neq": operator.ne,
    "_gt": operator.gt,
    "_gte": operator.ge,
    "_lt": operator.lt,
    "_lte": operator.le,
    "_in": lambda value, wanted: value in wanted,
}


class NotInSchema(Exception):
    """A field or an argument that the tables do not have.

    Args:
        name: of the field.
        path: of the selection, as the vendor writes it.
        parent: the table.
    """

    def __init__(self, name: str, path: str, parent: str) -> None:
        super().__init__(f"field '{name}' not found in type: '{parent}'")
        self.path = f"{path}.{name}"


def answered(selection: Sequence[Field], tables: Row, variables: Mapping[str, object]) -> dict[str, object]:
    """Return the data that a selection asks for.

    Args:
        selection: roots of a query.
        tables: name to rows.
        variables: values.

    Raises:
        NotInSchema: it asks for what there is not.
    """
    return _selected(tables, selection, variables, "$.selectionSet", "query_root")


def _selected(
    row: Row, selection: Sequence[Field], variables: Mapping[str, object], path: str, parent: str
) -> dict[str, object]:
    return {field.key: _field(row, field, variables, path, parent) for field in selection}


def _field(row: Row, field: Field, variables: Mapping[str, object], path: str, parent: str) -> object:
    arguments = {name: _resolved(value, variables) for name, value in field.arguments.items()}
    below = f"{path}.{field.name}.selectionSet"
    if field.name in row:
        value = row[field.name]
        if isinstance(value, list):
            chosen = _chosen(value, arguments)
            return [_selected(one, field.selection, variables, below, field.name) for one in chosen]
        if isinstance(value, Mapping):
            return _selected(value, field.selection, variables, below, field.name)
        return value
    rows = row.get(field.name.removesuffix(AGGREGATE))
    if field.name.endswith(AGGREGATE) and isinstance(rows, list):
        chosen = _chosen(rows, arguments)
        return _selected(_aggregated(chosen, field), field.selection, variables, below, field.name)
    rows = row.get(field.name.removesuffix(BY_KEY))
    if field.name.endswith(BY_KEY) and isinstance(rows, list):
        found = next((one for one in rows if one["id"] == arguments.get("id")), None)
        return None if found is None else _selected(found, field.selection, variables, below, field.name)
    raise NotInSchema(field.name, path, parent)


def _aggregated(rows: Sequence[Row], field: Field) -> Row:
    """Return the aggregates that a field asks for, as a row of their own; over no rows all but the count is null."""
    functions: dict[str, object] = {"count": len(rows)}
    for inner in field.selection:
        for function in inner.selection if inner.name == "aggregate" else ():
            if function.name in _FUNCTIONS:
                columns = [column.name for column in function.selection]
                functions[function.name] = {
                    column: _of_column(rows, column, _FUNCTIONS[function.name]) for column in columns
                }
    return {"aggregate": functions, "nodes": list(rows)}


def _of_column(rows: Sequence[Row], column: str, function: Callable[[list[float]], float]) -> float | None:
    values = [float(cast(float, row[column])) for row in rows if row.get(column) is not None]
    result = function(values) if values else None
    return int(result) if result is not None and result.is_integer() else result


_FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "sum": sum,
}


def _chosen(rows: Sequence[Row], arguments: Mapping[str, object]) -> Sequence[Row]:
    where = arguments.get("where")
    chosen = [row for row in rows if where is None or _matches(row, cast(Row, where))]
    for column, direction in reversed(list(cast(Row, arguments.get("order_by") or {}).items())):
        # nulls come last ascending and first descending, as in PostgreSQL
        chosen.sort(key=lambda row, name=column: _rank(row[name]), reverse=direction == "desc")  # type: ignore[misc]
    offset, limit = arguments.get("offset") or 0, arguments.get("limit")
    begin = int(cast(int, offset))
    return chosen[begin:] if limit is None else chosen[begin : begin + int(cast(int, limit))]


def _rank(value: object) -> tuple[bool, object]:
    return (value is None, 0 if value is None else value)


def _matches(row: Row, where: Row) -> bool:
    for name, condition in where.items():
        value = row[name]
        for comparison, wanted in cast(Row, condition).items():
            if comparison not in _COMPARISONS:
                # a relation: the condition is one on the other table's row
                if not _matches(cast(Row, value), cast(Row, condition)):
                    return False
            elif value is None or not _COMPARISONS[comparison](value, wanted):
                return False
    return True


def _resolved(value: object, variables: Mapping[str, object]) -> object:
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, Mapping):
        return {name: _resolved(inner, variables) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, variables) for inner in value]
    return value
