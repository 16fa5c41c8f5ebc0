"""Runs checkov once for each list of arguments of the JSON on standard input; prints each report as one line of JSON.

To start checkov takes seconds, to run it does not. Each run is a process of its own: checkov's graph of one environment
must not hold objects of another.
"""

import contextlib
import io
import json
import os
import sys
import warnings

from checkov.main import Checkov


def run(args):
    report = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(report):
        warnings.simplefilter("ignore", category=SyntaxWarning)
        status = Checkov(argv=args).run()
    print(json.dumps(json.loads(report.getvalue())), flush=True)
    return status


for arguments in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        os._exit(run(arguments))
    _, status = os.waitpid(child, 0)
    # 1: a check has failed.
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"checkov ended with {os.waitstatus_to_exitcode(status)}: {' '.join(arguments)}")
