#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A day of series in the names of cAdvisor, the kubelet, kube-state-metrics and node exporter, as OpenMetrics, with shapes whose
digests are known: prometheus-series.py BEGIN >FILE.  BEGIN is a multiple of two hours, in seconds since 1970."""
import sys

BEGIN = int(sys.argv[1])
HOUR, DAY, STEP = 3600, 86400, 60
MIB = 1 << 20
series = {}     # family -> {labels: [(time, value)]}


def add(name, labels, samples):
    text = ",".join(f'{key}="{value}"' for key, value in labels.items())
    series.setdefault(name, {}).setdefault(text, []).extend(samples)


def times(begin=0, end=DAY, offset=0):
    return range(BEGIN + begin + offset, BEGIN + end + offset, STEP)


def counter(rate, begin=0, end=DAY, offset=0, start=0.0):
    """Grows by rate(seconds since BEGIN) per second."""
    value, out = start, []
    for time in times(begin, end, offset):
        out.append((time, value))
        value += rate(time - BEGIN) * STEP
    return out


def gauge(value, begin=0, end=DAY, offset=0):
    return [(time, value(time - BEGIN)) for time in times(begin, end, offset)]


def container(pod, name, uid, life=1, namespace="shop"):
    return {"namespace": namespace, "pod": pod, "container": name, "id": f"/kubepods/burstable/pod{uid}/{life:064d}", "image": "i",
            "instance": "10.0.0.7:10250", "job": "kubelet", "metrics_path": "/metrics/cadvisor", "node": "node-1"}


def usage(labels, cpu, memory, begin=0, end=DAY):
    add("container_cpu_usage_seconds_total", labels, counter(cpu, begin, end))
    add("container_memory_working_set_bytes", labels, gauge(memory, begin, end))


def steady():
    """Two pods, one after the other (a rollout); the second was restarted.  Told by both pages of the kubelet."""
    for pod, uid, lives in (("web-6d4cf56db6-abcde", "a", ((0, 12 * HOUR),)),
                            ("web-5c689d88bb-fghij", "b", ((12 * HOUR, 18 * HOUR), (18 * HOUR, DAY)))):
        for life, (begin, end) in enumerate(lives):
            usage(container(pod, "app", uid, life), lambda t: 0.25, lambda t: 200 * MIB, begin, end)
        both = {"namespace": "shop", "pod": pod, "container": "app", "instance": "10.0.0.7:10250", "job": "kubelet",
                "metrics_path": "/metrics/resource", "node": "node-1"}
        usage(both, lambda t: 0.25, lambda t: 200 * MIB, lives[0][0], lives[-1][1])
        usage({**container(pod, "POD", uid), "id": f"/kubepods/burstable/pod{uid}/pause"}, lambda t: 0.001, lambda t: MIB,
              lives[0][0], lives[-1][1])
        group = {**container(pod, "", uid), "id": f"/kubepods/burstable/pod{uid}"}
        usage(group, lambda t: 0.26, lambda t: 201 * MIB, lives[0][0], lives[-1][1])


def bursty():
    """A tenth of each hour at 1 core, else 0.1; memory grows to 500 MiB in each six hours.  The counters begin anew at noon."""
    def cpu(t):
        return 1.0 if t % HOUR >= 54 * 60 else 0.1
    labels = container("db-0", "app", "c")
    add("container_cpu_usage_seconds_total", labels, counter(cpu, 0, DAY // 2, start=5000))
    add("container_cpu_usage_seconds_total", labels, counter(cpu, DAY // 2, DAY))
    add("container_memory_working_set_bytes", labels, gauge(lambda t: (100 + 400 * (t % (6 * HOUR)) / (6 * HOUR - STEP)) * MIB))
    for name, rate in (("container_cpu_cfs_periods_total", 10), ("container_cpu_cfs_throttled_periods_total", 4),
                       ("container_cpu_cfs_throttled_seconds_total", 0.2), ("container_pressure_cpu_waiting_seconds_total", 0.3)):
        add(name, labels, counter(lambda t, rate=rate: rate, 0, DAY // 2, start=1e6))
        add(name, labels, counter(lambda t, rate=rate: rate, DAY // 2, DAY))
    add("container_memory_rss", labels, gauge(lambda t: 80 * MIB))
    add("container_memory_total_active_file_bytes", labels, gauge(lambda t: 20 * MIB))
    add("container_memory_failcnt", labels, gauge(lambda t: 0))
    add("container_oom_events_total", labels, gauge(lambda t: 0))


def killed():
    """Killed for want of memory at 06:00, at 06:10 and at 20:00; ended by itself at 10:00.  One more was killed the day before."""
    ends = ((6 * HOUR, "OOMKilled"), (6 * HOUR + 600, "OOMKilled"), (10 * HOUR, "Error"), (20 * HOUR, "OOMKilled"))
    state = {"namespace": "shop", "pod": "cache-0", "container": "app", "uid": "d", "instance": "10.0.0.9:8080", "job": "kube-state-metrics"}
    add("kube_pod_container_status_restarts_total", state, gauge(lambda t: 7 + sum(t >= end for end, _ in ends)))
    reasons = [(0, None), *ends, (DAY, None)]
    for (begin, reason), (end, _) in zip(reasons[1:-1], reasons[2:]):
        add("kube_pod_container_status_last_terminated_reason", {**state, "reason": reason}, gauge(lambda t: 1, begin, end))
    add("kube_pod_container_resource_limits", {**state, "resource": "memory", "unit": "byte"}, gauge(lambda t: 256 * MIB))
    add("kube_pod_container_resource_limits", {**state, "resource": "cpu", "unit": "core"}, gauge(lambda t: 1))
    usage(container("cache-0", "app", "d"), lambda t: 0.05, lambda t: 250 * MIB)
    add("container_oom_events_total", container("cache-0", "app", "d"), gauge(lambda t: sum(t >= end and why == "OOMKilled" for end, why in ends)))
    early = {**state, "pod": "early-0", "uid": "e"}
    add("kube_pod_container_status_restarts_total", early, gauge(lambda t: 3))
    add("kube_pod_container_status_last_terminated_reason", {**early, "reason": "OOMKilled"}, gauge(lambda t: 1))
    usage(container("early-0", "app", "e"), lambda t: 0.05, lambda t: 50 * MIB)


def broken():
    """Four hours without samples, NaN for an hour, and a clock that runs twenty seconds behind."""
    labels = container("holes-0", "app", "f")
    for begin, end in ((0, 8 * HOUR), (12 * HOUR, DAY)):
        add("container_cpu_usage_seconds_total", labels, counter(lambda t: 0.5, begin, end, -20, start=0.5 * begin))
        add("container_memory_working_set_bytes", labels,
            gauge(lambda t: float("nan") if 20 * HOUR <= t < 21 * HOUR else 300 * MIB, begin, end, -20))


def old():
    """A kubelet before 1.16."""
    labels = {"namespace": "shop", "pod_name": "old-0", "container_name": "app", "id": "/kubepods/podg/1", "instance": "n:4194", "job": "cadvisor"}
    usage(labels, lambda t: 0.4, lambda t: 100 * MIB)
    usage({**labels, "container_name": "POD", "id": "/kubepods/podg/2"}, lambda t: 0.001, lambda t: MIB)


def several():
    """Twenty pods of one workload, of which one is busy; and a pod that lived for ten minutes at four cores."""
    for i in range(20):
        busy = 2.0 if i == 7 else 0.2
        usage(container(f"fleet-{i}", "app", f"h{i}"), lambda t, busy=busy: busy, lambda t, i=i: (100 + i) * MIB)
    usage(container("fleet-20", "app", "h20"), lambda t: 4.0, lambda t: 100 * MIB, 3 * HOUR, 3 * HOUR + 600)


def sparse():
    """Scraped every five minutes."""
    labels = container("rare-0", "app", "s", namespace="sparse")
    add("container_cpu_usage_seconds_total", labels, counter(lambda t: 0.75)[::5])
    add("container_memory_working_set_bytes", labels, gauge(lambda t: 64 * MIB)[::5])


def metronome():
    """A minute of two cores in each five, always at the same time: it must be seen whichever minute it is."""
    for k in range(5):
        labels = container(f"beat{k}-0", "app", f"m{k}", namespace="phase")
        add("container_cpu_usage_seconds_total", labels, counter(lambda t, k=k: 2.0 if t // STEP % 5 == k else 0.05, offset=7))


def nightly():
    """An hour of work a day, and ten minutes more: less than a twentieth of the time."""
    usage(container("report-0", "app", "n0"), lambda t: 1.5 if 3 * HOUR <= t < 3 * HOUR + 4200 else 0.05, lambda t: 100 * MIB)


def nodes():
    exporter = {"instance": "10.0.0.7:9100", "job": "node"}
    add("node_uname_info", {**exporter, "nodename": "node-1"}, gauge(lambda t: 1))
    add("node_pressure_memory_waiting_seconds_total", exporter, counter(lambda t: 0.01))
    add("node_pressure_cpu_waiting_seconds_total", exporter, counter(lambda t: 0.2))
    for path, cpu, memory in (("/", 3.0, 4096), ("/system.slice", 0.2, 600), ("/kubepods.slice", 2.5, 3000)):
        usage({"id": path, "instance": "10.0.0.7:10250", "job": "kubelet", "metrics_path": "/metrics/cadvisor", "node": "node-1"},
              lambda t, cpu=cpu: cpu, lambda t, memory=memory: memory * MIB)


def stranger():
    usage(container("unknown-0", "app", "z", namespace="elsewhere"), lambda t: 9.0, lambda t: MIB)
    usage(container("nobody-0", "app", "y"), lambda t: 9.0, lambda t: MIB)


for shape in (steady, bursty, killed, broken, old, several, sparse, metronome, nightly, nodes, stranger):
    shape()
for name, family in sorted(series.items()):
    kind = "counter" if name.endswith("_total") else "gauge"
    print(f"# TYPE {name[:-6] if kind == 'counter' else name} {kind}")
    for labels, samples in sorted(family.items()):
        for time, value in samples:
            print(f"{name}{{{labels}}} {value:.10g} {time}")
print("# EOF")
