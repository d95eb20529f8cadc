import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[2] / "postgres_service.py"
_SPEC = importlib.util.spec_from_file_location("postgres_service", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_SERVICE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SERVICE)

service_loop = _SERVICE.service_loop
postgres_passwords = _SERVICE.postgres_passwords
postgres_server = _SERVICE.postgres_server
store_settings = _SERVICE.store_settings
superuser_url = _SERVICE.superuser_url
