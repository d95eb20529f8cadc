from traceflow.datasets.vault.derivation import derive


def test_labels_give_keys_that_tell_nothing_of_each_other() -> None:
    keys = {derive(b"k" * 32, label=label) for label in ("token", "content_hash", "archive")}

    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


def test_a_key_and_label_give_the_same_bytes_in_every_release() -> None:
    # Stored tokens, hashes and blocks depend on it: this value must never change.
    assert (
        derive(b"k" * 32, label="token").hex()
        == "a0fdc513534364b37194e6ad8ae153b2a1698611f7ad19cb88d0ee816f798884"
    )
