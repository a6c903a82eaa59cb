"""Servers on 127.0.0.1, each at a port that the system chose, and the way to the one in another process."""

import http.client
import socket
import threading

from werkzeug.serving import WSGIRequestHandler, make_server

# Headers of one connection, not of the message.
OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "server", "date", "content-length"}


class QuietHandler(WSGIRequestHandler):
    """The call log is asked for over the admin API; standard error stays free for tracebacks."""

    def log_request(self, code="-", size="-"):
        pass


def listen():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def serve(listener, application):
    host, port = listener.getsockname()
    server = make_server(
        host, port, application, threaded=True, request_handler=QuietHandler, fd=listener.detach()
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()


def forward_to(url):
    """An application that lets the server at `url` answer."""
    address = url.removeprefix("http://")

    def application(environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        connection = http.client.HTTPConnection(address, timeout=60)
        try:
            connection.request(environ["REQUEST_METHOD"], path, body, headers_of(environ))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in OF_THE_CONNECTION]
        start_response(f"{answer.status} {answer.reason}", [*headers, ("Content-Length", str(len(content)))])
        return [content]

    return application


def headers_of(environ):
    # Host stays the one that the client used: Keystone writes it into its links.
    sent = {key[5:].replace("_", "-").title(): value for key, value in environ.items() if key.startswith("HTTP_")}
    sent.pop("Connection", None)
    if environ.get("CONTENT_TYPE"):
        sent["Content-Type"] = environ["CONTENT_TYPE"]
    return sent
