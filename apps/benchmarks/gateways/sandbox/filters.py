"""The system-call filter of both tiers, as a classic BPF program.

It denies rather than allows by list: an interpreter's honest calls are too many to
list for every C library, and the walls are the namespaces or Landlock; the filter
takes away the parts of the kernel that those walls have been climbed over by.
"""

from __future__ import annotations

import errno
import socket
import tempfile
from functools import cache
from typing import TYPE_CHECKING, Final

from apps.benchmarks.gateways.sandbox.base import SandboxStartError
from apps.benchmarks.gateways.sandbox.jail.confine import OWN_PID_MARK

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# By line: other processes; namespaces, mounts and roots; parts of the kernel with a
# history; the machine itself; objects that outlive a process; memory that is in no
# process's sum.
_DENIED: Final = """
ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_open
pidfd_getfd pidfd_send_signal kcmp move_pages migrate_pages setpriority ioprio_set
sched_setscheduler sched_setparam sched_setattr

unshare setns mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig
fsmount fspick pivot_root chroot swapon swapoff

bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register keyctl
add_key request_key fanotify_init open_by_handle_at name_to_handle_at vmsplice
modify_ldt personality

kexec_load kexec_file_load init_module finit_module delete_module reboot acct quotactl
quotactl_fd settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname
syslog iopl ioperm lookup_dcookie nfsservctl vhangup

shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open
mq_unlink

memfd_create memfd_secret
"""

_PARENT_DEATH: Final = 1  # an option of prctl
_CLONE_THREAD: Final = 0x00010000
_NEW_NAMESPACES: Final = (
    0x00000080,  # time
    0x00020000,  # mount
    0x02000000,  # cgroup
    0x04000000,  # UTS
    0x08000000,  # IPC
    0x10000000,  # user
    0x20000000,  # PID
    0x40000000,  # network
)


@cache
def filter_program(tier: str) -> bytes:
    """Return the filter of tier "A" or "B".

    In tier B, where no namespace keeps processes apart, nothing may be forked or
    executed, no socket made, and no signal sent but to the process itself.

    Raises:
        SandboxStartError: libseccomp is not installed.
    """
    try:
        import pyseccomp  # noqa: PLC0415 - looks for the C library as it is imported
    except RuntimeError as error:
        raise SandboxStartError(
            "libseccomp is missing: apt install libseccomp2"
        ) from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in _DENIED.split():
        _deny(pyseccomp, rules, name)
    _deny(pyseccomp, rules, "clone3", code=errno.ENOSYS)  # libc falls back to clone
    for flag in _NEW_NAMESPACES:
        _deny(pyseccomp, rules, "clone", (0, pyseccomp.MASKED_EQ, flag, flag))
    for name in ("prlimit64", "sched_setaffinity"):
        _deny(pyseccomp, rules, name, (0, pyseccomp.NE, 0))  # only to itself
    unix = int(socket.AF_UNIX)
    _deny(pyseccomp, rules, "socketpair", (0, pyseccomp.NE, unix))
    if tier == "A":
        _deny(pyseccomp, rules, "socket", (0, pyseccomp.NE, unix))
    else:
        _deny_what_only_namespaces_contain(pyseccomp, rules)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


# Landlock does not govern who may do what with a file, nor the watching of folders:
# the files of the service and of other jails have the same owner.
_METADATA: Final = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "fchown", "fchownat", "lchown"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
    *("utime", "utimes", "utimensat", "futimesat", "truncate"),
    *("inotify_init", "inotify_init1", "fanotify_init"),
)


def _deny_what_only_namespaces_contain(library: ModuleType, rules: Any) -> None:
    _deny(library, rules, "clone", (0, library.MASKED_EQ, _CLONE_THREAD, 0))
    for name in ("fork", "vfork", "execve", "execveat", "socket", "tkill"):
        _deny(library, rules, name)
    for name in _METADATA:
        _deny(library, rules, name)
    # A file on its way through a socket is open in no process, and space can be
    # reserved beyond a file's end, where the limit on its size does not reach.
    for name in ("sendmsg", "sendmmsg"):
        _deny(library, rules, name)
    _deny(library, rules, "fallocate", (1, library.NE, 0), code=errno.EOPNOTSUPP)
    # The jail asked to be killed with its parent, and may not take that back.
    _deny(library, rules, "prctl", (0, library.EQ, _PARENT_DEATH))
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        _deny(library, rules, name, (0, library.NE, OWN_PID_MARK))


def _deny(
    library: ModuleType,
    rules: Any,
    name: str,
    *conditions: tuple[int, ...],
    code: int = errno.EPERM,
) -> None:
    number = library.resolve_syscall(library.Arch.NATIVE, name)
    if number < 0:  # this architecture, or this library, knows no such call
        return
    rules.add_rule(library.ERRNO(code), number, *(library.Arg(*c) for c in conditions))
