"""An app that only starts an answer and waits: the test kills it.

Arguments: data folder, model file. Prints the process ids of the worker and of its children once the answer grows.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil

from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import LoadModel, PromptMessage, TokensGenerated

home, model = Path(sys.argv[1]), sys.argv[2]
client = EngineClient(home, home)
client.finish_load(client.begin_load(LoadModel(request_id="", path=model, n_ctx=8192)), lambda fraction: None)
question = PromptMessage(role="user", text="Count from one to one thousand.")
call = client.generate((question,), SamplingParameters(temperature=2.0, min_p=0.0, seed=1))
while not isinstance(call.next_reply(30.0), TokensGenerated):
    pass
worker = psutil.Process(client.process_id)
print(worker.pid, *(child.pid for child in worker.children(recursive=True)), flush=True)
time.sleep(60)
