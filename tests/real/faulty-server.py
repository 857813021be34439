#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that speaks the language of Prometheus and has a fault, which the first part of the path names:
    faulty-server.py LOG [CERT KEY [CLIENT_CA]]
prints its port; a line of LOG for each request: METHOD PATH Authorization X-Scope-OrgID, and the expression."""
import gzip
import json
import socketserver
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

LOG = open(sys.argv[1], "a", buffering=1)
LABELS = {"namespace": "shop", "pod": "web-6d4cf56db6-abcde", "container": "app"}
asked = {}


def good(path, fields):
    if path.endswith("/buildinfo"):
        return {"version": "2.42.0"}
    if path.endswith("/__name__/values"):
        return ["container_memory_working_set_bytes"]
    if path.endswith("/cluster/values"):
        return ["live", "test"]
    if path.endswith("/values"):
        return ["shop"]
    if path.endswith("/labels"):
        return ["__name__", "namespace", "pod"] + ["container"] * ("/no-container/" not in path) + ["cluster"] * path.startswith("/clusters/")
    if path.endswith("/query_range"):
        begin, end = (float(fields[key][0]) for key in ("start", "end"))
        step = float(fields["step"][0])
        values = [[begin + i * step, "1e6"] for i in range(int((end - begin) / step) + 1)]
        return {"resultType": "matrix", "result": [{"metric": LABELS, "values": values}]}
    expression = fields["query"][0]
    value = "100" if "count_over_time" in expression else fields["time"][0] if "timestamp" in expression else "1e6"
    return {"resultType": "vector", "result": [{"metric": LABELS, "value": [float(fields["time"][0]), value]}]}


def seconds(expression):
    """The longest range in it."""
    return max([int(part.split("s")[0]) for part in expression.split("[")[1:] if part.split("s")[0].isdigit()] or [0])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536    # heads and bodies in one packet

    def log_message(self, *arguments):
        pass

    def send(self, status, body, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def error(self, status, kind, text, **headers):
        self.send(status, json.dumps({"status": "error", "errorType": kind, "error": text}).encode(), **headers)

    def endless(self, beginning, more):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(beginning)
        for _ in range(100000):
            self.wfile.write(more)

    def answer(self, fields):
        url = urlsplit(self.path)
        fault, path = url.path.split("/")[1], url.path
        fields = fields or parse_qs(url.query)
        expression = fields.get("query", [""])[0]
        print(self.command, url.path, self.headers.get("Authorization", "-"), self.headers.get("X-Scope-OrgID", "-"), expression, file=LOG)
        asked[fault] = asked.get(fault, 0) + 1
        body = json.dumps({"status": "success", "data": good(path, fields)}).encode()
        query = "/query" in path
        if fault == "slow":
            time.sleep(8)
        elif fault == "slow-query" and query:
            time.sleep(3)
        elif fault == "401":
            return self.error(401, "unauthorized", "who are you")
        elif fault == "login":
            return self.send(200, b"<html>Please log in</html>", "text/html")
        elif fault == "500-twice" and asked[fault] <= 2:
            return self.send(500, b"oops", "text/plain")
        elif fault == "500":
            return self.send(500, b"oops", "text/plain")
        elif fault == "429" and asked[fault] == 1:
            return self.error(429, "too_many_requests", "slow down", Retry_After="1")
        elif fault == "422" and query:
            return self.error(422, "execution", "multiple matches for labels")
        elif fault == "too-many" and query and seconds(expression) > 7200:
            return self.error(422, "execution", "query processing would load too many samples into memory in query execution")
        elif fault == "always-too-many" and query:
            return self.error(422, "execution", "query processing would load too many samples into memory in query execution")
        elif fault == "times-out" and query and seconds(expression) > 7200:
            return self.error(503, "timeout", "query timed out in expression evaluation")
        elif fault == "truncated" and query:
            self.close_connection = True
            return self.send(200, body[:-20], Content_Length=str(len(body)))
        elif fault == "truncated-unseen" and query:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            return self.wfile.write(body[:-20])
        elif fault == "broken-once" and query and asked[fault] == 6:
            self.close_connection = True
            return self.send(200, body[:-20], Content_Length=str(len(body)))
        elif fault == "garbage" and query:
            return self.send(200, b'{"status":"success","data":{"result":[' + b"\x00\xff" * 100)
        elif fault == "endless" and query:
            return self.endless(b'{"status":"success","data":{"result":[{"metric":{},"values":[[1,"1"]', b',[1,"1"]' * 10000)
        elif fault == "endless-text" and query:
            return self.endless(b'{"status":"success","data":{"result":[{"metric":{"a":"', b"x" * 65536)
        elif fault == "no-post" and self.command == "POST":
            return self.send(405, b"", "text/plain")
        elif fault == "no-info" and not query:
            return self.send(404, b"404 page not found", "text/plain")
        elif fault == "elsewhere":
            return self.send(302, b"", Location="http://user:hunter2@metrics.invalid:8080/login?token=hunter2")
        elif fault == "other-port":
            return self.send(307, b"", Location="http://127.0.0.1:1/")
        elif fault == "round":
            return self.send(307, b"", Location=self.path)
        elif fault == "moved":
            return self.send(307, b"", Location=self.path.replace("/moved/", "/gzip/"))
        elif fault == "gzip":
            return self.send(200, gzip.compress(body), Content_Encoding="gzip")
        elif fault == "bomb" and query:
            return self.send(200, gzip.compress(b'{"status":"success","data":{"result":[' + b" " * (1200 << 20), 1), Content_Encoding="gzip")
        elif fault == "nan" and query:
            body = body.replace(b'"1e6"', b'"NaN"')
        elif fault == "hostile" and query:
            body = body.replace(b'"1e6"', b'"-5"').replace(b'"web-', b'"\\u001b[31m=cmd()-')
        self.send(200, body)

    def do_GET(self):
        self.answer(None)

    def do_POST(self):
        self.answer(parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


with Server(("127.0.0.1", 0), Handler) as server:
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        if len(sys.argv) > 4:
            context.load_verify_locations(sys.argv[4])
            context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()
