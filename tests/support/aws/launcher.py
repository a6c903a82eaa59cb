"""Starts the AWS that the tests talk to: moto, mended, with an admin API.

Prints `PORT=n` once it listens on 127.0.0.1, and exits when its standard input
ends, so that it never outlives the test process that holds the other end.
"""

import os
import sys
import threading

# 1,300 images in each region of each account, searched at each launch; read when moto is imported.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from emulator import activities, capacity, images, instance_refreshes, instance_status, instance_types, instances
from emulator import launch_instances, launch_templates, placements, reservations, scaling_policies
from emulator import scheduled_actions, set_up_changes, spot, warm_pools
from emulator.gateway import Gateway


class QuietHandler(MotoRequestHandler):
    """The call log is asked for over the admin API; standard error stays free for tracebacks."""

    def log_request(self, code="-", size="-"):
        pass


def exit_when_input_ends():
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main():
    mended = (activities, capacity, images, instance_refreshes, instance_status, instance_types, instances)
    mended += (launch_instances, launch_templates, placements, scaling_policies, scheduled_actions, spot, warm_pools)
    mended += (reservations, set_up_changes)
    for module in mended:
        module.install()
    gateway = Gateway(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, gateway, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=exit_when_input_ends, daemon=True).start()
    print(f"PORT={server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
