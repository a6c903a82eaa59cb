"""The process of Keystone: a folder with keystone.conf is its argument. Both services have one global configuration.

Prints `PORT=n` once it listens on 127.0.0.1, and exits when its standard input ends.
"""

import os
import sys
import threading

from emulator import environment
from emulator.front import QuietHandler

environment.clean()


def exit_when_input_ends():
    # Below Python's own reader, whose lock a failing start would wait for.
    while os.read(0, 4096):
        pass
    os._exit(0)


def main():
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = os.path.join(sys.argv[1], "keystone.conf")
    sys.argv[1:] = []
    threading.Thread(target=exit_when_input_ends, daemon=True).start()
    from keystone.wsgi.api import application
    from werkzeug.serving import make_server

    # One request at a time: sqlite refuses the second of two threads that have read before they write.
    server = make_server("127.0.0.1", 0, application, request_handler=QuietHandler)
    print(f"PORT={server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
