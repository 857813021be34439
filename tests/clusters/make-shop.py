#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes shop/dump.json from shop/manifests/: as kubectl get … -o json has it, with what a running cluster adds."""
import copy
import glob
import json
import os
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
HASHES = {"front": "6d4cf56db6", "cart": "5c689d88bb", "mailer": "79d8b7c9f4"}
SUFFIXES = ["bq7xz", "d4kwn", "gh2vt", "j8rml", "nz5cp", "x6tfs"]
NODES = ["node-1", "node-2", "node-3", "node-4"]


def fields(manager):
    return [{"apiVersion": "apps/v1", "fieldsType": "FieldsV1", "manager": manager, "operation": "Update",
             "time": "2026-11-01T09:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}}}]


def node(name, index):
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "uid": f"00000000-0000-4000-8000-00000000010{index}", "managedFields": fields("kubelet"),
                         "labels": {"kubernetes.io/hostname": name, "node.kubernetes.io/instance-type": "example.xlarge",
                                    "topology.kubernetes.io/zone": "ab"[index % 2]}},
            "spec": {"podCIDR": f"10.0.{index}.0/24"},
            "status": {"allocatable": {"cpu": "7800m", "ephemeral-storage": "94Gi", "memory": "30Gi", "pods": "110"},
                       "capacity": {"cpu": "8", "ephemeral-storage": "100Gi", "memory": "32Gi", "pods": "110"},
                       "conditions": [{"type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory",
                                       "message": "kubelet has sufficient memory available"},
                                      {"type": "Ready", "status": "True", "reason": "KubeletReady"}],
                       "images": [{"names": [f"registry.example/image-{i}@sha256:{i:064x}"], "sizeBytes": 10**8 + i} for i in range(5)],
                       "nodeInfo": {"containerRuntimeVersion": "containerd://2.1.4", "kernelVersion": "6.12.48",
                                    "kubeletVersion": "v1.34.1", "osImage": "Debian GNU/Linux 13 (trixie)"}}}


def pod(workload, name, owner_kind, owner_name, node_name, **more):
    template = workload["spec"]["jobTemplate"]["spec"]["template"] if workload["kind"] == "CronJob" else workload["spec"]["template"]
    spec = copy.deepcopy(template["spec"])
    metadata = copy.deepcopy(template["metadata"])
    metadata.update({"name": name, "namespace": workload["metadata"]["namespace"], "uid": f"uid-of-{name}",
                     "creationTimestamp": "2026-11-02T08:00:00Z", "managedFields": fields("kube-controller-manager"),
                     "ownerReferences": [{"apiVersion": "apps/v1", "blockOwnerDeletion": True, "controller": True,
                                          "kind": owner_kind, "name": owner_name, "uid": f"uid-of-{owner_name}"}]})
    if owner_kind == "ReplicaSet":
        metadata["labels"]["pod-template-hash"] = owner_name.rsplit("-", 1)[1]
    if workload["metadata"]["name"] == "mailer":
        spec["overhead"] = {"cpu": "250m", "memory": "120Mi"}
        spec["containers"][0]["resources"] = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
    spec["nodeName"] = node_name
    spec["volumes"] = spec.get("volumes", []) + [{"name": "kube-api-access", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]
    restarts = more.get("restarts", 0)
    statuses = []
    for container in spec["containers"]:
        status = {"name": container["name"], "ready": True, "restartCount": 0, "image": container["image"], "lastState": {},
                  "state": {"running": {"startedAt": "2026-11-02T08:00:10Z"}}}
        if restarts and container["name"] == "app":
            status["restartCount"] = restarts
            status["lastState"] = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": "2026-11-20T10:00:00Z",
                                                  "finishedAt": "2026-11-21T11:30:00Z"}}
        statuses.append(status)
    whole = all(c.get("resources", {}).get("limits", {}).get("cpu") == c.get("resources", {}).get("requests", {}).get("cpu", "") and
                c.get("resources", {}).get("limits", {}).get("memory") == c.get("resources", {}).get("requests", {}).get("memory", "")
                for c in spec["containers"] + spec.get("initContainers", []))
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
            "status": {"phase": more.get("phase", "Running"), "qosClass": "Guaranteed" if whole else "Burstable",
                       "startTime": more.get("start", "2026-11-02T08:00:05Z"), "containerStatuses": statuses,
                       "conditions": [{"type": "Ready", "status": "True"}], "podIP": "10.0.0.9"}}


def replica_set(workload):
    name = f"{workload['metadata']['name']}-{HASHES[workload['metadata']['name']]}"
    made = {"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": name, "namespace": workload["metadata"]["namespace"],
                         "ownerReferences": [{"apiVersion": "apps/v1", "controller": True, "kind": "Deployment",
                                              "name": workload["metadata"]["name"], "uid": "u"}]},
            "spec": {"replicas": workload["spec"]["replicas"], "selector": workload["spec"]["selector"],
                     "template": copy.deepcopy(workload["spec"]["template"])},
            "status": {"replicas": workload["spec"]["replicas"], "readyReplicas": workload["spec"]["replicas"]}}
    return name, made


def running(workload):
    """The objects that controllers make of a workload."""
    name, count = workload["metadata"]["name"], workload.get("spec", {}).get("replicas", 0)
    if workload["kind"] == "Deployment":
        owner, made = replica_set(workload)
        yield made
        for i in range(count):
            yield pod(workload, f"{owner}-{SUFFIXES[i]}", "ReplicaSet", owner, NODES[i % 4], restarts=4 if name == "cart" and i == 1 else 0)
    elif workload["kind"] == "StatefulSet":
        for i in range(count):
            yield pod(workload, f"{name}-{i}", "StatefulSet", name, NODES[i])
    elif workload["kind"] == "DaemonSet":
        for i, node_name in enumerate(NODES):
            yield pod(workload, f"{name}-{SUFFIXES[i]}", "DaemonSet", name, node_name)
    elif workload["kind"] == "CronJob":
        for minute, day in ((29385060, 20), (29386500, 21)):
            yield pod(workload, f"{name}-{minute}-{SUFFIXES[day - 20]}", "Job", f"{name}-{minute}", NODES[3], phase="Succeeded",
                      start=f"2026-11-{day}T02:30:00Z")


STATUS = {
    "HorizontalPodAutoscaler": {"currentReplicas": 6, "desiredReplicas": 6, "currentMetrics": [
        {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 12, "averageValue": "120m"}}}]},
    "VerticalPodAutoscaler": {"recommendation": {"containerRecommendations": [
        {"containerName": "app", "target": {"cpu": "320m", "memory": "1610612736"}, "lowerBound": {"cpu": "210m", "memory": "1Gi"},
         "upperBound": {"cpu": "900m", "memory": "3Gi"}, "uncappedTarget": {"cpu": "320m", "memory": "1610612736"}}]}},
    "ResourceQuota": {"hard": {"requests.cpu": "20", "pods": "60"}, "used": {"requests.cpu": "8500m", "requests.memory": "15Gi", "pods": "11"}},
    "PodDisruptionBudget": {"disruptionsAllowed": 2, "currentHealthy": 6, "desiredHealthy": 3, "expectedPods": 6},
}


def main():
    objects = []
    for path in sorted(glob.glob(os.path.join(HERE, "shop/manifests/*.yaml"))):
        with open(path, encoding="utf-8") as file:
            objects += [document for document in yaml.safe_load_all(file) if document]
    items = [node(name, i) for i, name in enumerate(NODES, 1)]
    for item in objects:
        item["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(item)
        item["metadata"]["managedFields"] = fields("kubectl-client-side-apply")
        if item["kind"] in STATUS:
            item["status"] = STATUS[item["kind"]]
        if item["kind"] in ("Deployment", "StatefulSet"):
            item["status"] = {"replicas": item["spec"]["replicas"], "readyReplicas": item["spec"]["replicas"]}
        if item["kind"] == "DaemonSet":
            item["status"] = {"desiredNumberScheduled": 4, "numberReady": 4}
        items.append(item)
        items += running(item)
    order = ["Pod", "Service", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]
    items.sort(key=lambda item: order.index(item["kind"]) if item["kind"] in order else len(order))
    with open(os.path.join(HERE, "shop/dump.json"), "w", encoding="utf-8") as out:
        json.dump({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}, out, indent=4, sort_keys=True)
        out.write("\n")


main()
