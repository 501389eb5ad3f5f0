"""nginx before the api, with what ingress-nginx sets where nobody says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import httpx

from tests.cluster.control_plane import START_S, Part, steady_port
from tests.node.addresses import MACHINE

IDLE_S: Final = 60
"""Its limit for a socket on which nothing comes: ingress-nginx's default."""


class Route:
    """One path of one host, to one address."""

    def __init__(self, folder: Path, path: str, target: str) -> None:
        """`path`: such as `/backend`; `target`: an http address of the api."""
        port = steady_port()
        self.url = f"http://{MACHINE}:{port}{path}"
        folder.mkdir()
        (folder / "nginx.conf").write_text(f"""
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{
    listen {MACHINE}:{port};
    client_max_body_size 1m;
    location {path}/ {{
      proxy_pass {target};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_read_timeout {IDLE_S}s;
      proxy_send_timeout {IDLE_S}s;
    }}
  }}
}}
""")
        self._nginx = Part(
            "nginx",
            ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"],
            folder / "nginx.log",
            program=Path("/usr/sbin/nginx"),
        )
        self.log = self._nginx.log

    def start(self) -> None:
        """Start it; return when it answers. Raises NotStarted."""
        self._nginx.start()
        self._nginx.wait(self._answers, START_S)

    def stop(self) -> None:
        """End it."""
        self._nginx.kill()

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url, trust_env=False).status_code < httpx.codes.INTERNAL_SERVER_ERROR
        except httpx.HTTPError:
            return False
