import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[3] / "redis_service.py"
_SPEC = importlib.util.spec_from_file_location("redis_service", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_SERVICE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SERVICE)

redis_server = _SERVICE.redis_server
own_redis_server = _SERVICE.own_redis_server
stream_settings = _SERVICE.stream_settings
redis = _SERVICE.redis
make_envelope = _SERVICE.make_envelope
