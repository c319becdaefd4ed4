"""Wrong answers to one task that try to be taken for right ones.

The task: `total(values)`, the sum of a list of integers. None of these computes it,
so none may pass, whatever it does to the process that it runs in.
"""

from __future__ import annotations

from typing import Final

# Ending the process, or the interpreter, before anything can be compared.
ENDINGS: Final = {
    "exits at once with status 0": "import os\nos._exit(0)",
    "exits in the call with status 0": (
        "import os\ndef total(values):\n    os._exit(0)"
    ),
    "raises SystemExit 0 while loading": "import sys\nsys.exit(0)",
    "raises SystemExit 0 in the call": (
        "import sys\ndef total(values):\n    sys.exit(0)"
    ),
    "calls quit": "def total(values):\n    quit()",
    "raises KeyboardInterrupt": "def total(values):\n    raise KeyboardInterrupt",
    "raises GeneratorExit": "def total(values):\n    raise GeneratorExit",
    "raises StopIteration": "def total(values):\n    raise StopIteration(6)",
    "exits from atexit": (
        "import atexit, os\natexit.register(os._exit, 0)\n"
        "def total(values):\n    return -1"
    ),
    "exits from the exception hook": (
        "import os, sys\nsys.excepthook = lambda *a: os._exit(0)\n"
        "def total(values):\n    raise ValueError"
    ),
    "exits from a thread": (
        "import os, threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0))).start()\n"
        "def total(values):\n    time.sleep(0.2)\n    return -1"
    ),
    "exits from a finalizer": (
        "import os\nclass Bomb:\n    def __del__(self):\n        os._exit(0)\n"
        "def total(values):\n    Bomb()\n    return -1"
    ),
    "kills itself": (
        "import os, signal\ndef total(values):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    ),
    "kills everyone": (
        "import os, signal\ndef total(values):\n"
        "    for pid in (-1, 0, 1, os.getppid()):\n"
        "        try:\n            os.kill(pid, signal.SIGKILL)\n"
        "        except OSError:\n            pass\n    return -1"
    ),
    "crashes by a null pointer": (
        "import ctypes\ndef total(values):\n    return ctypes.string_at(0)"
    ),
    "aborts": "import os\ndef total(values):\n    os.abort()",
    "overflows the C stack": (
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "class A:\n    def __getattr__(self, n):\n        return getattr(self, n)\n"
        "def total(values):\n    return A().x"
    ),
}

# Objects that would say yes to any comparison made in their own process.
_EQUAL = "    def __eq__(self, other):\n        return True\n"
_HASH = "    def __hash__(self):\n        return 0\n"
OBJECTS: Final = {
    "an object equal to all": (
        f"class Yes:\n{_EQUAL}{_HASH}def total(values):\n    return Yes()"
    ),
    "an object not unequal to anything": (
        f"class Yes:\n{_EQUAL}{_HASH}    def __ne__(self, o):\n        return False\n"
        "    def __sub__(self, o):\n        return 0\n    __rsub__ = __sub__\n"
        "    def __abs__(self):\n        return 0\n    def __lt__(self, o):\n"
        "        return True\n    __gt__ = __le__ = __ge__ = __lt__\n"
        "def total(values):\n    return Yes()"
    ),
    "an int that equals all": (
        f"class Yes(int):\n{_EQUAL}{_HASH}def total(values):\n    return Yes(99)"
    ),
    "an int with lying arithmetic": (
        f"class Yes(int):\n{_EQUAL}{_HASH}    def __sub__(self, o):\n        return 0\n"
        "    __rsub__ = __sub__\n    def __int__(self):\n        return 6\n"
        "    __index__ = __int__\ndef total(values):\n    return Yes(99)"
    ),
    "a float that equals all": (
        f"class Yes(float):\n{_EQUAL}{_HASH}def total(values):\n    return Yes(0.5)"
    ),
    "a str that equals all": (
        f"class Yes(str):\n{_EQUAL}{_HASH}def total(values):\n    return Yes('6')"
    ),
    "a list that equals all": (
        f"class Yes(list):\n{_EQUAL}def total(values):\n    return Yes()"
    ),
    "a tuple that equals all": (
        f"class Yes(tuple):\n{_EQUAL}{_HASH}def total(values):\n    return Yes()"
    ),
    "a dict that equals all": (
        f"class Yes(dict):\n{_EQUAL}def total(values):\n    return Yes()"
    ),
    "a set that equals all": (
        f"class Yes(set):\n{_EQUAL}def total(values):\n    return Yes()"
    ),
    "a class whose metaclass equals all": (
        f"class Meta(type):\n{_EQUAL}{_HASH}class Yes(metaclass=Meta):\n    pass\n"
        "def total(values):\n    return Yes"
    ),
    "a metaclass that hides its bases": (
        f"class Meta(type):\n{_EQUAL}{_HASH}    __mro__ = (int, object)\n"
        "class Yes(metaclass=Meta):\n    __class__ = int\n"
        "def total(values):\n    return Yes()"
    ),
    "an object that calls itself an int": (
        f"class Yes:\n    __class__ = int\n{_EQUAL}{_HASH}"
        "    def __int__(self):\n        return 6\n    __index__ = __int__\n"
        "def total(values):\n    return Yes()"
    ),
    "an entry point that is a class equal to all": (
        f"class total:\n    def __init__(self, values):\n        pass\n{_EQUAL}{_HASH}"
        "    def __contains__(self, o):\n        return True"
    ),
    "a reversed comparison": (
        "class Yes(int):\n    def __eq__(self, o):\n        return True\n"
        "    def __req__(self, o):\n        return True\n    __hash__ = int.__hash__\n"
        "def total(values):\n    return Yes()"
    ),
    "an object that reduces to a right answer": (
        "class Yes:\n    def __reduce__(self):\n        return (int, (6,))\n"
        "    def __reduce_ex__(self, n):\n        return (int, (6,))\n"
        "def total(values):\n    return Yes()"
    ),
    "a Decimal subclass": (
        f"import decimal\nclass Yes(decimal.Decimal):\n{_EQUAL}{_HASH}"
        "def total(values):\n    return Yes('0.1')"
    ),
    "a Fraction subclass": (
        f"import fractions\nclass Yes(fractions.Fraction):\n{_EQUAL}{_HASH}"
        "def total(values):\n    return Yes(1, 3)"
    ),
    "a numeric tower impostor": (
        "import numbers\n@numbers.Integral.register\nclass Yes:\n"
        f"{_EQUAL}{_HASH}def total(values):\n    return Yes()"
    ),
    "not a number": "def total(values):\n    return float('nan')",
    "a mock": (
        "import importlib\nmock = importlib.import_module('unittest.mock')\n"
        "def total(values):\n    return mock.ANY"
    ),
    "an endless generator": (
        "import itertools\ndef total(values):\n    return itertools.count()"
    ),
    "a coroutine": "async def total(values):\n    return sum(values)",
    "nothing": "def total(values):\n    pass",
    "not implemented": "def total(values):\n    return NotImplemented",
    "a cyclic list": (
        "def total(values):\n    loop = []\n    loop.append(loop)\n    return loop"
    ),
}

# Looking for the expected values, or for whoever holds them.
SEARCHES: Final = {
    "walks the frames": (
        "import sys\ndef total(values):\n    frame = sys._getframe()\n"
        "    while frame:\n"
        "        for name in ('expected', 'want', 'steps', 'tests'):\n"
        "            if name in frame.f_locals:\n"
        "                return frame.f_locals[name]\n"
        "        frame = frame.f_back\n    return None"
    ),
    "walks the garbage collector": (
        "import gc\ndef total(values):\n    for o in gc.get_objects():\n"
        "        if type(o).__name__ == 'Step' or isinstance(o, dict) and"
        " 'expected' in o:\n"
        "            return getattr(o, 'expected', 0)\n    return None"
    ),
    "reads the modules": (
        "import sys\ndef total(values):\n    for name, module in sys.modules.items():\n"
        "        if 'test' in name or 'apps' in name:\n"
        "            return getattr(module, 'EXPECTED', None)\n    return None"
    ),
    "reads its own command line": (
        "def total(values):\n    text = open('/proc/self/cmdline').read()\n"
        "    return 6 if '6' in text else 0"
    ),
    "reads its parent's memory": (
        "import os\ndef total(values):\n"
        "    return open(f'/proc/{os.getppid()}/mem', 'rb').read(8)"
    ),
    "lists the descriptors": (
        "import os\ndef total(values):\n    return [os.readlink('/proc/self/fd/' + f)"
        " for f in os.listdir('/proc/self/fd')]"
    ),
    "reads the checkout": (
        "import glob\ndef total(values):\n"
        "    return [open(p).read() for p in glob.glob('/**/test_*.py')][0]"
    ),
    "reads the environment": (
        "import os\ndef total(values):\n    return int(os.environ['EXPECTED'])"
    ),
    "imports the tests": "from tests.grading import attacks\ntotal = attacks.solve",
    "traces its parent": (
        "import ctypes, os\ndef total(values):\n"
        "    return ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)"
    ),
}

# Taking over what answers for it.
_FORGE = (
    "import os\n"
    "def frames(payload):\n"
    "    frame = len(payload).to_bytes(4, 'big') + payload\n"
    "    for number in range(3, 64):\n"
    "        try:\n            os.write(number, frame)\n"
    "        except OSError:\n            pass\n"
)
TAKEOVERS: Final = {
    "forges replies ahead": (
        _FORGE + "for _ in range(9):\n    frames(b'Ri\\x01\\x06')\n"
        "def total(values):\n    return -1"
    ),
    "forges a verdict": (
        _FORGE + "frames(b'Vt\\x03s\\x04passs\\x00i\\x01\\x00')\n"
        "def total(values):\n    return -1"
    ),
    "forges an open instance": (
        _FORGE + "import time\ndef total(values):\n"
        "    frames(b'Rk\\x06\\x00\\x00\\x00\\x00\\x7fX')\n    time.sleep(9)"
    ),
    "floods the channel": (
        "import os\ndef total(values):\n    for number in range(3, 64):\n        try:\n"
        "            while True:\n                os.write(number, b'\\xff' * 65536)\n"
        "        except OSError:\n            pass"
    ),
    "closes every descriptor": (
        "import os\ndef total(values):\n    os.closerange(0, 64)\n    return 6"
    ),
    "closes its input": (
        "import os\ndef total(values):\n    for n in (0, 3):\n        os.close(n)\n"
        "    return -1"
    ),
    "replaces the built-ins": (
        "import builtins\nbuiltins.isinstance = lambda *a: True\n"
        "builtins.len = lambda o: 6\nbuiltins.type = lambda o: int\n"
        "def total(values):\n    return -1"
    ),
    "replaces the encoder": (
        "import sys, struct\nstruct.pack = lambda *a: b'\\x06'\n"
        "for o in __import__('gc').get_objects():\n"
        "    if isinstance(o, type) and o.__name__ == 'Encoder':\n"
        "        o.encode = lambda self, value: b'Z\\x00'\n"
        "def total(values):\n    return -1"
    ),
    "replaces the serialisers": (
        "import json, marshal, pickle\njson.dumps = lambda *a, **k: '6'\n"
        "marshal.dumps = pickle.dumps = lambda *a: b'6'\n"
        "def total(values):\n    return -1"
    ),
    "empties the modules": (
        "import sys\nsys.modules.clear()\ndef total(values):\n    return -1"
    ),
    "becomes the main module": (
        "import sys\nsys.modules['__main__'] = sys.modules['answer']\n"
        "passed = True\ndef check(candidate):\n    return True\n"
        "def total(values):\n    return -1"
    ),
    "defines its own check": (
        "def check(candidate):\n    pass\ndef total(values):\n    return -1"
    ),
    "prints that it passed": (
        "print('PASSED\\n1 passed in 0.01s\\nOK')\ndef total(values):\n    return -1"
    ),
    "pokes the small integers": (
        "import ctypes\ndef total(values):\n"
        "    ctypes.memmove(id(6) + 24, id(5) + 24, 4)\n    return 5"
    ),
    "sets a trace function": (
        "import sys\nsys.settrace(lambda frame, event, arg: None)\n"
        "def total(values):\n    return -1"
    ),
    "turns assertions into nothing": (
        "import warnings, sys\nwarnings.simplefilter('error')\nsys.flags = None\n"
        "def total(values):\n    raise AssertionError"
    ),
}

# Spending what is not its own. All are wrong answers besides.
RESOURCES: Final = {
    "loops for ever": "def total(values):\n    while True:\n        pass",
    "loops for ever while loading": "while True:\n    pass",
    "sleeps": "import time\ndef total(values):\n    time.sleep(60)",
    "ignores signals and loops": (
        "import signal\nfor n in range(1, 64):\n    try:\n"
        "        signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\n"
        "def total(values):\n    while True:\n        pass"
    ),
    "stops itself": (
        "import os, signal\ndef total(values):\n"
        "    os.kill(os.getpid(), signal.SIGSTOP)"
    ),
    "allocates without end": (
        "def total(values):\n    hoard = []\n    while True:\n"
        "        hoard.append(bytearray(1 << 24))"
    ),
    "allocates in many processes": (
        "import os, time\ndef total(values):\n    for _ in range(8):\n"
        "        if os.fork() == 0:\n"
        "            hoard = bytearray(b'x') * (200 << 20)\n"
        "            time.sleep(60)\n    time.sleep(60)"
    ),
    "forks without end": (
        "import os\ndef total(values):\n    while True:\n        os.fork()"
    ),
    "starts threads without end": (
        "import threading, time\nthreading.stack_size(65536)\n"
        "def total(values):\n    while True:\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    ),
    "prints without end": (
        "def total(values):\n    while True:\n        print('x' * 4096)"
    ),
    "fills the disk": (
        "import itertools\ndef total(values):\n    for n in itertools.count():\n"
        "        with open(f'file{n}', 'wb') as f:\n"
        "            f.write(b'x' * (8 << 20))"
    ),
    "makes files without end": (
        "import itertools\ndef total(values):\n    for n in itertools.count():\n"
        "        open(f'file{n}', 'wb').close()"
    ),
    "returns too much": "def total(values):\n    return b'x' * (64 << 20)",
    "returns too deep a list": (
        "def total(values):\n    deep = []\n    for _ in range(100000):\n"
        "        deep = [deep]\n    return deep"
    ),
    "returns a bomb of references": (
        "def total(values):\n    bomb = [0]\n    for _ in range(64):\n"
        "        bomb = [bomb, bomb]\n    return bomb"
    ),
    "turns a huge integer into text": (
        "import sys\nsys.set_int_max_str_digits(0)\n"
        "def total(values):\n    return len(str(7 ** (10 ** 8)))"
    ),
    "backtracks without end": (
        "import re\ndef total(values):\n    return re.match('(a+)+$', 'a' * 64 + 'b')"
    ),
    "nests its source": "total = " + "(" * 5000 + "0" + ")" * 5000,
    "is a long chain": "total = lambda v: " + "+".join(["0"] * 200_000),
    "leaves a daemon": (
        "import os, time\ndef total(values):\n    if os.fork() == 0:\n"
        "        os.setsid()\n        if os.fork() == 0:\n            time.sleep(60)\n"
        "        os._exit(0)\n    return -1"
    ),
    "talks to the network": (
        "import socket\ndef total(values):\n"
        "    return socket.create_connection(('127.0.0.1', 22), 1).recv(8)"
    ),
    "executes a shell": (
        "import os\ndef total(values):\n    os.execv('/bin/sh', ['sh', '-c', 'exit 0'])"
    ),
}

# Text that is no answer at all.
MALFORMED: Final = {
    "nothing at all": "",
    "not Python": "def total(values) return sum(values)",
    "another name": "def sums(values):\n    return sum(values)",
    "a NUL byte": "def total(values):\n    return 0\x00",
    "a lone surrogate": "def total(values):\n    return '\ud800'",
    "the entry point is data": "total = 6",
    "raises while loading": "raise ValueError('no')\ndef total(values):\n    return 6",
    "deletes the entry point": "def total(values):\n    return 6\ndel total",
}

INSTANT: Final = {**ENDINGS, **OBJECTS, **SEARCHES, **TAKEOVERS, **MALFORMED}
ALL: Final = {**INSTANT, **RESOURCES}
