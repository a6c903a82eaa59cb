"""Magnum's API and its conductor in this process, so that they need no message broker between them."""

import contextlib
import os
import sqlite3
import threading

from . import conductor


def load(folder):
    """Starts the conductor; returns the application of the API."""
    from magnum.api import app
    from magnum.common import rpc_service, service
    from magnum.conductor.handlers import ca_conductor, cluster_conductor, conductor_listener, credential_conductor
    from magnum.conductor.handlers import federation_conductor, indirection_api, nodegroup_conductor
    from magnum.db.sqlalchemy import api as database
    from magnum.db.sqlalchemy import models
    from magnum import conf
    from oslo_db.sqlalchemy import enginefacade

    service.prepare_service(["magnum", "--config-file", os.path.join(folder, "magnum.conf")])
    # The migrations stop on sqlite.
    models.Base.metadata.create_all(enginefacade.writer.get_engine())
    with sqlite3.connect(os.path.join(folder, "magnum.db")) as connection:
        # So that who reads stops nobody who writes.
        connection.execute("PRAGMA journal_mode = WAL")
    database._session_for_write = one_at_a_time(database._session_for_write)
    conductor.put_in_order(rpc_service.API, cluster_conductor.Handler, nodegroup_conductor.Handler)
    # The handlers that magnum/cmd/conductor.py lists.
    handlers = [
        indirection_api.Handler(),
        cluster_conductor.Handler(),
        conductor_listener.Handler(),
        credential_conductor.Handler(),
        ca_conductor.Handler(),
        federation_conductor.Handler(),
        nodegroup_conductor.Handler(),
    ]
    topic = conf.CONF.conductor.topic
    rpc_service.Service.create(topic, "conductor", handlers, "magnum-conductor").start()
    return app.load_app()


def one_at_a_time(session_for_write):
    """Writing sessions in turn: sqlite refuses the second of two that have read before they write."""
    lock = threading.RLock()

    @contextlib.contextmanager
    def session():
        with lock, session_for_write() as it:
            yield it

    return session


def with_tokens(application, service_type, public):
    """The application behind the check of tokens that OpenStack's services have; not so the public paths."""
    from keystonemiddleware.auth_token import AuthProtocol

    checked = AuthProtocol(application, {"service_type": service_type})

    def either(environ, start_response):
        chosen = application if environ["PATH_INFO"].rstrip("/") in public else checked
        return chosen(environ, start_response)

    return either
