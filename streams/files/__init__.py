"""Files of observations: CSV, Parquet and JSONL in, complete files out."""

from streams.files.output import complete_or_nothing
from streams.files.rows import BadRow, Columns, Row, columns_of, row_of
from streams.files.table import Table, open_table

__all__ = [
    "BadRow",
    "Columns",
    "Row",
    "Table",
    "columns_of",
    "complete_or_nothing",
    "open_table",
    "row_of",
]
