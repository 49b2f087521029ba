"""A worker that counts nothing, but starts at once and fails as models do."""

import os
import signal
import sys
import time

from archcount.engines.model_summary import ModelSummary
from archcount.engines.worker_process import serve


def answer(do, name="", request=None):
    if name == "kills":
        sys.stderr.write("about to die\n")
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "exits":
        os._exit(7)
    if name == "sleeps":
        time.sleep(60)
    return ModelSummary(model=name, params=len(name), macs=1000 * len(name), seconds=0.5)


if __name__ == "__main__":
    serve(answer)
