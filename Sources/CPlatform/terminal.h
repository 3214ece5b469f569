// Terminals, as typed inline functions.
#ifndef PULUMI_TOKEN_CPLATFORM_TERMINAL_H
#define PULUMI_TOKEN_CPLATFORM_TERMINAL_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#if defined(__linux__)
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
// Outside the X/Open parts of the headers, but always in the library.
extern int posix_openpt(int flags);
extern int grantpt(int descriptor);
extern int unlockpt(int descriptor);
extern int ptsname_r(int descriptor, char *_Nonnull name, size_t size);
#endif

/// The control character that stands for no key.
static const unsigned char platform_disabled_key = _POSIX_VDISABLE;

/// A new pseudo-terminal which becomes nobody's controlling terminal. 0 or an errno value.
///
/// Never inline: within a Swift function its buffer would lose the guard of the stack.
__attribute__((noinline)) static int platform_open_terminal(int *_Nonnull master, int *_Nonnull slave) {
#if defined(__linux__)
    int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
    char name[128];
    *master = posix_openpt(flags);
    if (*master < 0) return errno;
    if (grantpt(*master) == 0 && unlockpt(*master) == 0) {
        *slave = ioctl(*master, TIOCGPTPEER, flags);
        // Kernels before 4.13 know a terminal by its name only.
        if (*slave < 0 && ptsname_r(*master, name, sizeof name) == 0) *slave = open(name, flags);
        if (*slave >= 0) return 0;
    }
    int error = errno;
    close(*master);
    return error;
#else
    (void)master;
    (void)slave;
    return ENOSYS;
#endif
}

/// 0 or an errno value.
static inline int platform_get_window_size(int terminal, struct winsize *_Nonnull size) {
    return ioctl(terminal, TIOCGWINSZ, size) == 0 ? 0 : errno;
}

/// 0 or an errno value.
static inline int platform_set_window_size(int terminal, const struct winsize *_Nonnull size) {
    return ioctl(terminal, TIOCSWINSZ, size) == 0 ? 0 : errno;
}

#endif
