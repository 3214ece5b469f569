// A process of ours that outlives us: everything between fork and exec, in calls that are safe there.
#ifndef PULUMI_TOKEN_CPLATFORM_DETACH_H
#define PULUMI_TOKEN_CPLATFORM_DETACH_H

#include "process.h"

#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/prctl.h>
#endif

/// The first descriptor of a detached process that is not standard input, output or error.
#define PLATFORM_FIRST_DETACHED_DESCRIPTOR 3
/// How many descriptors a detached process can be given.
#define PLATFORM_MOST_DETACHED_DESCRIPTORS 8

/// A program and what it is started with.
struct platform_detach {
    const char *_Nonnull executable;
    char *_Nullable const *_Nonnull arguments;
    /// What become descriptors 3, 4 and so on.
    const int *_Nonnull descriptors;
    int count;
    /// Whether it becomes nobody's child, so that it can outlive us without becoming a zombie of ours.
    int outlives;
};

/// What a detached process says of itself before exec, and why exec failed.
struct platform_detached {
    pid_t process;
    /// 0 when it has a session of its own; otherwise the value of errno.
    int code;
};

static inline void platform_report_detached(int status, int code) {
    struct platform_detached report = {getpid(), code};
    ssize_t count = write(status, &report, sizeof report);
    (void)count;
    if (code != 0) _exit(127);
}

/// In the new process: becomes the program, or tells why not.
///
/// Never inline: within a Swift function its array would lose the guard of the stack.
__attribute__((noinline)) static void platform_become_detached(
    const struct platform_detach *_Nonnull detach, int status
) {
    static char *const no_environment[] = {NULL};
    int copies[PLATFORM_MOST_DETACHED_DESCRIPTORS];
    int beyond = PLATFORM_FIRST_DETACHED_DESCRIPTOR + detach->count;
    // Copies beyond all places first, so that no place is taken while somebody still needs what is there.
    int report = fcntl(status, F_DUPFD_CLOEXEC, beyond);
    if (report < 0) platform_report_detached(status, errno);
    for (int index = 0; index < detach->count; index++) {
        copies[index] = fcntl(detach->descriptors[index], F_DUPFD_CLOEXEC, beyond);
        if (copies[index] < 0) platform_report_detached(report, errno);
    }
    for (int index = 0; index < detach->count; index++) {
        if (dup2(copies[index], PLATFORM_FIRST_DETACHED_DESCRIPTOR + index) < 0) {
            platform_report_detached(report, errno);
        }
    }
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) nothing = platform_open_placeholder();
    for (int number = 0; number <= 2; number++) {
        if (nothing < 0 || (nothing != number && dup2(nothing, number) < 0)) platform_report_detached(report, errno);
        if (nothing == number) (void)fcntl(number, F_SETFD, 0);
    }
    platform_keep_from_children(beyond, INT_MAX);
    // Whoever started us may ignore what this process has to hear.
    for (int number = 1; number < NSIG; number++) (void)signal(number, SIG_DFL);
    // It must not keep anybody from unmounting or removing the folder that we were started in.
    if (chdir("/") != 0) platform_report_detached(report, errno);
    platform_report_detached(report, 0);
    (void)execve(detach->executable, detach->arguments, no_environment);
    platform_report_detached(report, errno);
}

// A copy of our memory would cost more than the wait until exec: each page that we write to afterwards would be copied,
// too. Until then the new process works in our memory, so it may write nothing but its own frames.
#if defined(__linux__)
#define PLATFORM_FORK_TO_EXEC() vfork()
#else
#define PLATFORM_FORK_TO_EXEC() fork()
#endif

/// Starts a program in a session of its own, deaf to all signals, with an empty environment.
///
/// Never inline, because the new process returns into this frame, and it goes on here before we do.
///
/// - Parameter status: the write end of a pipe, which is closed by exec; gets a `platform_detached` when the session is
///   there, and another one if exec fails.
/// - Returns: the child to wait for, which with `outlives` ends at once; -1 with errno set on failure.
__attribute__((noinline)) static pid_t platform_detach_start(
    const struct platform_detach *_Nonnull detach, int status
) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return -1;
    pid_t child = PLATFORM_FORK_TO_EXEC();
    if (child == 0) {
        // At once: a signal to our group must not end what is there to survive it.
        if (setsid() < 0) platform_report_detached(status, errno);
        if (detach->outlives) {
            pid_t process = PLATFORM_FORK_TO_EXEC();
            if (process < 0) platform_report_detached(status, errno);
            if (process > 0) _exit(0);
            (void)setsid();
        }
        platform_become_detached(detach, status);
    }
    int error = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return child;
}

/// Memory that is read and written like a file and goes with its last descriptor; -1 with errno set on failure.
static inline int platform_open_memory(void) {
#if defined(__linux__) && defined(SYS_memfd_create)
    // Close-on-exec; the 8 says that nobody executes it, which some machines demand and old kernels do not know.
    int memory = (int)syscall(SYS_memfd_create, "pulumi-token", 1u | 8u);
    return memory >= 0 || errno != EINVAL ? memory : (int)syscall(SYS_memfd_create, "pulumi-token", 1u);
#else
    errno = ENOSYS;
    return -1;
#endif
}

/// How `ps` and `top` call this process.
static inline void platform_set_name(const char *_Nonnull name) {
#if defined(__linux__)
    (void)prctl(PR_SET_NAME, name, 0, 0, 0);
#else
    (void)name;
#endif
}

#endif
