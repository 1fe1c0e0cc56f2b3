"""Turns a report into text for Prometheus. Knows reports and Prometheus' client, not the engine."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from playground.web.report import Report

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text_of(report: Callable[[], Report]) -> Callable[[], bytes]:
    """Returns a function that makes a report and returns it as text. Its registry holds nothing else."""
    registry = CollectorRegistry()
    registry.register(_Collector(report))
    return lambda: generate_latest(registry)


class _Collector(Collector):
    def __init__(self, report: Callable[[], Report]) -> None:
        self._report = report

    def describe(self) -> list[Metric]:
        """Returns an empty list, so that the registry makes a report only when somebody asks for one."""
        return []

    def collect(self) -> Iterator[Metric]:
        report = self._report()
        yield GaugeMetricFamily("playground_sessions", "Open pages.", report.sessions)
        rows = {"running": report.running, "waiting": report.waiting}
        yield _labelled("playground_rows", "Texts by state.", "state", rows)
        yield CounterMetricFamily("playground_tokens", "Tokens generated since the start.", report.tokens)
        yield CounterMetricFamily("playground_texts", "Texts begun since the start.", report.texts)
        speed = "Tokens a second over the last minute."
        yield GaugeMetricFamily("playground_tokens_per_second", speed, report.tokens_per_second)
        names = {"p50": "0.5", "p95": "0.95"}
        waits = {names[name]: value for name, value in report.first_token_seconds.items() if value is not None}
        about = "Seconds from a request to its first token, of the latest texts."
        yield _labelled("playground_first_token_seconds", about, "quantile", waits)
        yield _labelled("playground_store_bytes", "Memory by store.", "store", report.bytes)
        yield GaugeMetricFamily("playground_resident_bytes", "Memory of the whole process.", report.resident_bytes)
        yield GaugeMetricFamily("playground_uptime_seconds", "Seconds since the start.", report.uptime_seconds)
        family = GaugeMetricFamily(
            "playground_replica_rows", "Texts by replica and state.", labels=["replica", "state"]
        )
        for replica in report.replicas:
            for state in ("running", "waiting"):
                family.add_metric([replica["replica"], state], replica[state])
        yield family


def _labelled(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value in values:
        family.add_metric([value], values[value])
    return family
