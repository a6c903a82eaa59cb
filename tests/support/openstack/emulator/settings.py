"""The configuration files of both services, and where each service is reached."""

import os
import sys

KEYSTONE = """
[DEFAULT]
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
sqlite_synchronous = false
[fernet_tokens]
key_repository = {folder}/fernet-keys
[fernet_receipts]
key_repository = {folder}/fernet-keys
[credential]
key_repository = {folder}/credential-keys
[token]
provider = fernet
[cache]
# Without it, each request takes two hundred queries.
enabled = true
backend = oslo_cache.dict
[identity]
# The least that bcrypt takes: users are made for each test.
password_hash_rounds = 4
"""

MAGNUM = """
[DEFAULT]
host = 127.0.0.1
transport_url = fake://
log_file = {folder}/magnum.log
state_path = {folder}
[api]
api_paste_config = {paste}
[database]
connection = sqlite:///{folder}/magnum.db
sqlite_synchronous = false
[certificates]
cert_manager_type = x509keypair
[oslo_messaging_notifications]
driver = noop
[oslo_concurrency]
lock_path = {folder}
# What Magnum itself wants of Nova, Glance and Neutron is none of the calls a test looks at.
[nova_client]
endpoint_type = internalURL
[glance_client]
endpoint_type = internalURL
[neutron_client]
endpoint_type = internalURL
[keystone_auth]
{account}
[keystone_authtoken]
{account}
www_authenticate_uri = {public_auth_url}
# Without it, credentials with access rules are refused.
service_type = container-infra
"""

ACCOUNT = """auth_type = password
auth_url = {auth_url}
username = magnum
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default"""


def public_endpoints(urls):
    return {
        "identity": f"{urls['identity']}/v3",
        "container-infra": f"{urls['container-infra']}/v1",
        "compute": f"{urls['compute']}/v2.1",
        # Keystone puts the project there.
        "orchestration": f"{urls['orchestration']}/v1/$(project_id)s",
        "image": f"{urls['inside']}/image",
        "network": f"{urls['inside']}/network",
    }


def inside_endpoints(urls):
    return {
        "identity": f"{urls['identity']}/v3",
        "container-infra": f"{urls['container-infra']}/v1",
        "compute": f"{urls['inside']}/compute/v2.1",
        "orchestration": f"{urls['orchestration']}/v1/$(project_id)s",
        "image": f"{urls['inside']}/image",
        "network": f"{urls['inside']}/network",
    }


def write_keystone(folder):
    return write(folder, "keystone.conf", KEYSTONE.format(folder=folder))


def write_magnum(folder, auth_url, public_auth_url, password):
    account = ACCOUNT.format(auth_url=auth_url, password=password)
    paste = os.path.join(sys.prefix, "etc", "magnum", "api-paste.ini")
    text = MAGNUM.format(folder=folder, account=account, public_auth_url=public_auth_url, paste=paste)
    return write(folder, "magnum.conf", text)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
