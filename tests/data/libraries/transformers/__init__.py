"""A library that looks like transformers, as far as archcount asks it."""

from torch import nn

__version__ = "0"


class TinyConfig:
    model_type = "tiny"

    def __init__(self, width=4, layers=2, architectures=None, **rest):
        self.width, self.layers, self.architectures = width, layers, architectures
        self.max_position_embeddings = 16

    @classmethod
    def from_dict(cls, entries):
        return cls(**entries)

    def to_dict(self):
        return dict(vars(self))


class VisionConfig(TinyConfig):
    model_type = "seeing"

    def __init__(self, image_size=6, **rest):
        super().__init__(**rest)
        self.image_size = image_size
        self.num_channels = 1


class TinyLM(nn.Module):
    config_class = TinyConfig
    main_input_name = "input_ids"

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(10, config.width)
        self.layers = nn.Sequential(
            *(nn.Linear(config.width, config.width, bias=False) for _ in range(config.layers))
        )

    @classmethod
    def _from_config(cls, config):
        return cls(config)

    def forward(self, input_ids=None):
        return self.layers(self.embed(input_ids))


class Seeing(TinyLM):
    main_input_name = "pixel_values"

    def forward(self, pixel_values):
        return self.layers(pixel_values.flatten(1)[:, : self.config.width])


class Reading(Seeing):
    def forward(self, pixel_values, input_ids, mask=None):
        return self.layers(self.embed(input_ids)) + super().forward(pixel_values)[:, None]


CONFIG_MAPPING = {"tiny": TinyConfig, "seeing": VisionConfig}
MODEL_FOR_CAUSAL_LM_MAPPING = {TinyConfig: TinyLM}


class AutoConfig:
    for_model = staticmethod(lambda kind: CONFIG_MAPPING[kind]())


class AutoModelForCausalLM:
    from_config = staticmethod(TinyLM)


class AutoModel:
    from_config = staticmethod(Seeing)
