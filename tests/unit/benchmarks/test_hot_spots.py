from benchmarks.hot_spots import add_up

RAW = """\
main (a.py:1);take (app.py:10);decode (decode.py:5) 6
main (a.py:1);take (app.py:12);append (stream.py:7) 3
main (a.py:1);take (app.py:12);take (app.py:13) 1
a line that is no sample
"""


def test_a_functions_own_share_is_of_the_samples_that_end_in_it() -> None:
    assert dict(add_up(RAW).own) == {
        "decode (decode.py:5)": 0.6,
        "append (stream.py:7)": 0.3,
        "take (app.py:13)": 0.1,
    }


def test_a_sample_counts_once_for_every_function_within_it_whatever_its_lines() -> None:
    within = dict(add_up(RAW).within)

    assert within["main (a.py)"] == 1.0
    assert within["take (app.py)"] == 1.0
    assert within["append (stream.py)"] == 0.3


def test_a_process_that_never_ran_has_no_hot_spots() -> None:
    assert add_up("").own == ()
