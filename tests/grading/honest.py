"""Right answers to the same task that are odd: none of these may fail."""

from __future__ import annotations

from typing import Final

BOTH_TIERS: Final = {
    "the plain one": "def total(values):\n    return sum(values)",
    "prints noise": (
        "import sys\nprint('loading')\ndef total(values):\n    print(values)\n"
        "    sys.stderr.write('x' * 100000)\n    return sum(values)"
    ),
    "prints what looks like a frame": (
        "import sys\ndef total(values):\n"
        "    sys.stdout.buffer.write(b'\\0\\0\\0\\2Rx')\n"
        "    sys.stdout.flush()\n    return sum(values)"
    ),
    "closes its standard streams": (
        "import os, sys\ndef total(values):\n    sys.stdout = sys.stderr = None\n"
        "    return sum(values)"
    ),
    "has a main block": (
        "def total(values):\n    return sum(values)\n"
        "if __name__ == '__main__':\n    print(total([int(input())]))\n    exit()"
    ),
    "is a lambda": "total = lambda values: sum(values)",
    "is a partial": (
        "import functools, operator\ntotal = functools.partial(functools.reduce,"
        " operator.add)\n_t = total\ntotal = lambda v: _t(v, 0)"
    ),
    "is a cached function": (
        "import functools\n@functools.lru_cache\ndef _total(values):\n"
        "    return sum(values)\ndef total(values):\n    return _total(tuple(values))"
    ),
    "is a callable object": (
        "class Total:\n    def __call__(self, values):\n        return sum(values)\n"
        "total = Total()"
    ),
    "is a built-in": "total = sum",
    "is defined behind a condition": (
        "import sys\nif sys.version_info > (3,):\n"
        "    def total(values):\n        return sum(values)\nelse:\n    total = None"
    ),
    "is imported under the name": "from builtins import sum as total",
    "is defined by exec": "exec('def total(values):\\n    return sum(values)')",
    "uses the future": (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Sum:\n    value: int = 0\n"
        "def total(values: list[int]) -> int:\n    s = Sum()\n    for v in values:\n"
        "        s.value += v\n    return s.value"
    ),
    "uses threads": (
        "from concurrent.futures import ThreadPoolExecutor\ndef total(values):\n"
        "    with ThreadPoolExecutor(8) as pool:\n"
        "        return sum(pool.map(int, values))"
    ),
    "uses an event loop": (
        "import asyncio\nasync def _add(values):\n    await asyncio.sleep(0)\n"
        "    return sum(values)\n"
        "def total(values):\n    return asyncio.run(_add(values))"
    ),
    "raises the recursion limit": (
        "import sys\nsys.setrecursionlimit(100000)\ndef down(n):\n"
        "    return 0 if n == 0 else down(n - 1)\n"
        "def total(values):\n    down(20000)\n    return sum(values)"
    ),
    "changes its argument": (
        "def total(values):\n    result = 0\n    while values:\n"
        "        result += values.pop()\n    return result"
    ),
    "keeps global state": (
        "seen = []\ndef total(values):\n    seen.append(values)\n    return sum(values)"
    ),
    "writes a temporary file": (
        "import tempfile\ndef total(values):\n"
        "    with tempfile.NamedTemporaryFile('w+') as f:\n"
        "        f.write(' '.join(map(str, values)))\n        f.seek(0)\n"
        "        return sum(map(int, f.read().split()))"
    ),
    "sets an alarm": (
        "import signal\ndef total(values):\n"
        "    signal.signal(signal.SIGALRM, signal.SIG_DFL)\n    signal.alarm(5)\n"
        "    return sum(values)"
    ),
    "needs much memory": (
        "def total(values):\n    big = bytearray(100 << 20)\n    return sum(values)"
    ),
    "returns a subclass of int": (
        "class Sum(int):\n    pass\ndef total(values):\n    return Sum(sum(values))"
    ),
    "returns an enumeration's member": (
        "import enum\ndef total(values):\n"
        "    return enum.IntEnum('E', {'N': sum(values)}).N"
    ),
    "returns a float": "def total(values):\n    return float(sum(values))",
    "returns a Decimal": (
        "from decimal import Decimal\ndef total(values):\n"
        "    return Decimal(sum(values))"
    ),
    "returns a Fraction": (
        "from fractions import Fraction\ndef total(values):\n"
        "    return Fraction(sum(values))"
    ),
    "turns warnings into errors": (
        "import warnings\nwarnings.simplefilter('error')\n"
        "def total(values):\n    return sum(values)"
    ),
    "shadows built-ins": (
        "list = type = len = id = None\ndef total(values):\n    return sum(values)"
    ),
    "works around a missing library": (
        "try:\n    import numpy\n    total = lambda v: int(numpy.sum(v))\n"
        "except ImportError:\n    total = sum"
    ),
    "leaves a daemon thread": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "def total(values):\n    return sum(values)"
    ),
    "registers an exit handler": (
        "import atexit\natexit.register(print, 'bye')\n"
        "def total(values):\n    return sum(values)"
    ),
    "starts with a byte order mark": "\ufeffdef total(values):\n    return sum(values)",
    "has Windows line ends": "def total(values):\r\n    return sum(values)\r\n",
    "has a long chain of branches": (
        "def total(values):\n    n = len(values)\n    if n == -1:\n        pass\n"
        + "".join(f"    elif n == {-k}:\n        pass\n" for k in range(2, 60))
        + "    return sum(values)"
    ),
    "collects garbage": (
        "import gc\ngc.disable()\ngc.set_threshold(1)\n"
        "def total(values):\n    gc.collect()\n    return sum(values)"
    ),
}

# Forking is only to be had where a namespace contains it.
WITH_PROCESSES: Final = {
    "uses a process": (
        "import os\ndef total(values):\n    reader, writer = os.pipe()\n"
        "    if os.fork() == 0:\n        os.write(writer, str(sum(values)).encode())\n"
        "        os._exit(0)\n    os.wait()\n    return int(os.read(reader, 99))"
    ),
    "forgets a process": (
        "import os\nif os.fork():\n    os.wait()\n"
        "def total(values):\n    return sum(values)"
    ),
    "uses a pool of processes": (
        "import multiprocessing\ndef total(values):\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "        return sum(pool.map(int, values))"
    ),
    "uses another interpreter": (
        "import subprocess, sys\ndef total(values):\n"
        "    code = f'print(sum({values}))'\n"
        "    return int(subprocess.check_output([sys.executable, '-c', code]))"
    ),
}
