"""An app that only starts an answer and waits: the test kills it.

Arguments: data folder, model file, and what the worker is to be busy with: ``prompt`` or ``answer``. Prints the
process ids of the worker and of its children once it is.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil

from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import LoadModel, PromptProgressed, TokensGenerated
from assistant.protocol.prompt_messages import PromptMessage

home, model, busy_with = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
client = EngineClient(home, home)
# One step takes the whole prompt, so that the worker does not notice by sending that nobody reads.
request = LoadModel(request_id="", path=model, n_ctx=8192, n_batch=4096)
client.finish_load(client.begin_load(request), lambda fraction: None)
question = PromptMessage(role="user", text="Count to one thousand. " * (600 if busy_with == "prompt" else 1))
call = client.generate((question,), SamplingParameters(temperature=2.0, min_p=0.0, seed=1))
while not isinstance(call.next_reply(30.0), PromptProgressed if busy_with == "prompt" else TokensGenerated):
    pass
worker = psutil.Process(client.process_id)
print(worker.pid, *(child.pid for child in worker.children(recursive=True)), flush=True)
time.sleep(60)
