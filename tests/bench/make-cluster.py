#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-cluster.py PODS > dump.json: a synthetic `kubectl get … -o json`, about 28 KB a pod, with what real dumps are full of."""
import json
import sys

TEMPLATES = 50
CONTAINERS = ["app", "proxy"]


def field_set(path, depth):
    """managedFields: a tree as deep as what it owns."""
    fields = {f"f:{name}": {} for name in ("name", "image", "imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy")}
    fields["f:env"] = {f'k:{{"name":"{path}_{i}"}}': {".": {}, "f:name": {}, "f:value": {}} for i in range(depth)}
    fields["f:resources"] = {".": {}, "f:limits": {".": {}, "f:cpu": {}, "f:memory": {}}, "f:requests": {".": {}, "f:cpu": {}, "f:memory": {}}}
    fields["f:volumeMounts"] = {f'k:{{"mountPath":"/var/{path}/{i}"}}': {".": {}, "f:mountPath": {}, "f:name": {}, "f:readOnly": {}} for i in range(4)}
    return fields


def container(name, number):
    env = [{"name": f"{name.upper().replace('-', '_')}_{i}", "value": f"https://service-{i}.shop.svc.cluster.local:8443/v1/{number}"} for i in range(5)]
    env.append({"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}})
    return {"name": name, "image": f"registry.example/{name}:1.{number}", "imagePullPolicy": "IfNotPresent", "env": env,
            "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
            "livenessProbe": {"failureThreshold": 3, "httpGet": {"path": "/health", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10,
                              "successThreshold": 1, "timeoutSeconds": 1},
            "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": f"{100 + number}m", "memory": "256Mi"}},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "volumeMounts": [{"mountPath": f"/var/{name}/{i}", "name": f"volume-{i}", "readOnly": True} for i in range(4)]}


def pod(number):
    containers = [container(name, number) for name in CONTAINERS]
    labels = {"app.kubernetes.io/name": f"web-{number}", "app.kubernetes.io/part-of": "shop", "pod-template-hash": "6d4cf56db6", "team": f"team-{number % 7}"}
    managed = [{"apiVersion": "v1", "fieldsType": "FieldsV1", "manager": "kube-controller-manager", "operation": "Update", "time": "2026-11-01T09:00:00Z",
                "fieldsV1": {"f:metadata": {"f:labels": {f"f:{key}": {} for key in labels}},
                             "f:spec": {"f:containers": {f'k:{{"name":"{name}"}}': field_set(name, 5) for name in CONTAINERS}}}},
               {"apiVersion": "v1", "fieldsType": "FieldsV1", "manager": "kubelet", "operation": "Update", "subresource": "status",
                "time": "2026-11-01T09:00:30Z", "fieldsV1": {"f:status": {"f:conditions": {f'k:{{"type":"{kind}"}}': {".": {}, "f:status": {}, "f:type": {}}
                                                                                        for kind in ("ContainersReady", "Initialized", "Ready")}}}}]
    conditions = [{"lastProbeTime": None, "lastTransitionTime": "2026-11-01T09:00:30Z", "status": "True", "type": kind}
                  for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
    statuses = [{"containerID": "containerd://" + f"{number:064x}", "image": f"registry.example/{name}:1.{number}",
                 "imageID": f"registry.example/{name}@sha256:" + f"{number:064x}", "lastState": {}, "name": name, "ready": True, "restartCount": 0,
                 "started": True, "state": {"running": {"startedAt": "2026-11-01T09:00:29Z"}}} for name in CONTAINERS]
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"annotations": {"checksum/config": f"{number:064x}", "prometheus.io/scrape": "true"}, "creationTimestamp": "2026-11-01T09:00:00Z",
                         "generateName": f"web-{number}-6d4cf56db6-", "labels": labels, "managedFields": managed,
                         "name": "@POD@", "namespace": "@NAMESPACE@",
                         "ownerReferences": [{"apiVersion": "apps/v1", "blockOwnerDeletion": True, "controller": True, "kind": "ReplicaSet",
                                              "name": "@WEB@-6d4cf56db6", "uid": "2f1b7c1e-0000-4000-8000-000000000001"}],
                         "resourceVersion": "123456789", "uid": "@UID@"},
            "spec": {"containers": containers, "dnsPolicy": "ClusterFirst", "enableServiceLinks": True, "nodeName": "@NODE@", "priority": 0,
                     "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": {"fsGroup": 1000},
                     "serviceAccount": "web", "serviceAccountName": "web", "terminationGracePeriodSeconds": 30,
                     "tolerations": [{"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}],
                     "volumes": [{"name": f"volume-{i}", "projected": {"defaultMode": 420, "sources": [
                         {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                         {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}}]}} for i in range(4)]},
            "status": {"conditions": conditions, "containerStatuses": statuses, "hostIP": "10.1.2.3", "phase": "Running", "podIP": "10.0.0.1",
                       "podIPs": [{"ip": "10.0.0.1"}], "qosClass": "Burstable", "startTime": "2026-11-01T09:00:01Z"}}


def indented(value):
    return "\n".join("        " + line for line in json.dumps(value, indent=4, sort_keys=True).split("\n"))


def main():
    pods = int(sys.argv[1])
    templates = [indented(pod(i)) for i in range(TEMPLATES)]
    out = sys.stdout
    out.write('{\n    "apiVersion": "v1",\n    "items": [\n')
    for i in range(pods):
        workload = i // 10
        text = templates[workload % TEMPLATES]
        for key, value in (("@POD@", f"web-{workload}-6d4cf56db6-{i:05x}"), ("@NAMESPACE@", f"team-{workload % 40}"), ("@WEB@", f"web-{workload}"),
                           ("@UID@", f"2f1b7c1e-0000-4000-8000-{i:012x}"), ("@NODE@", f"node-{i % 500}")):
            text = text.replace(key, value)
        out.write(text + (",\n" if i + 1 < pods else "\n"))
    out.write('    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n')


main()
