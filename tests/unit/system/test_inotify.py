"""What `stack status` says of the kernel's limit to inotify."""

import pytest

from stack.system import inotify


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (inotify.ENOUGH, "8192, enough"),
        (65536, "65536, enough"),
        (128, "128: IMAP sessions beyond that hear of new mail up to 30 s late"),
    ],
)
def test_limit_is_explained(tmp_path, limit, words):
    """And where it is low, what to type."""
    file = tmp_path / "max_user_instances"
    file.write_text(f"{limit}\n")

    said = inotify.state(file)

    assert said is not None
    assert said.startswith(words)
    assert ("`sysctl -w fs.inotify.max_user_instances=8192`" in said) == (limit == 128)


def test_kernel_without_inotify_has_no_state(tmp_path):
    """It runs Docker in a machine of its own."""
    assert inotify.state(tmp_path / "missing") is None
