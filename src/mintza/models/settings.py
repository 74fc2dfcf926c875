"""What a study may say of its backbones and of the models that it asks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mintza.settings import Settings

Dtype = Literal["float32", "bfloat16"]


class _Backbone(Settings):
    """What every backbone says. license: SPDX id or name of its terms.  instructed: whether it follows instructions already.

    template: a Jinja file that stands in for the model's own chat template; a base model has none of its own.
    """

    license: str
    instructed: bool
    template: str | None = None


class PackageBackbone(_Backbone):
    """A model file inside an installed Python package. package: its name.  file: in it.  install: the command that brings it."""

    kind: Literal["package"] = "package"
    package: str
    file: str
    install: str


class FolderBackbone(_Backbone):
    """A Hugging Face folder: config.json, safetensors, tokenizer. path: from the study file's folder."""

    kind: Literal["folder"] = "folder"
    path: str


class GgufBackbone(_Backbone):
    """A GGUF file. path: from the study file's folder."""

    kind: Literal["gguf"] = "gguf"
    path: str


class HubBackbone(_Backbone):
    """A repository of the Hugging Face hub, as its own client has brought it. repo: `OWNER/NAME`.

    revision: commit (40 hex digits) or tag.  file: a GGUF file in the repository; None takes the whole folder.
    """

    kind: Literal["hub"] = "hub"
    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(min_length=1)]
    file: str | None = None


class VariantBackbone(Settings):
    """The checkpoint of another cell of the study. variant: its name."""

    kind: Literal["variant"] = "variant"
    variant: str


BackboneSettings = Annotated[
    PackageBackbone | FolderBackbone | GgufBackbone | HubBackbone | VariantBackbone, Field(discriminator="kind")
]


class EmbeddedExecution(Settings):
    """How to run the engine. slots: requests at a time.  context: tokens a request may take, prompt and answer together.

    threads: None for one a core, of which those that others keep busy as
    the engine starts are left out.  gpu_layers: how many layers go to an accelerator; -1 for all of them where there is one.
    """

    slots: Annotated[int, Field(ge=1, le=256)] = 8
    context: Annotated[int, Field(ge=64)] = 2048
    threads: Annotated[int, Field(ge=1)] | None = None
    gpu_layers: int = -1


class EmbeddedSettings(Settings):
    """A GGUF file run in this process. backbone: name of one of the study's backbones."""

    provider: Literal["embedded"] = "embedded"
    backbone: str
    execution: EmbeddedExecution = EmbeddedExecution()


class LocalExecution(Settings):
    """How to run transformers. batch_tokens: padded tokens in a batch of likelihoods.  batch: answers written at a time.

    threads: None leaves torch's own choice.  device: None takes an accelerator where there is one.
    """

    batch_tokens: Annotated[int, Field(ge=64)] = 4096
    batch: Annotated[int, Field(ge=1)] = 16
    threads: Annotated[int, Field(ge=1)] | None = None
    device: str | None = None


class LocalSettings(Settings):
    """A checkpoint run in this process by transformers. backbone: name of one of the study's backbones.

    dtype: of the weights.  context: longest sequence, None for what the model was made for.
    """

    provider: Literal["local"] = "local"
    backbone: str
    dtype: Dtype = "float32"
    context: Annotated[int, Field(ge=16)] | None = None
    execution: LocalExecution = LocalExecution()


class EndpointSettings(Settings):
    """One address. url: up to and with `/v1`.  key_env: name of the environment variable that holds its key.

    concurrency: requests at a time at most; fewer after 429.
    """

    url: str
    key_env: str | None = None
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 8


class Prices(Settings):
    """What a million tokens cost. prompt, completion: read and written.  currency: as it is to be shown."""

    prompt: Annotated[float, Field(ge=0)]
    completion: Annotated[float, Field(ge=0)]
    currency: str = "USD"


class ServeSettings(Settings):
    """Processes that serve the model for whoever asks it: jobs where the study runs on a cluster, else processes of this machine.

    jobs: how many.  slots: answers at a time of each.  context: tokens of one, prompt and answer together.
    threads: of each, where it is the embedded engine that serves; None for one a core.
    idle_s: without a request for so long, one ends.  starts: in a row that serve nothing, before the asker gives up.
    host: where they listen and are found; None: on a cluster every address of the node, found by its name, else the loopback.
    """

    jobs: Annotated[int, Field(ge=1, le=1024)] = 1
    slots: Annotated[int, Field(ge=1, le=1024)] = 8
    context: Annotated[int, Field(ge=64)] = 4096
    threads: Annotated[int, Field(ge=1)] | None = None
    idle_s: Annotated[float, Field(gt=0)] = 600.0
    starts: Annotated[int, Field(ge=1, le=100)] = 3
    host: str | None = None


class ServerExecution(Settings):
    """Where the server is and how hard it may be asked. url, key_env, concurrency: of the only address; see EndpointSettings.

    endpoints: several addresses that serve the same; requests are shared among them.  serve: nobody serves it yet, see ServeSettings.
    timeout_s: of one request.  tries: of one request after 5xx, timeouts and cut connections.
    patience_s: how long an endpoint may stay without an answer before it is given up.  prices: for `mintza journal`.
    """

    url: str | None = None
    key_env: str | None = None
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 8
    endpoints: tuple[EndpointSettings, ...] = ()
    serve: ServeSettings | None = None
    timeout_s: Annotated[float, Field(gt=0)] = 600.0
    tries: Annotated[int, Field(ge=1, le=20)] = 5
    patience_s: Annotated[float, Field(ge=0)] = 300.0
    prices: Prices | None = None

    @model_validator(mode="after")
    def _one_way(self) -> ServerExecution:
        if sum((self.url is not None, bool(self.endpoints), self.serve is not None)) != 1:
            raise ValueError("give either `url`, or `endpoints` with an url each, or `serve`")
        return self

    @property
    def addresses(self) -> tuple[EndpointSettings, ...]:
        """Every endpoint, whichever way it was written; none of those that are still to be served."""
        if self.url is None:
            return self.endpoints
        return (EndpointSettings(url=self.url, key_env=self.key_env, concurrency=self.concurrency),)


class ServerSettings(Settings):
    """A model behind an OpenAI-compatible address. model: as the server calls it.  revision: of what it serves, if known.

    backbone: the study's backbone that is served there; its chat template is then ours to render, as with the other
    providers. Without one the server renders chats itself, and nothing can be sampled before the user's turn.
    dialect: how it takes a JSON schema and a logit bias; `prompt`: it takes no schema, which is then said in words.
    leaves_out: parameters that it does not take.
    limit_field: what it calls the most tokens of an answer.
    """

    provider: Literal["server"] = "server"
    model: str
    revision: str = "unknown"
    backbone: str | None = None
    dialect: Literal["openai", "vllm", "sglang", "llamacpp", "prompt"] = "openai"
    leaves_out: tuple[Literal["seed", "temperature", "top_p"], ...] = ()
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    execution: ServerExecution

    @model_validator(mode="after")
    def _something_to_serve(self) -> ServerSettings:
        if self.execution.serve is not None and self.backbone is None:
            raise ValueError("`serve` needs the `backbone` that is to be served")
        return self


class ScriptedExecution(Settings):
    """For tests. log: file to which the key of each request is appended.  delay_s: waited before each answer."""

    log: str | None = None
    delay_s: Annotated[float, Field(ge=0)] = 0.0


class ScriptedSettings(Settings):
    """Canned replies. replies: a YAML file of rules."""

    provider: Literal["scripted"] = "scripted"
    replies: str
    execution: ScriptedExecution = ScriptedExecution()


ProviderSettings = Annotated[
    EmbeddedSettings | LocalSettings | ServerSettings | ScriptedSettings, Field(discriminator="provider")
]
