// Processes and signals, as typed inline functions.
#ifndef PULUMI_TOKEN_CPLATFORM_PROCESS_H
#define PULUMI_TOKEN_CPLATFORM_PROCESS_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#endif
#ifndef F_GET_SEALS
#define F_GET_SEALS 1034
#endif
#ifndef O_PATH
#define O_PATH 010000000
#endif
#endif

/// One signal that was waiting.
struct platform_signal {
    int number;
    /// 1 when the kernel sent it, as a terminal's line discipline does, to the whole foreground group; 0 for `kill`.
    int is_from_kernel;
    /// The process that sent it; 0 when that is not known.
    pid_t sender;
};

/// Takes the next waiting signal from a signal descriptor; 0 when none waits.
static inline int platform_read_signal(int descriptor, struct platform_signal *_Nonnull result) {
#if defined(__linux__)
    struct signalfd_siginfo info;
    ssize_t count;
    do count = read(descriptor, &info, sizeof info);
    while (count < 0 && errno == EINTR);
    if (count != (ssize_t)sizeof info) return 0;
    result->number = (int)info.ssi_signo;
    result->is_from_kernel = info.ssi_code == SI_KERNEL;
    result->sender = info.ssi_code == SI_USER || info.ssi_code == SI_QUEUE || info.ssi_code == SI_TKILL
        ? (pid_t)info.ssi_pid : 0;
    return 1;
#else
    (void)descriptor;
    (void)result;
    return 0;
#endif
}

/// A signal that this program uses for itself.
static inline int platform_private_signal(void) {
#if defined(__linux__)
    return SIGRTMIN + 7;
#else
    return 0;
#endif
}

/// Whether a signal is there for programs: the C library keeps some of the real-time ones for itself.
static inline int platform_is_for_programs(int signal_number) {
#if defined(__linux__)
    return signal_number > 0 && signal_number <= SIGRTMAX && (signal_number < 32 || signal_number >= SIGRTMIN);
#else
    return signal_number > 0 && signal_number < NSIG;
#endif
}

/// Has a signal sent to this process when the thread that started it ends. 0 or an errno value.
static inline int platform_signal_at_parent_end(int signal_number) {
#if defined(__linux__)
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal_number, 0, 0, 0) == 0 ? 0 : errno;
#else
    (void)signal_number;
    return ENOSYS;
#endif
}

/// The number of the largest signal, and one.
static inline int platform_signal_count(void) {
    return NSIG;
}

/// A set of these signals; those that there are not are left out.
static inline sigset_t platform_signal_set(const int *signals, int count) {
    sigset_t set;
    (void)sigemptyset(&set);
    for (int index = 0; index < count; index++) (void)sigaddset(&set, signals[index]);
    return set;
}

static inline int platform_is_ignored(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN;
}

/// 0 or an errno value.
static inline int platform_set_default(int signal_number) {
    return signal(signal_number, SIG_DFL) == SIG_ERR ? errno : 0;
}

/// 0 or an errno value.
static inline int platform_ignore(int signal_number) {
    return signal(signal_number, SIG_IGN) == SIG_ERR ? errno : 0;
}

enum platform_change {
    platform_change_none,
    platform_change_exited,
    platform_change_killed,
    platform_change_stopped,
    /// There is no such child: somebody else took its status, or it was never kept.
    platform_change_lost,
};

/// What a status of `waitpid` says; `value` becomes an exit code or a signal.
static inline enum platform_change platform_decode_status(int status, int *_Nonnull value) {
    if (WIFEXITED(status)) return *value = WEXITSTATUS(status), platform_change_exited;
    if (WIFSIGNALED(status)) return *value = WTERMSIG(status), platform_change_killed;
    if (WIFSTOPPED(status)) return *value = WSTOPSIG(status), platform_change_stopped;
    return platform_change_none;
}

/// What happened to a child since the last call, without waiting; `value` becomes an exit code or a signal.
static inline enum platform_change platform_child_change(pid_t child, int *_Nonnull value) {
    int status;
    pid_t found;
    do found = waitpid(child, &status, WNOHANG | WUNTRACED);
    while (found < 0 && errno == EINTR);
    if (found < 0) return platform_change_lost;
    if (found == 0) return platform_change_none;
    return platform_decode_status(status, value);
}

/// Takes the remains of children that nobody waits for, but not those of two that somebody does.
///
/// Who is process 1 inherits such children from everybody.
static inline void platform_reap_others(pid_t one, pid_t other) {
    siginfo_t info;
    info.si_pid = 0;
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        if (info.si_pid == one || info.si_pid == other) return;
        (void)waitpid(info.si_pid, NULL, WNOHANG);
        info.si_pid = 0;
    }
}

/// A descriptor that stands for a process, also when its number belongs to another one, and that is readable once it has
/// ended. No child inherits it. -1 with errno set on failure.
static inline int platform_open_process(pid_t process) {
#if defined(__linux__)
    return (int)syscall(SYS_pidfd_open, process, 0);
#else
    (void)process;
    errno = ENOSYS;
    return -1;
#endif
}

/// Sends a signal to the process that a descriptor stands for. 0 or an errno value.
static inline int platform_signal_process(int descriptor, int signal_number) {
#if defined(__linux__)
    return syscall(SYS_pidfd_send_signal, descriptor, signal_number, NULL, 0) == 0 ? 0 : errno;
#else
    (void)descriptor;
    (void)signal_number;
    return ENOSYS;
#endif
}

/// A pipe that no child inherits by itself. 0 or an errno value.
static inline int platform_pipe(int *_Nonnull read_end, int *_Nonnull write_end) {
    int ends[2];
#if defined(__linux__)
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
#else
    if (pipe(ends) != 0) return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

/// A copy of a descriptor with a number from 3 on, which no child inherits by itself; -1 with errno set on failure.
static inline int platform_duplicate(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

/// How many descriptors have to be looked at one by one, where all of them cannot be told at once.
static inline int platform_descriptor_count(void) {
    long count = sysconf(_SC_OPEN_MAX);
    return count < 0 || count > 65536 ? 65536 : (int)count;
}

/// Sees to it that no child inherits any of these descriptors, the last one included.
static inline void platform_keep_from_children(int first, int last) {
#if defined(__linux__)
    // Close-on-exec is what the 4 asks for.
    if (first > last || syscall(SYS_close_range, first, last, 4) == 0) return;
#endif
    if (last >= platform_descriptor_count()) last = platform_descriptor_count() - 1;
    for (int descriptor = first; descriptor <= last; descriptor++) {
        int flags = fcntl(descriptor, F_GETFD);
        if (flags >= 0) (void)fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
    }
}

/// Something that can be neither read nor written, to stand in the place of a descriptor. No child inherits it.
static inline int platform_open_placeholder(void) {
#if defined(__linux__)
    return open("/", O_PATH | O_CLOEXEC);
#else
    return open("/", O_RDONLY | O_CLOEXEC);
#endif
}

/// Occupies the standard descriptors that are closed, so that no file or socket of ours gets one of their numbers.
///
/// For a command they are closed as before.
static inline void platform_occupy_standard_descriptors(void) {
    for (int number = 0; number <= 2; number++) {
        if (fcntl(number, F_GETFD) < 0 && errno == EBADF) (void)platform_open_placeholder();
    }
}

/// Closes a standard descriptor but keeps its number occupied.
static inline void platform_vacate(int number) {
    int placeholder = platform_open_placeholder();
    if (placeholder < 0) return;
#if defined(__linux__)
    (void)dup3(placeholder, number, O_CLOEXEC);
#else
    if (dup2(placeholder, number) >= 0) (void)fcntl(number, F_SETFD, FD_CLOEXEC);
#endif
    (void)close(placeholder);
}

/// Whether a child would inherit this descriptor.
static inline int platform_is_inherited(int descriptor) {
    int flags = fcntl(descriptor, F_GETFD);
    return flags >= 0 && !(flags & FD_CLOEXEC);
}

/// Asks for a larger buffer between the two ends of a pipe; whatever the answer, the pipe works.
static inline void platform_enlarge_pipe(int descriptor, int bytes) {
#if defined(__linux__)
    (void)fcntl(descriptor, F_SETPIPE_SZ, bytes);
#else
    (void)descriptor;
    (void)bytes;
#endif
}

/// Makes reads and writes through this open file description return at once. 0 or an errno value.
static inline int platform_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : errno;
}

/// Whether reads and writes return at once.
static inline int platform_is_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && flags & O_NONBLOCK;
}

extern char **environ;

/// The process's environment: entries `NAME=VALUE`, ended by NULL.
static inline char *_Nullable *_Nullable platform_environment(void) {
    return environ;
}

/// Has a thread that is made with these attributes run on another processor than the caller, if it may.
///
/// Schedulers that keep the threads of a process together let them take turns where they could run at the same time.
static inline void platform_keep_apart(pthread_attr_t *_Nonnull attributes) {
#if defined(__linux__) && defined(__GLIBC__)
    unsigned long allowed[128] = {0}, others = 0;
    const size_t width = 8 * sizeof *allowed, words = sizeof allowed / sizeof *allowed;
    unsigned here;
    long size = syscall(SYS_sched_getaffinity, 0, sizeof allowed, allowed);
    if (size <= 0 || syscall(SYS_getcpu, &here, NULL, NULL) != 0 || here / width >= words) return;
    allowed[here / width] &= ~(1UL << here % width);
    for (size_t word = 0; word < words; word++) others |= allowed[word];
    if (others) (void)pthread_attr_setaffinity_np(attributes, (size_t)size, (cpu_set_t *)allowed);
#else
    (void)attributes;
#endif
}

/// Whether a file is in memory and on no disk.
static inline int platform_is_in_memory(int descriptor) {
#if defined(__linux__)
    return fcntl(descriptor, F_GET_SEALS) >= 0;
#else
    (void)descriptor;
    return 0;
#endif
}

#endif
