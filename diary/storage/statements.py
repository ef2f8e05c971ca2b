"""SQL built from the models, so that a column is named once.

`table(Model)` has the model's columns as fields of Tortoise's query builder. A `Statement` holds a query; a call with
its values returns what `execute` and `look` take:

    _SESSION = table(Session)
    _END = Statement(query.update(_SESSION).set(_SESSION.ended_at, value.now).where(_SESSION.id == value.id))
    hand.execute(*_END(now=now, id=session))

The text is rendered once, at the first call; a call then costs some microseconds more than SQL that is written by hand.
It is the same for SQLite and PostgreSQL: `?` stands for each value (storage/writer.py).
"""

from typing import Any, Final

from pypika_tortoise.dialects import SQLLiteQuery
from pypika_tortoise.queries import Query, QueryBuilder, Table
from pypika_tortoise.terms import Field, Parameterizer, Term
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

# Both databases take what the builder renders for SQLite.
query: Final[type[Query]] = SQLLiteQuery


class ModelTable(Table):
    """A model's table; its attributes are the model's columns. Raises AttributeError for any other name."""

    def __init__(self, model: type[Model], alias: str | None = None) -> None:
        """Read the names from the model's class; the library need not have a connection."""
        super().__init__(model._meta.db_table, alias=alias)
        names = set()
        for name, field in model._meta.fields_map.items():
            suffix = "_id" if isinstance(field, ForeignKeyFieldInstance) else ""
            names.add(field.source_field or f"{name}{suffix}")
        self._columns = frozenset(names)

    def __getattr__(self, name: str) -> Field:
        """Return the column of that name."""
        if name.startswith("__") or name not in self.__dict__.get("_columns", ()):
            raise AttributeError(f"{self.__dict__.get('_table_name', 'the table')} has no column {name}")
        return Field(name, table=self)


def table(model: type[Model], alias: str | None = None) -> ModelTable:
    """Return the table of a model; `alias` where a statement names it twice."""
    return ModelTable(model, alias)


class _NamedParameter:
    """A place in a statement that a call fills, by name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class _NamedParameters:
    """`value.name` stands for the value that a call gives under that name."""

    def __getattr__(self, name: str) -> Any:
        return _NamedParameter(name)


param: Final = _NamedParameters()


class Statement:
    """One statement of the database, built from the models. Calls may come from any thread."""

    __slots__ = ("_parameter_names", "_parameters", "_query_builder", "_sql")

    def __init__(self, query_builder: QueryBuilder) -> None:
        """Take the query; a column that no model has was an AttributeError while it was built."""
        self._query_builder = query_builder
        self._sql = ""
        self._parameters: tuple[Any, ...] = ()
        self._parameter_names: frozenset[str] = frozenset()

    @property
    def sql(self) -> str:
        """The text of the statement."""
        if not self._sql:
            collector = _ParameterCollector()
            sql = self._query_builder.get_sql(query.SQL_CONTEXT.copy(parameterizer=collector))
            self._parameters = tuple(collector.values)
            self._parameter_names = frozenset(
                place.name for place in self._parameters if isinstance(place, _NamedParameter)
            )
            # Last: another thread that finds the text finds the rest too.
            self._sql = sql
        return self._sql

    @property
    def parameter_names(self) -> frozenset[str]:
        """The values that a call gives."""
        return self._parameter_names if self.sql else frozenset()

    def __call__(self, **values: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the text and its parameters in order. Raises TypeError when a value is missing or unknown."""
        sql = self.sql
        if self._parameter_names != values.keys():
            raise TypeError(f"the statement takes {sorted(self._parameter_names)}, not {sorted(values)}")
        return sql, tuple(
            values[place.name] if isinstance(place, _NamedParameter) else place for place in self._parameters
        )


class _ParameterCollector(Parameterizer):
    """Collects values and places in their order. An expression where the builder expects a value stays SQL."""

    def should_parameterize(self, value: Any) -> bool:
        """Everything but an expression becomes a `?`."""
        return not isinstance(value, Term) and super().should_parameterize(value)
