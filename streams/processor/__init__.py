"""What every stream processor shares: outputs, then state, then acknowledgement."""

from streams.processor.message import InputMessage, Output, SetAside, outputs_of
from streams.processor.protocol import Processor

__all__ = ["InputMessage", "Output", "Processor", "SetAside", "outputs_of"]
