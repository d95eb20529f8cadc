"""Settings of NeuroRouter: the endpoint that it asks besides the rules, if any."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class LlmSettings(BaseModel):
    """One OpenAI-compatible endpoint; without ``url`` and ``model`` only the rules answer.

    ``timeout_s`` is the time for all attempts of one completion together: it stays under the 10 s that
    the workflow waits, so that the rules can still answer when the endpoint does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    key: SecretStr | None = None
    model: str | None = None
    timeout_s: float = Field(default=8.0, gt=0, le=9.0)
