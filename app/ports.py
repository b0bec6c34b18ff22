"""Whether a port can be had, asked before anything stands that would have to be taken down again."""

import socket


def is_free(host: str, port: int) -> bool:
    """Whether this port can be listened on now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
