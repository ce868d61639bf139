"""What a test run says at its end, however it was started."""


def pytest_terminal_summary(terminalreporter) -> None:
    """Tests that need a GPU and did not run are not passed over in silence."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "tests/gpu/" in report.nodeid]
    if skipped:
        terminalreporter.write_line(
            f"NOT RUN, FOR WANT OF A GPU: {len(skipped)} tests of tests/gpu. Where there is one: make gpu-day",
            red=True,
            bold=True,
        )
