// Starting a command: everything between fork and exec, in calls that are safe there.
#ifndef PULUMI_TOKEN_CPLATFORM_LAUNCH_H
#define PULUMI_TOKEN_CPLATFORM_LAUNCH_H

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#endif

/// A descriptor, and the number under which the command gets it too.
struct platform_copy {
    int descriptor;
    int place;
};

/// A command and what it is started with.
struct platform_launch {
    const char *_Nonnull path;
    char *_Nullable const *_Nonnull arguments;
    char *_Nullable const *_Nonnull environment;
    /// What become descriptors 0, 1 and 2; -1 for what stays as it is.
    int input;
    int output;
    int error;
    /// What becomes other descriptors.
    const struct platform_copy *_Nullable copies;
    int copy_count;
    /// The pseudo-terminal that becomes the controlling terminal of a session of the command's own; -1 for none.
    int session_terminal;
    /// The terminal of which the command becomes the foreground group; -1 for none.
    int foreground_terminal;
    sigset_t mask;
    sigset_t ignored;
    rlim_t core_limit;
};

/// The ends of pipes that are between us and what becomes the command.
struct platform_launch_pipes {
    /// Gets a `platform_launch_failure`; closed by exec.
    int failures;
    /// Where the leader of a session writes first the process id and then the statuses of the command.
    int reports;
    /// The leader stays until it can read the end of this pipe.
    int lifeline;
    /// The command runs once it can read a byte here, and never when the pipe ends before.
    int gate;
    /// Our own end of that pipe, which nobody else may keep open.
    int gate_opener;
};

/// Why a command did not start.
struct platform_launch_failure {
    /// 1 when it was `execve` that failed, 0 for what comes before.
    int is_in_exec;
    /// The value of errno.
    int code;
};

static inline void platform_report_failure(int pipe, int is_in_exec) {
    struct platform_launch_failure failure = {is_in_exec, errno};
    ssize_t count = write(pipe, &failure, sizeof failure);
    (void)count;
    _exit(127);
}

static inline void platform_put_descriptor(int descriptor, int place, int failures) {
    if (descriptor >= 0 && dup2(descriptor, place) < 0) platform_report_failure(failures, 0);
}

/// Waits until the command may run; ends the process when whoever could say so is gone.
static inline void platform_await_gate(const struct platform_launch_pipes *_Nonnull pipes) {
    char go;
    ssize_t count;
    (void)close(pipes->gate_opener);
    do count = read(pipes->gate, &go, 1);
    while (count < 0 && errno == EINTR);
    if (count != 1) _exit(127);
}

/// In the new process: becomes the command, or tells why not.
static inline void platform_become(
    const struct platform_launch *_Nonnull launch, const struct platform_launch_pipes *_Nonnull pipes
) {
    int failures = pipes->failures;
    int foreground = launch->session_terminal >= 0 ? launch->session_terminal : launch->foreground_terminal;
    if (setpgid(0, 0) != 0) platform_report_failure(failures, 0);
    // SIGTTOU is blocked, so that this works from the background too.
    if (foreground >= 0) (void)tcsetpgrp(foreground, getpid());
    platform_await_gate(pipes);
    platform_put_descriptor(launch->input, 0, failures);
    platform_put_descriptor(launch->output, 1, failures);
    platform_put_descriptor(launch->error, 2, failures);
    for (int index = 0; index < launch->copy_count; index++) {
        platform_put_descriptor(launch->copies[index].descriptor, launch->copies[index].place, failures);
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = launch->core_limit < limit.rlim_max ? launch->core_limit : limit.rlim_max;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, sigismember(&launch->ignored, number) == 1 ? SIG_IGN : SIG_DFL);
    }
    (void)sigprocmask(SIG_SETMASK, &launch->mask, NULL);
    execve(launch->path, launch->arguments, launch->environment);
    platform_report_failure(failures, 1);
}

/// Closes all descriptors from one number to another, the last one included.
static inline void platform_close_all(int first, int last) {
#if defined(__linux__)
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
#endif
    int count = platform_descriptor_count();
    for (int descriptor = first; descriptor <= last && descriptor < count; descriptor++) (void)close(descriptor);
}

/// Closes all descriptors but two.
static inline void platform_close_all_but(int one, int other) {
    int lower = one < other ? one : other, upper = one < other ? other : one;
    platform_close_all(0, lower - 1);
    platform_close_all(lower + 1, upper - 1);
    platform_close_all(upper + 1, INT_MAX);
}

/// In the new process: leads the session on the pseudo-terminal, starts the command there, and reports its process id
/// and then each change of its status until it has ended.
///
/// The command cannot lead the session itself: its group would have no parent in the session, and the kernel does not
/// stop such a group for Ctrl-Z.
static inline void platform_lead(
    const struct platform_launch *_Nonnull launch, const struct platform_launch_pipes *_Nonnull pipes
) {
    int failures = pipes->failures, reports = pipes->reports, lifeline = pipes->lifeline;
    if (setsid() < 0 || ioctl(launch->session_terminal, TIOCSCTTY, 0) != 0) platform_report_failure(failures, 0);
    pid_t command = fork();
    if (command < 0) platform_report_failure(failures, 0);
    if (command == 0) platform_become(launch, pipes);
    (void)setpgid(command, command);
    // When the supervisor is killed, its end of the pseudo-terminal is closed, and the kernel tells the leader alone.
    // The leader dies of it, and then the kernel tells the command.
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    (void)signal(SIGHUP, SIG_DFL);
    (void)sigprocmask(SIG_UNBLOCK, &hangup, NULL);
    // What the command's end must close is open nowhere else.
    platform_close_all_but(reports, lifeline);
    ssize_t count = write(reports, &command, sizeof command);
    int status;
    do {
        pid_t found;
        do found = waitpid(command, &status, WUNTRACED);
        while (found < 0 && errno == EINTR);
        if (found < 0) break;
        // Without a supervisor nobody reads this any more; SIGPIPE is blocked.
        count = write(reports, &status, sizeof status);
    } while (WIFSTOPPED(status));
    // With the leader, the terminal ends at once, and what was not read from it yet is lost.
    char nothing;
    do count = read(lifeline, &nothing, 1);
    while (count < 0 && errno == EINTR);
    _exit(0);
}

/// Starts what becomes the command, in a process group of its own.
///
/// With `session_terminal` the new process leads the session, otherwise it is the command.
///
/// - Returns: the new process; -1 with errno set on failure.
static inline pid_t platform_start(
    const struct platform_launch *_Nonnull launch, const struct platform_launch_pipes *_Nonnull pipes
) {
    sigset_t all, before;
    sigfillset(&all);
    // The new process is deaf until it is the command, so that no signal is lost or handled by half of it.
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return -1;
    pid_t process = fork();
    if (process == 0) {
        if (launch->session_terminal >= 0) platform_lead(launch, pipes);
        platform_become(launch, pipes);
    }
    int error = errno;
    // Here too, because nobody knows which of both comes first.
    if (process > 0 && launch->session_terminal < 0) (void)setpgid(process, process);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return process;
}

#endif
