"""Settings of NeuroRouter: the endpoint that it asks besides the rules, if any."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


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

    @model_validator(mode="after")
    def _endpoint_is_whole(self) -> Self:
        # Here, so that a slip stops the start, and not each of a replica's.
        if (self.url is None) != (self.model is None) or (self.url is None and self.key is not None):
            raise ValueError("a language model needs both its URL and its MODEL: set both, or neither")
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("the URL of a language model starts with http:// or https://")
        if self.key is not None and not self.key.get_secret_value().isascii():
            raise ValueError("the KEY of a language model has characters that no HTTP header can carry")
        return self
