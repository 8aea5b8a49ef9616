"""What every contender of `run.py` says: a line of JSON when it is ready, and one for each step that it is asked for.

It is the protocol of `src/timing/worker.rs`, whose processes take part as well.
"""

import json
import resource
import sys
import time


def say(**answer):
    print(json.dumps(answer), flush=True)


def serve(parameters, step):
    """Takes a step for every line of the input, and says what it took; its batch is made before the clock runs."""
    say(ready={"parameters": parameters})
    for _ in sys.stdin:
        batch = step.batch()
        processor, began = time.process_time(), time.perf_counter()
        loss = step(*batch)
        seconds, processor = time.perf_counter() - began, time.process_time() - processor
        if not loss == loss:
            say(refused=f"the loss is {loss}")
            return
        # Linux counts in units of 1,024 bytes.
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        say(step={"seconds": seconds, "processor_seconds": processor, "memory_bytes": peak})
