# SPDX-License-Identifier: BSD-2-Clause
"""What all end-to-end tests share."""


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "beside: compares a great many answers with another program's, or measures; "
        "not repeated with the sanitizers, where the same code has tests of its own")
