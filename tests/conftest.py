"""What holds for a test run however it was started, and what it says at its end."""

import signal

# Whoever is started in the background inherits that Ctrl-C is ignored, and tests of Ctrl-C would wait for it in vain.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter) -> None:
    """Tests that need a GPU and did not run are not passed over in silence."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "tests/gpu/" in report.nodeid]
    if skipped:
        terminalreporter.write_line(
            f"NOT RUN, FOR WANT OF A GPU: {len(skipped)} tests of tests/gpu. Where there is one: make gpu-day",
            red=True,
            bold=True,
        )
