"""A Keystone that was set up once for each virtual environment, and is copied at each start."""

import fcntl
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys

from cryptography.fernet import Fernet

from . import keystone, settings

REGION = "RegionOne"
# Whoever changes what is set up here changes this, too.
FORM = 2
SERVICES = {
    "identity": "keystone",
    "container-infra": "magnum",
    "compute": "nova",
    "orchestration": "heat",
    "image": "glance",
    "network": "neutron",
}


def copy_to(folder, public, inside):
    """Fills the folder with a Keystone whose catalog holds these URLs; returns what the template knows."""
    source = made()
    shutil.copytree(source, folder, dirs_exist_ok=True)
    settings.write_keystone(folder)
    with sqlite3.connect(os.path.join(folder, "keystone.db")) as database:
        for service in SERVICES:
            for interface, urls in (("public", public), ("internal", inside)):
                database.execute(
                    "update endpoint set url = ? where interface = ? and service_id = "
                    "(select id from service where type = ?)",
                    (urls[service], interface, service),
                )
    with open(os.path.join(folder, "facts.json"), encoding="utf-8") as file:
        return json.load(file)


def made():
    """The folder of the template, made now if it is not there yet; several processes may start at once."""
    home = os.path.join(sys.prefix, f"keystone-template-{FORM}")
    with open(home + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(home):
            making = home + ".making"
            shutil.rmtree(making, ignore_errors=True)
            os.makedirs(making)
            make(making)
            # Last: a set-up that broke off leaves none.
            os.rename(making, home)
    return home


def make(folder):
    facts = {"admin_password": secrets.token_urlsafe(16), "magnum_password": secrets.token_urlsafe(16)}
    for keys in ("fernet-keys", "credential-keys"):
        make_keys(os.path.join(folder, keys))
    config = settings.write_keystone(folder)
    manage = [os.path.join(sys.prefix, "bin", "keystone-manage"), "--config-file", config]
    run([*manage, "db_sync"])
    run([*manage, "bootstrap", "--bootstrap-region-id", REGION], OS_BOOTSTRAP_PASSWORD=facts["admin_password"])
    process, url = keystone.spawn(folder)
    try:
        fill(keystone.Identity(f"{url}/v3", facts["admin_password"]), facts)
    finally:
        process.stdin.close()
        process.wait()
    with open(os.path.join(folder, "facts.json"), "w", encoding="utf-8") as file:
        json.dump(facts, file)


def make_keys(folder):
    """A staged and a primary key, as `keystone-manage fernet_setup` writes them, which wants to know its user."""
    os.makedirs(folder, mode=0o700)
    for name in ("0", "1"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(Fernet.generate_key())


def run(command, **extra):
    done = subprocess.run(command, env=os.environ | extra, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:1] + command[3:])} failed: {done.stdout}{done.stderr}")


def fill(identity, facts):
    """The account of Magnum, and the services with endpoints whose URLs each start writes."""
    service = identity.create_project("service")
    user = identity.create_user("magnum", facts["magnum_password"])
    for role in ("admin", "service"):
        identity.grant(service, user, role)
    for kind, name in SERVICES.items():
        made = identity.call("POST", "/services", {"service": {"type": kind, "name": name}})["service"]["id"]
        for interface in ("public", "internal"):
            endpoint = {"service_id": made, "interface": interface, "url": "http://127.0.0.1/", "region_id": REGION}
            identity.call("POST", "/endpoints", {"endpoint": endpoint})
