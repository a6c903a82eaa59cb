"""Starts the OpenStack that the tests talk to: genuine Keystone and Magnum; Nova, Heat and machines are pretended.

By hand: VENV/bin/python -B launcher.py (a venv with requirements.txt), and keep its standard input open; the JSON
line it prints has auth_url, endpoints, one project with its users, and `admin`: see emulator/admin.py for its verbs.

It exits when its standard input ends, so that it never outlives the test process that holds the other end.
"""

import json
import os
import shutil
import tempfile
import threading

from emulator import environment

environment.clean()

from emulator import admin, conductor, heat, keystone, magnum_service, nova, settings, template, world
from emulator.front import forward_to, listen, serve
from emulator.gateway import Gateway


def exit_when_input_ends(folder):
    # Below Python's own reader, whose lock a failing start would wait for.
    while os.read(0, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main():
    folder = tempfile.mkdtemp(prefix="openstack-")
    threading.Thread(target=exit_when_input_ends, args=[folder], daemon=True).start()
    try:
        facts = start(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    print(json.dumps(facts), flush=True)
    threading.Event().wait()


def start(folder):
    sockets = {name: listen() for name in ("identity", "container-infra", "compute", "orchestration", "inside", "admin")}
    urls = {name: f"http://127.0.0.1:{socket.getsockname()[1]}" for name, socket in sockets.items()}
    endpoints = settings.public_endpoints(urls)
    facts = template.copy_to(folder, endpoints, settings.inside_endpoints(urls))
    keystone_url = keystone.start(folder)
    world.IDENTITY = keystone.Identity(f"{keystone_url}/v3", facts["admin_password"])
    settings.write_magnum(folder, f"{keystone_url}/v3", endpoints["identity"], facts["magnum_password"])
    magnum = magnum_service.load(folder)
    compute = magnum_service.with_tokens(nova.compute, "compute", nova.PUBLIC)
    serve(sockets["identity"], Gateway("identity", forward_to(keystone_url)))
    serve(sockets["container-infra"], Gateway("container-infra", magnum))
    orchestration = magnum_service.with_tokens(heat.orchestration, "orchestration", ())
    serve(sockets["compute"], Gateway("compute", compute))
    serve(sockets["orchestration"], Gateway("orchestration", orchestration))
    serve(sockets["inside"], nova.inside)
    serve(sockets["admin"], admin.application)
    conductor.start()
    project = world.create_project()
    return {
        "auth_url": endpoints["identity"],
        "endpoints": endpoints,
        "region": template.REGION,
        "admin": urls["admin"],
        "project": project.shape(),
    }


if __name__ == "__main__":
    main()
