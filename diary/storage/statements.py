"""SQL built from the models, so that a column is named once.

`table(Model)` has the model's columns as fields of Tortoise's query builder. A `Statement` is a query; a call with its
values returns the arguments of `execute` and `fetch_one`:

    _SESSION = table(Session)
    _END = Statement(query.update(_SESSION).set(_SESSION.ended_at, param.now).where(_SESSION.id == param.id))
    tx.execute(*_END(now=now, id=session))

The SQL text is rendered once, at the first call. Later calls cost a few microseconds more than SQL written by hand.
The text is the same for SQLite and PostgreSQL, with `?` for each value (storage/writer.py).
"""

from typing import Any, Final

from pypika_tortoise.dialects import SQLLiteQuery
from pypika_tortoise.queries import Query, QueryBuilder, Table
from pypika_tortoise.terms import Field, Parameterizer, Term, ValueWrapper
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

# PostgreSQL accepts the SQL that the builder renders for SQLite.
query: Final[type[Query]] = SQLLiteQuery


class ModelTable(Table):
    """The table of a model. Its attributes are the model's columns; any other name raises AttributeError."""

    def __init__(self, model: type[Model], alias: str | None = None) -> None:
        """Read the column names from the model's class, which needs no connection."""
        super().__init__(model._meta.db_table, alias=alias)
        names = set()
        for name, field in model._meta.fields_map.items():
            suffix = "_id" if isinstance(field, ForeignKeyFieldInstance) else ""
            names.add(field.source_field or f"{name}{suffix}")
        self._columns = frozenset(names)

    def __getattr__(self, name: str) -> Field:
        """Return the column with this name. Raise AttributeError if the table has none."""
        if name.startswith("__") or name not in self.__dict__.get("_columns", ()):
            raise AttributeError(f"{self.__dict__.get('_table_name', 'the table')} has no column {name}")
        return Field(name, table=self)


def table(model: type[Model], alias: str | None = None) -> ModelTable:
    """Return the table of a model. `alias`: needed where a statement uses the table twice."""
    return ModelTable(model, alias)


class _NamedParameter:
    """A named parameter of a statement."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class _NamedParameters:
    """Factory of parameters: `param.name` stands for the value passed as `name` in a call."""

    def __getattr__(self, name: str) -> Any:
        return _NamedParameter(name)


param: Final = _NamedParameters()


def literal(value: bool | int) -> Term:
    """Return a value that becomes part of the SQL text. It must be a constant of the program.

    Needed only where a partial index must be recognised: [Note: partial indexes], storage/partial_indexes.py.
    """
    return ValueWrapper(value, allow_parametrize=False)


class Statement:
    """An SQL statement built from the models. It may be called from any thread."""

    __slots__ = ("_parameter_names", "_parameters", "_query_builder", "_sql")

    def __init__(self, query_builder: QueryBuilder) -> None:
        """Store the query; its SQL is rendered when it is first needed."""
        self._query_builder = query_builder
        self._sql = ""
        self._parameters: tuple[Any, ...] = ()
        self._parameter_names: frozenset[str] = frozenset()

    @property
    def sql(self) -> str:
        """Return the SQL text."""
        if not self._sql:
            collector = _ParameterCollector()
            sql = self._query_builder.get_sql(query.SQL_CONTEXT.copy(parameterizer=collector))
            self._parameters = tuple(collector.values)
            self._parameter_names = frozenset(
                parameter.name for parameter in self._parameters if isinstance(parameter, _NamedParameter)
            )
            # Set last: a thread that finds the text must find the parameters too.
            self._sql = sql
        return self._sql

    def __call__(self, **values: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL text and its values in order. Raise TypeError if a value is missing or unknown."""
        sql = self.sql
        if self._parameter_names != values.keys():
            raise TypeError(f"the statement takes {sorted(self._parameter_names)}, not {sorted(values)}")
        return sql, tuple(
            values[parameter.name] if isinstance(parameter, _NamedParameter) else parameter
            for parameter in self._parameters
        )


class _ParameterCollector(Parameterizer):
    """Collector of values and named parameters in order. An expression instead of a value stays SQL."""

    def should_parameterize(self, value: Any) -> bool:
        """Return whether the value becomes a `?`: true for everything except expressions."""
        return not isinstance(value, Term) and super().should_parameterize(value)
