// What Swift's C library module leaves out: variadic functions and libc-only names, as typed inline functions.
// Differences between C libraries are settled here and nowhere else.
#ifndef PULUMI_TOKEN_CPLATFORM_H
#define PULUMI_TOKEN_CPLATFORM_H

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#if defined(__linux__)
#include <netdb.h>
#include <nss.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#endif

/// Overwrites memory in a way that no optimiser removes.
static inline void platform_wipe(void *_Nonnull bytes, size_t count) {
    volatile unsigned char *cursor = (volatile unsigned char *)bytes;
    while (count--) *cursor++ = 0;
}

/// Forbids other processes of the same user to read this one's memory, and core dumps. 0 or an errno value.
static inline int platform_forbid_dumps(void) {
#if defined(__linux__)
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
#else
    return 0;
#endif
}

/// Resolves host names through files and DNS only, so that no module of the host is loaded into a static program.
static inline void platform_use_builtin_name_lookup(void) {
#if defined(__linux__) && defined(__GLIBC__)
    __nss_configure_lookup("hosts", "files dns");
#endif
}

/// A descriptor that becomes readable when a signal of the (blocked) set is pending; -1 with errno set on failure.
static inline int platform_signal_descriptor(const sigset_t *_Nonnull set) {
#if defined(__linux__)
    return signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
#else
    (void)set;
    errno = ENOSYS;
    return -1;
#endif
}

#endif
