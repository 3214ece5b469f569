// Local sockets of packets, as typed inline functions.
#ifndef PULUMI_TOKEN_CPLATFORM_SOCKET_H
#define PULUMI_TOKEN_CPLATFORM_SOCKET_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

/// A local socket that keeps packets apart, never waits, and that no child inherits; -1 with errno set on failure.
static inline int platform_open_packet_socket(void) {
#if defined(__linux__)
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
    int number = socket(AF_UNIX, SOCK_STREAM, 0);
    if (number < 0) return -1;
    int on = 1;
    (void)setsockopt(number, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
    (void)fcntl(number, F_SETFD, FD_CLOEXEC);
    (void)fcntl(number, F_SETFL, O_NONBLOCK);
    return number;
#endif
}

/// Gives a socket a path, or connects it to one. 0 or an errno value: `ENAMETOOLONG` for a path that is too long.
static inline int platform_bind_or_connect(int number, const char *_Nonnull path, int binds) {
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path) return ENAMETOOLONG;
    strcpy(address.sun_path, path);
    const struct sockaddr *_Nonnull general = (const struct sockaddr *)&address;
    int code = binds ? bind(number, general, sizeof address) : connect(number, general, sizeof address);
    return code == 0 ? 0 : errno;
}

/// The next one that connects, like its listener; -1 with errno set when there is none.
static inline int platform_accept(int listener) {
#if defined(__linux__)
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
    int number = accept(listener, NULL, NULL);
    if (number < 0) return -1;
    (void)fcntl(number, F_SETFD, FD_CLOEXEC);
    (void)fcntl(number, F_SETFL, O_NONBLOCK);
    return number;
#endif
}

/// The user on the other side, as it was when that connected or listened. 0 or an errno value.
static inline int platform_peer_user(int number, uid_t *_Nonnull user) {
#if defined(__linux__)
    // As the kernel lays it out; the C library shows its `struct ucred` only where everything of GNU's is shown.
    struct {
        pid_t process;
        uid_t user;
        gid_t group;
    } peer;
    socklen_t size = sizeof peer;
    if (getsockopt(number, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return errno;
    *user = peer.user;
    return 0;
#else
    gid_t group;
    return getpeereid(number, user, &group) == 0 ? 0 : errno;
#endif
}

/// Sends one packet, without the signal that comes where nobody reads.
static inline ssize_t platform_send_packet(int number, const void *_Nullable bytes, size_t count) {
#if defined(__linux__)
    return send(number, bytes, count, MSG_NOSIGNAL);
#else
    return send(number, bytes, count, 0);
#endif
}

/// Takes one packet: its length, also when that is more than what was taken; 0 at the end, -1 with errno set on failure.
static inline ssize_t platform_receive_packet(int number, void *_Nullable bytes, size_t count) {
#if defined(__linux__)
    return recv(number, bytes, count, MSG_TRUNC);
#else
    return recv(number, bytes, count, 0);
#endif
}

#endif
