"""What a statement was compiled to is shared by the engines of one kind, and by no others."""

from sqlalchemy import create_engine, literal, select

from tests.compiled import COMPILED, Compiled


def test_a_statement_is_compiled_once_whichever_engine_runs_it() -> None:
    grown = []
    for number in (1, 2, 3):
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            before = len(COMPILED)
            assert connection.execute(select(literal(number).label("only_here"))).scalar_one() == number
        engine.dispose()
        grown.append(len(COMPILED) - before)
    assert grown[1:] == [0, 0]


def test_another_kind_of_database_has_statements_of_its_own() -> None:
    kept = Compiled()
    plain, again, other = (create_engine(url).dialect for url in ("sqlite://", "sqlite://", "postgresql+psycopg://"))
    named = create_engine("sqlite://", paramstyle="named").dialect
    kept[plain, "SELECT"] = "plain"
    assert [kept.get((each, "SELECT")) for each in (plain, again, named, other)] == ["plain", "plain", None, None]
    assert kept.get((again, "DELETE")) is None
