from __future__ import annotations

import pytest

from apps.benchmarks.domain.table import ParsedTable, parse_score_table
from apps.core.domain.score_table import Score
from apps.core.errors import InvalidInputError

HEADER = b"item,model,score\n"


def parse(content: bytes) -> ParsedTable:
    return parse_score_table(content.splitlines(keepends=True), "t.csv")


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidInputError) as caught:
        parse(content)
    return str(caught.value)


def test_a_plain_table_is_read() -> None:
    parsed = parse(HEADER + b"x,a,1\nx,b,0.25\ny,a,-3e-1\n")
    assert parsed.scores == (
        Score("a", "x", 1.0),
        Score("b", "x", 0.25),
        Score("a", "y", -0.3),
    )
    assert parsed.ignored_columns == ()


def test_clusters_are_read_and_columns_may_stand_in_any_order() -> None:
    parsed = parse(b"Score, CLUSTER ,model,Item\n1,django,a,x\n")
    assert parsed.scores == (Score("a", "x", 1.0, cluster="django"),)


def test_a_file_from_a_spreadsheet_is_read() -> None:
    content = b"\xef\xbb\xbfitem,model,score\r\n\r\nx, a ,1\r\n\r\n"
    assert parse(content).scores == (Score("a", "x", 1.0),)


def test_quoted_fields_may_hold_commas_quotes_and_line_ends() -> None:
    parsed = parse(HEADER + b'"x, ""y""\nz",\xc3\xa9,"1"\n')
    assert parsed.scores == (Score("é", 'x, "y"\nz', 1.0),)


def test_a_last_line_without_an_end_counts() -> None:
    assert len(parse(HEADER + b"x,a,1\nx,b,0").scores) == 2


def test_columns_that_mean_nothing_here_are_named() -> None:
    parsed = parse(b"item,model,score,epoch\nx,a,1,7\n")
    assert parsed.ignored_columns == ("epoch",)


@pytest.mark.parametrize(
    "score",
    ["", "nan", "inf", "-Infinity", "1_000", "0,5", "0x10", "pass", "1.2.3", "\u0661"],
)
def test_what_is_no_finite_decimal_number_is_refused(score: str) -> None:
    message = refusal(HEADER + f'x,a,1\nx,b,"{score}"\n'.encode())
    reason = f"{score!r} is not a finite decimal number" if score else "is empty"
    hint = ": write 0.5" if score == "0,5" else ""
    assert message == f"t.csv, line 3: score {reason}{hint}"


def test_a_score_beyond_reason_is_refused() -> None:
    for score in (b"1e400", b"-1e101"):
        assert "line 2" in refusal(HEADER + b"x,a," + score)


@pytest.mark.parametrize(("row", "column"), [("x,,1", "model"), (" ,a,1", "item")])
def test_an_empty_name_is_refused(row: str, column: str) -> None:
    assert refusal(HEADER + row.encode()) == f"t.csv, line 2: {column} is empty"


def test_an_empty_cluster_is_refused() -> None:
    content = b"item,model,score,cluster\nx,a,1,u\ny,a,1,\n"
    assert refusal(content) == "t.csv, line 3: cluster is empty"


def test_a_duplicate_names_both_lines() -> None:
    message = refusal(HEADER + b'x,a,1\n"y\nz",a,0\nx,b,1\n x , a ,1\n')
    assert message == "t.csv, line 6: item 'x' of model 'a' already stands on line 2"


def test_an_item_in_two_clusters_names_both_lines() -> None:
    message = refusal(b"item,model,score,cluster\nx,a,1,u\nx,b,1,v\n")
    assert message == "t.csv, line 3: item 'x' is in cluster 'v', but in 'u' on line 2"


def test_a_row_of_another_length_is_refused() -> None:
    message = refusal(HEADER + b"x,a,1\nx,b,0,5\n")
    assert message == "t.csv, line 3: 4 fields where the header has 3"


def test_a_missing_column_is_named_with_what_was_found() -> None:
    message = refusal(b"item;model;score\nx;a;1\n")
    assert message == (
        "t.csv, line 1: no column item, model, score (found 'item;model;score')"
    )


def test_a_column_given_twice_is_refused() -> None:
    message = refusal(b"item,model,score,Score\nx,a,1,1\n")
    assert message == "t.csv, line 1: two columns 'score'"


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert refusal(content).startswith("t.csv, line 1: no column item, model, score")


def test_a_header_alone_is_refused() -> None:
    assert refusal(HEADER) == "t.csv, line 1: no scores follow the header"


def test_text_that_is_not_utf8_is_refused_with_its_line() -> None:
    assert refusal(HEADER + b"x,a,1\nx,\xe9,1\n") == "t.csv, line 3: not UTF-8 text"
    assert refusal("item,model,score".encode("utf-16")).endswith("not UTF-8 text")


def test_a_quote_that_never_ends_is_refused_where_it_begins() -> None:
    assert refusal(HEADER + b'x,a,1\n"y,a,1\nz,a,1\n').startswith(
        "t.csv, line 3: not CSV"
    )


def test_a_reason_stays_on_one_line_and_short() -> None:
    message = refusal(HEADER + b'x,a,"' + b"9\n" * 500 + b'"\n')
    assert "\n" not in message
    assert len(message) < 150
